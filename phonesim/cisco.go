package phonesim

import (
	"fmt"
	"net"
	"regexp"
	"strings"
)

// ciscoDesk is a Cisco phone that reads flat profiles: SPA phones and, after them, the
// multiplatform (3PCC) ones. It has no PnP; Profile_Rule says where the next profile is.
func ciscoDesk(name, psn string, says identity, ua string, rule string) desk {
	return desk{
		name: name, model: psn, says: says, ua: ua, scheme: "tftp",
		roads: []road{byOption(66), byOption(160), byOption(159), byServers},
		files: ciscoFiles(psn, rule),
		reads: reader{accounts: ciscoAccounts, url: ciscoURL, trusts: func(s map[string]string) string {
			if u := s["Custom_CA_Rule"]; u != "" {
				return u
			}
			return s["Custom_CA_URL"]
		}},
		told: func(s map[string]string, rebooting bool) order {
			if strings.EqualFold(s["Resync_From_SIP"], "No") {
				return ignore
			}
			if rebooting {
				return reboot
			}
			return refetch
		},
	}
}

// NewCiscoSPA makes an SPA504G.
func NewCiscoSPA(mac net.HardwareAddr) *Phone {
	return newPhone(ciscoDesk("cisco-spa", "504G",
		identity{class: "Cisco SPA504G", wants: []byte{1, 3, 42, 6, 7, 15, 58, 59, 44, 66, 2, 150, 151, 160, 159}, hostname: "SPA504G"},
		"Cisco/SPA504G-7.6.2c ({MAC})(CBT141400UK)", "/spa$PSN.cfg"), mac)
}

// NewCiscoMPP makes a CP-8841-3PCC.
func NewCiscoMPP(mac net.HardwareAddr) *Phone {
	return newPhone(ciscoDesk("cisco-mpp", "CP-8841-3PCC",
		identity{class: "CP-8841-3PCC", wants: []byte{1, 3, 6, 12, 15, 28, 42, 43, 60, 66, 125, 150, 159, 160}, hostname: "SEP{MAC}"},
		"Cisco-CP-8841-3PCC/11.3.7 ({mac})", "/$PSN.xml"), mac)
}

// maxRules bounds how often a profile may send the phone on.
const maxRules = 4

// ciscoFiles fetches by the rule: that of the factory under an address alone, or what a
// URL with a file says. A profile with another Profile_Rule sends the phone on at once.
func ciscoFiles(psn, factory string) func(*visit, string) error {
	return func(v *visit, url string) error {
		mac := spell("{mac}", v.phone.MAC)
		macros := strings.NewReplacer("$PSN", psn, "$MAU", strings.ToUpper(mac), "$MAC", mac, "$MA", mac, "$SN", "CBT141400UK")
		seen := map[string]bool{}
		for range maxRules {
			scheme, rest, _ := strings.Cut(url, "://")
			host, path, _ := strings.Cut(rest, "/")
			if dir, file := split(path); file == "" {
				path = dir + strings.TrimPrefix(factory, "/")
				if scheme == "tftp" && dir == "" {
					path = factory // old phones send the slash
				}
			}
			path = macros.Replace(path)
			at := scheme + "://" + host + "/" + path
			if seen[at] {
				return nil
			}
			seen[at] = true
			there, err := v.read(at, parseCisco)
			if err != nil {
				return err
			}
			next := ciscoURL(v.settings)
			if !there || next == "" {
				return nil
			}
			if strings.HasPrefix(next, "/") { // on the same server
				next = scheme + "://" + host + next
			}
			url = next
		}
		return fmt.Errorf("%s leads to more than %d profiles", url, maxRules)
	}
}

// ciscoOption is what may stand before the URL of a rule: "[--key $A] http://…".
var ciscoOption = regexp.MustCompile(`^\[[^\]]*\]\s*`)

// ciscoURL is the rule of the profile, without its options.
func ciscoURL(s map[string]string) string {
	return ciscoOption.ReplaceAllString(strings.TrimSpace(s["Profile_Rule"]), "")
}

var ciscoKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_\-.]*$`)

// parseCisco reads a profile, which MPP phones may find inside <device>:
//
//	<flat-profile><User_ID_1_ ua="na">000e08000001-1</User_ID_1_></flat-profile>
func parseCisco(body []byte) (map[string]string, error) {
	if len(body) > maxSettings {
		return nil, fmt.Errorf("%d bytes are too many for a settings file", len(body))
	}
	root, err := decodeXML(body)
	if err != nil {
		return nil, err
	}
	if root.XMLName.Local == "device" && len(root.Children) == 1 {
		root = root.Children[0]
	}
	if root.XMLName.Local != "flat-profile" {
		return nil, fmt.Errorf("<%s> where <flat-profile> must stand", root.XMLName.Local)
	}
	if s := strings.TrimSpace(root.Text); s != "" {
		return nil, fmt.Errorf("text %q between the settings", clip(s))
	}
	out := map[string]string{}
	for _, c := range root.Children {
		if c.XMLName.Local == "router-configuration" { // of adapters with a router: no line stands there
			continue
		}
		if !ciscoKey.MatchString(c.XMLName.Local) || len(c.Children) > 0 {
			return nil, fmt.Errorf("<%s> is no setting", clip(c.XMLName.Local))
		}
		if err := once(out, c.XMLName.Local, c.Text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

var ciscoTransport = map[string]string{"": "udp", "auto": "udp", "udp": "udp", "tcp": "tcp", "tls": "tls"}

// ciscoAccounts reads four extensions.
func ciscoAccounts(s map[string]string) ([]*Account, error) {
	return drafts(4, func(i int) draft {
		at := func(key string) string { return s[fmt.Sprintf("%s_%d_", key, i)] }
		label := at("Short_Name")
		if label == "$USER" {
			label = at("User_ID")
		}
		auth := ""
		if strings.EqualFold(at("Use_Auth_ID"), "Yes") || at("Use_Auth_ID") == "" {
			auth = at("Auth_ID")
		}
		server, _, _ := strings.Cut(at("Proxy"), ";")
		return draft{
			on:   !strings.EqualFold(at("Line_Enable"), "No") && at("User_ID") != "" && !strings.EqualFold(at("Register"), "No"),
			user: at("User_ID"), auth: auth, password: at("Password"), name: at("Display_Name"), label: label,
			server: server, transport: at("SIP_Transport"), transports: ciscoTransport, expiry: at("Register_Expires"),
		}
	})
}
