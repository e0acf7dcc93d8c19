package phonesim

import (
	"fmt"
	"net"
	"regexp"
	"strings"
)

// mitelModel is a 6867i, which was Aastra's.
const mitelModel = "6867i"

// NewMitel makes a 6867i. It has no PnP; an address alone speaks TFTP.
func NewMitel(mac net.HardwareAddr) *Phone {
	return newPhone(desk{
		name: "mitel", model: mitelModel,
		says:   identity{class: "AastraIPPhone" + mitelModel, wants: []byte{1, 3, 6, 42, 43, 2, 66, 159, 160}, hostname: mitelModel + "{MAC}"},
		ua:     "Aastra" + mitelModel + " MAC:{M-A-C} V:4.3.0.1020-SIP",
		scheme: "tftp",
		roads:  []road{byVendor(2), byOption(66), byOption(159), byOption(160)},
		files: func(v *visit, url string) error {
			if !strings.HasSuffix(url, "/") {
				url += "/"
			}
			names := []string{"startup.cfg", mitelModel + ".cfg", "{MAC}.cfg"}
			for _, name := range names {
				there, err := v.read(url+spell(name, v.phone.MAC), parseMitel)
				if err == nil && !there && name == names[0] { // the name that Aastra gave it
					_, err = v.read(url+"aastra.cfg", parseMitel)
				}
				if err != nil {
					return err
				}
			}
			if ca := v.settings["sips trusted certificates"]; ca != "" && !strings.Contains(ca, "://") {
				v.settings["sips trusted certificates"] = url + ca // a file beside the settings
			}
			return nil
		},
		reads: reader{accounts: mitelAccounts, url: mitelURL, trusts: setting("sips trusted certificates")},
	}, mac)
}

var mitelKey = regexp.MustCompile(`^!?[A-Za-z][A-Za-z0-9 \-_/\[\]|]*$`)

// parseMitel reads the text of Aastra and Mitel phones (administrator guide, appendix A):
//
//	# a comment
//	sip line1 user name: 00085d000001-1
//	sip screen name: "Accueil # 1"
//
// A "!" before a key locks it; a "#" opens a comment unless it stands in double quotes.
func parseMitel(body []byte) (map[string]string, error) {
	lines, err := textLines(body)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for i, line := range lines {
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		if !ok || !mitelKey.MatchString(key) {
			return nil, fmt.Errorf("line %d: %q is not key: value", i+1, clip(line))
		}
		if value, err = mitelValue(value); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if err := once(out, strings.TrimPrefix(key, "!"), value); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return out, nil
}

// mitelValue takes the quotes or the comment off.
func mitelValue(s string) (string, error) {
	s = strings.TrimSpace(s)
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		value, rest, closed := strings.Cut(quoted, `"`)
		if rest = strings.TrimSpace(rest); !closed || rest != "" && rest[0] != '#' {
			return "", fmt.Errorf("%q does not end with its quote", clip(s))
		}
		return value, nil
	}
	value, _, _ := strings.Cut(s, "#")
	return value, nil
}

var mitelTransport = map[string]string{"": "udp", "0": "udp", "1": "udp", "2": "tcp", "4": "tls"}

// mitelAccounts reads nine lines; what a line does not say stands without its number.
func mitelAccounts(s map[string]string) ([]*Account, error) {
	return drafts(9, func(i int) draft {
		at := func(key string) string {
			if v, ok := s[fmt.Sprintf("sip line%d %s", i, key)]; ok {
				return v
			}
			return s["sip "+key]
		}
		user := s[fmt.Sprintf("sip line%d user name", i)]
		if i == 1 {
			user = at("user name")
		}
		server, port := at("registrar ip"), at("registrar port")
		if server == "" || server == "0.0.0.0" {
			server, port = at("proxy ip"), at("proxy port")
		}
		label := at("screen name 2")
		if label == "" {
			label = at("screen name")
		}
		return draft{
			on: user != "", user: user, auth: at("auth name"), password: at("password"), name: at("display name"), label: label,
			server: server, port: port, transport: at("transport protocol"), transports: mitelTransport, expiry: at("registration period"),
		}
	})
}

// mitelURL puts protocol, server and path together.
func mitelURL(s map[string]string) string {
	scheme := strings.ToLower(s["download protocol"])
	switch scheme {
	case "http", "https":
	case "tftp":
		if s["tftp server"] == "" {
			return ""
		}
		return "tftp://" + s["tftp server"] + "/" + strings.Trim(s["tftp path"], "/")
	default:
		return ""
	}
	host := s[scheme+" server"]
	if host == "" {
		return ""
	}
	if port := s[scheme+" port"]; port != "" && port != "0" {
		host = net.JoinHostPort(host, port)
	}
	return scheme + "://" + host + "/" + strings.Trim(s[scheme+" path"], "/")
}
