package phonesim

import (
	"fmt"
	"net"
	"strings"
)

// grandstream behaves as Grandstream's devices with a firmware of the last years: options
// 43, 160 and 66 override the server in flash, then SIP PnP, then that server.
func grandstream(name, model, firmware, class string, parse func(net.HardwareAddr) func([]byte) (map[string]string, error), r reader) desk {
	form := strings.NewReplacer("{model}", model, "{fw}", firmware).Replace(grandstreamForm)
	return desk{
		name: name, model: model,
		says:   identity{class: class, wants: []byte{1, 3, 6, 12, 15, 28, 42, 43, 66, 120, 125, 132, 133, 150, 160}, hostname: model + "_{mac}"},
		ua:     "Grandstream Model HW " + model + " SW " + firmware + " DevId {mac}",
		scheme: "tftp",
		roads:  []road{byVendor(66), byVendorText, byOption(160), byOption(66), byPnP(5080, form)},
		files:  grandstreamFiles(model, parse),
		reads:  r,
	}
}

// NewGrandstream makes a GXP2170, which reads P-values.
func NewGrandstream(mac net.HardwareAddr) *Phone {
	d := grandstream("grandstream-gxp", "GXP2170", "1.0.11.79", "Grandstream GXP2170 dslforum.org", grandstreamXML("1"),
		reader{accounts: gxpAccounts, url: grandstreamURL, trusts: grandstreamCA})
	d.told = grandstreamTold
	return newPhone(d, mac)
}

// NewGrandstreamGRP makes a GRP2614, which reads names as well as P-values.
func NewGrandstreamGRP(mac net.HardwareAddr) *Phone {
	d := grandstream("grandstream-grp", "GRP2614", "1.0.11.84", "Grandstream GRP2614 dslforum.org", grandstreamXML("1", "2"),
		reader{accounts: grpAccounts, url: grandstreamURL, trusts: grandstreamCA})
	d.told = grandstreamTold
	return newPhone(d, mac)
}

// NewGrandstreamAdapter makes an HT802, which has two ports for old telephones.
func NewGrandstreamAdapter(mac net.HardwareAddr) *Phone {
	return newPhone(grandstream("grandstream-ht802", "HT802", "1.0.57.5", "Grandstream HT802 dslforum.org", grandstreamXML("1"),
		reader{accounts: htAccounts, url: grandstreamURL, trusts: grandstreamCA}), mac)
}

// grandstreamForm is the question of a GRP2612W as captured.
const grandstreamForm = `
SUBSCRIBE sip:MAC%3A{MAC}@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP {ip}:5080;branch=z9hG4bK{tag};rport
From: <sip:MAC%3A{MAC}@224.0.1.75>;tag={tag}
To: <sip:MAC%3A{MAC}@224.0.1.75>
Call-ID: {call}
CSeq: 20000 SUBSCRIBE
Contact: <sip:{ip}:5080>
Max-Forwards: 70
Expires: 0
Supported: replaces, path
Event: ua-profile;profile-type="device";vendor="Grandstream";model="{model}";version="{fw}"
Accept: application/url
Content-Length: 0

`

// grandstreamFiles asks in the order of the provisioning guide; the first file that is
// there is the only one that is read ("process all" is off from the factory).
func grandstreamFiles(model string, parse func(net.HardwareAddr) func([]byte) (map[string]string, error)) func(*visit, string) error {
	return func(v *visit, url string) error {
		if !strings.HasSuffix(url, "/") { // a path is a folder, whatever it looks like
			url += "/"
		}
		for _, name := range []string{"cfg{mac}", "cfg{mac}.xml", "cfg" + strings.ToLower(model) + ".xml", "cfg.xml"} {
			there, err := v.read(url+spell(name, v.phone.MAC), parse(v.phone.MAC))
			if there || err != nil {
				return err
			}
		}
		return nil
	}
}

// grandstreamXML reads the XML of the provisioning guide:
//
//	<gs_provision version="1"><mac>000b82123456</mac><config version="1"><P271>1</P271></config></gs_provision>
//	<gs_provision version="1"><config version="2"><item name="account.1.enable">Yes</item></config></gs_provision>
//
// A file for another MAC is refused whole, and so is a version that the model does not know.
func grandstreamXML(versions ...string) func(net.HardwareAddr) func([]byte) (map[string]string, error) {
	return func(mac net.HardwareAddr) func([]byte) (map[string]string, error) {
		return func(body []byte) (map[string]string, error) { return parseGrandstream(body, mac, versions) }
	}
}

func parseGrandstream(body []byte, mac net.HardwareAddr, versions []string) (map[string]string, error) {
	root, err := document(body, "gs_provision")
	if err != nil {
		return nil, err
	}
	out, configs := map[string]string{}, 0
	for _, c := range root.Children {
		switch c.XMLName.Local {
		case "mac":
			if !strings.EqualFold(strings.TrimSpace(c.Text), spell("{mac}", mac)) {
				return nil, fmt.Errorf("the file is for %q, not for this device", clip(c.Text))
			}
		case "config":
			version := c.attr("version")
			if configs++; configs > 1 {
				return nil, fmt.Errorf("<config> a second time")
			}
			if version != "1" && version != "2" || !contains(versions, version) {
				return nil, fmt.Errorf("<config version=%q> is not for this model", clip(version))
			}
			if err := pairs(c, version, out); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("<%s> inside <gs_provision>", c.XMLName.Local)
		}
	}
	if configs == 0 {
		return nil, fmt.Errorf("no <config> inside <gs_provision>")
	}
	return out, nil
}

