package phonesim

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// gigaset behaves as Gigaset's DECT bases for offices: PnP, then option 114 and 66.
func gigaset(name, model, firmware, ua string, says identity, files func(*visit, string) error, r reader) desk {
	form := strings.NewReplacer("{model}", model, "{fw}", firmware).Replace(gigasetForm)
	return desk{
		name: name, model: model, says: says, ua: ua, scheme: "http", dect: true,
		roads: []road{byPnP(5060, form), byOption(114), byOption(66)},
		files: files, reads: r,
		// check-sync has no reboot parameter here (Wazo's notes on limits).
		told: func(map[string]string, bool) order { return refetch },
	}
}

// NewGigasetN510 makes an N510 IP PRO.
func NewGigasetN510(mac net.HardwareAddr) *Phone {
	return newPhone(gigaset("gigaset-n510", "N510 IP PRO", "42.258.00.000.000", "N510 IP PRO/42.258.00.000.000;{MAC}",
		identity{class: "N510_IP_PRO", wants: []byte{1, 3, 6, 15, 28, 42, 43, 66, 114, 120}, hostname: "Gigaset-N510"},
		func(v *visit, url string) error {
			return gigasetFile(v, url, "42/2/{MAC}.xml", func(b []byte) (map[string]string, error) { return parseGigasetFrame(b, v.phone.MAC) })
		}, reader{accounts: n510Accounts}), mac)
}

// NewGigasetN870 makes an N870 IP PRO.
func NewGigasetN870(mac net.HardwareAddr) *Phone {
	return newPhone(gigaset("gigaset-n870", "N870 IP PRO", "83.V2.17.2", "Gigaset N870 IP PRO/83.V2.17.2+build.b14e3f1;{MAC}",
		identity{class: "Gigaset_N870_IP_PRO", wants: []byte{1, 3, 6, 15, 28, 42, 43, 66, 114, 120}, hostname: "N870-{MAC}"},
		func(v *visit, url string) error { return gigasetFile(v, url, "{mac}.xml", parseGigasetNVM) },
		reader{accounts: n870Accounts, url: setting("Provisioning.global.ProvisioningServer")}), mac)
}

// gigasetForm follows the form that PnP has in common; no capture of these bases is public.
const gigasetForm = `
SUBSCRIBE sip:MAC%3a{MAC}@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP {ip}:5060;branch=z9hG4bK{tag};rport
From: <sip:MAC%3a{MAC}@224.0.1.75>;tag={tag}
To: <sip:MAC%3a{MAC}@224.0.1.75>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:{ip}:5060>
Max-Forwards: 70
User-Agent: Gigaset {model}/{fw}
Expires: 0
Event: ua-profile;profile-type="device";vendor="Gigaset";model="{model}";version="{fw}"
Accept: application/url
Content-Length: 0

`

// gigasetFile reads the one file that a base asks for under its server.
func gigasetFile(v *visit, url, name string, parse func([]byte) (map[string]string, error)) error {
	if strings.HasSuffix(url, ".xml") {
		_, err := v.read(url, parse)
		return err
	}
	if !strings.HasSuffix(url, "/") {
		url += "/"
	}
	_, err := v.read(url+spell(name, v.phone.MAC), parse)
	return err
}

// parseGigasetFrame reads the file of the N510 and its family. Texts stand in double quotes
// inside the attribute, numbers are decimal or 0x; a file for another MAC sets nothing.
//
//	<ProviderFrame><Provider><MAC_ADDRESS value="7C2F80000001"/>
//	  <SYMB_ITEM ID="BS_IP_Data1.aucS_SIP_USER_ID" class="symb_item" value='"7c2f80000001-1"'/>
func parseGigasetFrame(body []byte, mac net.HardwareAddr) (map[string]string, error) {
	root, err := document(body, "ProviderFrame")
	if err != nil {
		return nil, err
	}
	if len(root.Children) != 1 || root.Children[0].XMLName.Local != "Provider" {
		return nil, fmt.Errorf("<ProviderFrame> must hold one <Provider>")
	}
	out, mine := map[string]string{}, false
	for _, c := range root.Children[0].Children {
		value := c.attr("value")
		switch c.XMLName.Local {
		case "MAC_ADDRESS":
			if mine = strings.EqualFold(value, spell("{MAC}", mac)); !mine {
				return nil, fmt.Errorf("the file is for %q, not for this device", clip(value))
			}
		case "SYMB_ITEM":
			if c.attr("ID") == "" || c.attr("class") != "symb_item" {
				return nil, fmt.Errorf("<SYMB_ITEM> without ID or class")
			}
			switch {
			case len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"':
				value = value[1 : len(value)-1]
			case !gigasetNumbers.MatchString(value):
				return nil, fmt.Errorf("%s: %q is neither a text in quotes nor a number", c.attr("ID"), clip(value))
			}
			if err := once(out, c.attr("ID"), value); err != nil {
				return nil, err
			}
		default: // PROFILE_NAME and the servers for firmware and data
			if err := once(out, c.XMLName.Local, strings.Trim(value, `"`)); err != nil {
				return nil, err
			}
		}
	}
	if !mine {
		return nil, fmt.Errorf("no MAC_ADDRESS: the base would ignore the file")
	}
	return out, nil
}

