package phonesim

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// fanvil behaves as Fanvil's X series: DHCP option, then PnP, then the server in flash. The
// URL names the file, "http://192.168.1.10/$mac.cfg".
func fanvil(name, model, firmware, common string) desk {
	form := strings.NewReplacer("{model}", model, "{fw}", firmware).Replace(fanvilForm)
	return desk{
		name: name, model: model,
		says:   identity{class: "Fanvil " + model, wants: []byte{1, 28, 3, 2, 4, 43, 6, 66}, hostname: model},
		ua:     "Fanvil " + model + " " + firmware + " {mac}",
		scheme: "tftp",
		roads:  []road{byOption(66), byVendorText, byPnP(5060, form)},
		files: func(v *visit, url string) error {
			dir, file := split(url)
			if file == "" {
				file = "$mac.cfg"
			}
			// The file of the model comes before the phone's own.
			for _, f := range []string{common, strings.ReplaceAll(file, "$mac", "{mac}")} {
				if _, err := v.read(dir+spell(f, v.phone.MAC), parseFanvil); err != nil {
					return err
				}
			}
			return nil
		},
		reads: reader{accounts: fanvilAccounts, url: fanvilURL},
	}
}

// NewFanvil makes an X4U, which reads XML.
func NewFanvil(mac net.HardwareAddr) *Phone {
	return newPhone(fanvil("fanvil", "X4U", "2.12.4", "f0X4Uhw1.100.cfg"), mac)
}

// NewFanvilText makes an X3S, which reads the older text.
func NewFanvilText(mac net.HardwareAddr) *Phone {
	return newPhone(fanvil("fanvil-x3", "X3S", "2.10.2.6887", "f0X3shw1.100.cfg"), mac)
}

// fanvilForm is the question of a PLANET VIP-2140PT, made by Fanvil (its manual, page 6):
// MAC with an equals sign, no tag in From, no space after Event.
const fanvilForm = `
SUBSCRIBE sip:MAC={mac}@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP {ip}:5060;branch=z9hG4bK{tag}
From: <sip:MAC={mac}@224.0.1.75>
To: <sip:MAC={mac}@224.0.1.75>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:MAC={mac}@{ip}:5060>
Max-Forwards: 70
User-Agent: Fanvil {model}
Event:ua-profile;profile-type="device";vendor="Fanvil";model="{model}";version="{fw}"
Expires: 0
Accept: application/url
Content-Length: 0

`

// parseFanvil reads the three forms of the makers' firmware, by their first line:
//
//	<<VOIP CONFIG FILE>>Version:2.0002
//	<SIP CONFIG MODULE>
//	SIP1 Register Addr :192.168.1.10
//
//	<VOIP_CONFIG_FILE>…<SIP_Line_List_Entry><ID>SIP1</ID><Register_Addr>…
//	<sysConf>…<sip><line index="1"><RegisterAddr>…
//
// Keys of the line n come out as "n RegisterAddr", as the newest form spells them.
func parseFanvil(body []byte) (map[string]string, error) {
	if strings.HasPrefix(string(body), "<<VOIP CONFIG FILE>>") {
		return parseFanvilText(body)
	}
	if len(body) > maxSettings {
		return nil, fmt.Errorf("%d bytes are too many for a settings file", len(body))
	}
	root, err := decodeXML(body)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	switch root.XMLName.Local {
	case "sysConf":
		version := ""
		for _, c := range root.Children {
			if c.XMLName.Local == "Version" {
				version = strings.TrimSpace(c.Text)
			}
		}
		if err := fanvilVersion(version); err != nil {
			return nil, err
		}
		return out, fanvilTree(root, "", out)
	case "VOIP_CONFIG_FILE":
		return out, fanvilOld(root, out)
	}
	return nil, fmt.Errorf("<%s> where <sysConf> or <VOIP_CONFIG_FILE> must stand", root.XMLName.Local)
}

// fanvilVersion checks the version without which the phone ignores a file.
func fanvilVersion(s string) error {
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		return fmt.Errorf("%q is no version of a settings file", clip(s))
	}
	return nil
}

// fanvilTree reads the newest form: "sip/line 1/RegisterAddr" becomes "1 RegisterAddr".
func fanvilTree(n snomNode, path string, out map[string]string) error {
	for _, c := range n.Children {
		key := c.XMLName.Local
		if idx := c.attr("index"); idx != "" {
			key += " " + idx
		}
		if len(c.Children) > 0 {
			if s := strings.TrimSpace(c.Text); s != "" {
				return fmt.Errorf("text %q inside <%s>", clip(s), c.XMLName.Local)
			}
			if err := fanvilTree(c, path+key+"/", out); err != nil {
				return err
			}
			continue
		}
		if line, ok := strings.CutPrefix(path+key, "sip/line "); ok {
			key = strings.Replace(line, "/", " ", 1)
		} else {
			key = path + key
		}
		if err := once(out, key, c.Text); err != nil {
			return err
		}
	}
	return nil
}