// pairs reads what stands in <config>.
func pairs(config snomNode, version string, out map[string]string) error {
	put := func(key, value string) error {
		if _, twice := out[key]; twice {
			return fmt.Errorf("%s a second time", key)
		}
		out[key] = strings.TrimSpace(value)
		return nil
	}
	if s := strings.TrimSpace(config.Text); s != "" {
		return fmt.Errorf("text %q between the settings", clip(s))
	}
	for _, n := range config.Children {
		name := n.XMLName.Local
		switch {
		case version == "1" && pValue(name) && len(n.Children) == 0:
			if err := put(name, n.Text); err != nil {
				return err
			}
		case version == "2" && name == "item" && n.attr("name") != "" && len(n.Children) == 0:
			if err := put(n.attr("name"), n.Text); err != nil {
				return err
			}
		case version == "2" && name == "item" && n.attr("name") != "":
			for _, part := range n.Children {
				if part.XMLName.Local != "part" || part.attr("name") == "" || len(part.Children) > 0 {
					return fmt.Errorf("<%s> inside item %s where <part name=…> must stand", part.XMLName.Local, n.attr("name"))
				}
				if err := put(n.attr("name")+"."+part.attr("name"), part.Text); err != nil {
					return err
				}
			}
		default:
			return fmt.Errorf("<%s> in <config version=%q>", name, version)
		}
	}
	return nil
}

// pValue tells whether name is P and digits.
func pValue(name string) bool {
	digits, ok := strings.CutPrefix(name, "P")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

var grandstreamTransport = map[string]string{"": "udp", "0": "udp", "1": "tcp", "2": "tls",
	"udp": "udp", "tcp": "tcp", "tls": "tls", "tlsortcp": "tls"}

// gxpAccounts reads the two first accounts of a GXP21xx.
func gxpAccounts(s map[string]string) ([]*Account, error) {
	return drafts(2, func(i int) draft {
		if i == 1 {
			return pAccount(s, "P271", "P47", "P35", "P36", "P34", "P3", "P270", "P130", "P32")
		}
		return pAccount(s, "P401", "P402", "P404", "P405", "P406", "P407", "P417", "P448", "P412")
	})
}

// htAccounts reads both ports of an HT802.
func htAccounts(s map[string]string) ([]*Account, error) {
	return drafts(2, func(i int) draft {
		if i == 1 {
			return pAccount(s, "P271", "P47", "P35", "P36", "P34", "P3", "", "P130", "P32")
		}
		return pAccount(s, "P401", "P747", "P735", "P736", "P734", "P703", "", "P830", "P732")
	})
}

func pAccount(s map[string]string, active, server, user, auth, password, name, label, transport, minutes string) draft {
	return draft{
		on: s[active] != "0" && s[user] != "", user: s[user], auth: s[auth], password: s[password], name: s[name], label: s[label],
		server: s[server], transport: s[transport], transports: grandstreamTransport, expiry: s[minutes], unit: minute,
	}
}

// grpAccounts reads the four accounts of a GRP2614, by name or by P-value.
func grpAccounts(s map[string]string) ([]*Account, error) {
	byP, err := gxpAccounts(s)
	if err != nil {
		return nil, err
	}
	byName, err := drafts(4, func(i int) draft {
		at := func(key string) string { return s[fmt.Sprintf("account.%d.%s", i, key)] }
		user := at("sip.userid")
		return draft{
			on: strings.EqualFold(at("enable"), "Yes") && user != "", user: user, auth: at("sip.subscriber.userid"),
			password: at("sip.subscriber.password"), name: at("sip.subscriber.name"), label: at("name"),
			server: at("sip.server.1.address"), transport: at("sip.transport"), transports: grandstreamTransport,
			expiry: at("sip.registerExpiration"), unit: minute,
		}
	})
	for i, a := range byP {
		if err == nil && byName[i] == nil {
			byName[i] = a
		}
	}
	return byName, err
}

// grandstreamURL puts protocol and path of the configuration server together.
func grandstreamURL(s map[string]string) string {
	path, protocol := s["P237"], s["P212"]
	if path == "" {
		path, protocol = s["provisioning.config.serverPath"], s["provisioning.config.protocol"]
	}
	scheme, ok := map[string]string{"0": "tftp", "1": "http", "2": "https", "TFTP": "tftp", "HTTP": "http", "HTTPS": "https"}[strings.ToUpper(protocol)]
	if !ok {
		scheme = "https" // from the factory
	}
	if path == "" || strings.Contains(path, "://") {
		return path
	}
	return scheme + "://" + path
}

// grandstreamCA gathers the fields for trusted CA certificates.
func grandstreamCA(s map[string]string) string {
	var out []string
	for _, key := range []string{"P2386", "P8433", "P8434", "P8435", "P8436", "P8437", "P8438",
		"CACertificates.1", "CACertificates.2", "CACertificates.3", "security.trustedCA.1"} {
		if s[key] != "" {
			out = append(out, s[key])
		}
	}
	return strings.Join(out, "\n")
}

// grandstreamTold obeys check-sync when the phone does not ask the sender for a password
// (P4428), which Asterisk has none of. P26015 "allow SIP reset" is about another NOTIFY,
// that of a factory reset.
func grandstreamTold(s map[string]string, rebooting bool) order {
	if s["P4428"] != "1" {
		return ignore
	}
	if rebooting {
		return reboot
	}
	return refetch
}