var gigasetNumbers = regexp.MustCompile(`^(0x[0-9a-fA-F]+|\d+)(,(0x[0-9a-fA-F]+|\d+))*$`)

// n510Accounts reads six lines; the keys of the first have no number.
func n510Accounts(s map[string]string) ([]*Account, error) {
	return drafts(6, func(i int) draft {
		suffix := ""
		if i > 1 {
			suffix = fmt.Sprintf("_%d", i)
		}
		at := func(key string) string { return s["BS_IP_Data1."+key+suffix] }
		login := s["BS_IP_Data3.aucS_SIP_LOGIN_ID"+suffix]
		return draft{
			on:   at("aucS_SIP_USER_ID") != "" && decimal(s[fmt.Sprintf("BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_%d", i)]) != "0",
			user: at("aucS_SIP_USER_ID"), auth: login, password: at("aucS_SIP_PASSWORD"), name: at("aucS_SIP_DISPLAYNAME"),
			label:  s[fmt.Sprintf("BS_AE_Subscriber.stMtDat[%d].aucTlnName", i-1)],
			server: at("aucS_SIP_REGISTRAR"), port: decimal(at("uiI_SIP_REGISTRAR_PORT")), transports: map[string]string{"": "udp"},
			expiry: decimal(at("uiI_RE_REGISTRATION_TIMER")),
		}
	})
}

// decimal turns 0x13c4 into 5060; what is no number stays as it is.
func decimal(s string) string {
	if n, err := strconv.ParseUint(s, 0, 32); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return s
}

// parseGigasetNVM reads the file of the N670 and N870:
//
//	<provisioning version="1.1" productID="e2"><nvm>
//	  <oper value="00001" name="add_hs"><param name="hs.RegStatus" value="ToReg"/></oper>
//	  <param name="SipAccount.00001.UserName" value="…"/></nvm></provisioning>
func parseGigasetNVM(body []byte) (map[string]string, error) {
	root, err := document(body, "provisioning")
	if err != nil {
		return nil, err
	}
	if root.attr("productID") == "" || root.attr("version") == "" {
		return nil, fmt.Errorf("<provisioning> without version or productID")
	}
	out := map[string]string{}
	for _, section := range root.Children {
		switch section.XMLName.Local {
		case "firmware":
			continue
		case "nvm":
		default:
			return nil, fmt.Errorf("<%s> inside <provisioning>", section.XMLName.Local)
		}
		for _, c := range section.Children {
			switch {
			case c.XMLName.Local == "param" && c.attr("name") != "":
				if err := once(out, c.attr("name"), c.attr("value")); err != nil {
					return nil, err
				}
			case c.XMLName.Local == "oper" && c.attr("name") != "":
				out["oper "+c.attr("name")+" "+c.attr("value")] = "1"
			default:
				return nil, fmt.Errorf("<%s> inside <nvm> where <param name=…> or <oper name=…> must stand", c.XMLName.Local)
			}
		}
	}
	return out, nil
}

var gigasetTransport = map[string]string{"": "udp", "0": "udp", "1": "udp", "2": "tcp", "3": "tls"}

// n870Accounts reads twenty handsets, each with a provider by number.
func n870Accounts(s map[string]string) ([]*Account, error) {
	return drafts(20, func(i int) draft {
		at := func(key string) string { return s[fmt.Sprintf("SipAccount.%05d.%s", i, key)] }
		of := func(key string) string { return s["SipProvider."+at("ProviderId")+"."+key] }
		server, port := of("RegServerAddress"), of("RegServerPort")
		if server == "" {
			server, port = of("ProxyServerAddress"), of("ProxyServerPort")
		}
		return draft{
			on: at("UserName") != "", user: at("UserName"), auth: at("AuthName"), password: at("AuthPassword"), name: at("DisplayName"), label: at("DisplayName"),
			server: server, port: port, transport: of("TransportProtocol"), transports: gigasetTransport, expiry: of("RegServerRefreshTimer"),
		}
	})
}