// fanvilOld reads the middle form.
func fanvilOld(root snomNode, out map[string]string) error {
	seen := false
	for _, module := range root.Children {
		if module.XMLName.Local == "version" {
			seen = true
			if err := fanvilVersion(strings.TrimSpace(module.Text)); err != nil {
				return err
			}
			continue
		}
		for _, c := range module.Children {
			if c.XMLName.Local != "SIP_Line_List" {
				if len(c.Children) == 0 {
					if err := once(out, module.XMLName.Local+"/"+c.XMLName.Local, c.Text); err != nil {
						return err
					}
				}
				continue
			}
			for _, entry := range c.Children {
				n, fields := "", map[string]string{}
				for _, f := range entry.Children {
					if f.XMLName.Local == "ID" {
						n, _ = strings.CutPrefix(strings.TrimSpace(f.Text), "SIP")
					}
					fields[strings.ReplaceAll(f.XMLName.Local, "_", "")] = f.Text
				}
				if _, err := strconv.Atoi(n); entry.XMLName.Local != "SIP_Line_List_Entry" || err != nil {
					return fmt.Errorf("<%s> of line %q", entry.XMLName.Local, clip(n))
				}
				for k, s := range fields {
					if err := once(out, n+" "+k, s); err != nil {
						return err
					}
				}
			}
		}
	}
	if !seen {
		return fmt.Errorf("no <version>: the phone would ignore the file")
	}
	return nil
}

var (
	fanvilHead = regexp.MustCompile(`^<<VOIP CONFIG FILE>>Version:([0-9.]+)$`)
	fanvilLine = regexp.MustCompile(`^SIP(\d+) (.+)$`)
)

// fanvilEnd closes the text form.
const fanvilEnd = "<<END OF FILE>>"

func parseFanvilText(body []byte) (map[string]string, error) {
	lines, err := textLines(body)
	if err != nil {
		return nil, err
	}
	if !fanvilHead.MatchString(lines[0]) {
		return nil, fmt.Errorf("line 1: %q where <<VOIP CONFIG FILE>>Version:2.0002 must stand", clip(lines[0]))
	}
	out, section, ended := map[string]string{}, "", false
	for i, line := range lines[1:] {
		n := i + 2
		switch {
		case line == "" || strings.HasPrefix(line, "--"): // "--SIP Line List--  :"
			continue
		case ended:
			return nil, fmt.Errorf("line %d: %q after %s", n, clip(line), fanvilEnd)
		case line == fanvilEnd:
			ended = true
			continue
		case line[0] == '<' && line[len(line)-1] == '>':
			section = strings.Trim(line, "<>")
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		if !ok || key == "" || section == "" {
			return nil, fmt.Errorf("line %d: %q is not key :value", n, clip(line))
		}
		if m := fanvilLine.FindStringSubmatch(key); m != nil && section == "SIP CONFIG MODULE" {
			key = m[1] + " " + strings.ReplaceAll(m[2], " ", "")
		} else {
			key = strings.ReplaceAll(section+"/"+key, " ", "_")
		}
		if err := once(out, key, value); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if !ended {
		return nil, fmt.Errorf("the file ends without %s", fanvilEnd)
	}
	return out, nil
}

var fanvilTransport = map[string]string{"": "udp", "0": "udp", "1": "tcp", "3": "tls"}

// fanvilAccounts reads six lines.
func fanvilAccounts(s map[string]string) ([]*Account, error) {
	return drafts(6, func(i int) draft {
		at := func(key string) string { return s[fmt.Sprintf("%d %s", i, key)] }
		auth, user := at("RegisterUser"), at("PhoneNumber")
		if user == "" {
			user = auth
		}
		return draft{
			on: at("EnableReg") == "1" && user != "", user: user, auth: auth, password: at("RegisterPswd"), name: at("DisplayName"), label: at("SipName"),
			server: at("RegisterAddr"), port: at("RegisterPort"), transport: at("Transport"), transports: fanvilTransport,
			expiry: at("RegisterTTL"),
		}
	})
}

// fanvilURL puts the server in flash together: protocol 2 is TFTP, 4 HTTP, 5 HTTPS.
func fanvilURL(s map[string]string) string {
	host, file, protocol := s["ap/FlashServerIP"], s["ap/FlashFileName"], s["ap/FlashProtocol"]
	if host == "" {
		host, file, protocol = s["AUTOUPDATE_CONFIG_MODULE/Download_Server_IP"], s["AUTOUPDATE_CONFIG_MODULE/Config_File_Name"], s["AUTOUPDATE_CONFIG_MODULE/Download_Protocol"]
	}
	scheme, ok := map[string]string{"2": "tftp", "4": "http", "5": "https"}[protocol]
	if host == "" || strings.Contains(host, "://") {
		if host != "" && file != "" {
			return strings.TrimSuffix(host, "/") + "/" + file
		}
		return host
	}
	if !ok {
		return ""
	}
	return scheme + "://" + strings.TrimSuffix(host, "/") + "/" + file
}
