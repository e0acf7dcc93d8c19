package phonesim

import (
	"fmt"
	"net"
	"regexp"
	"strings"
)

// panasonicModel is a KX-HDV130.
const panasonicModel = "KX-HDV130"

// NewPanasonic makes a KX-HDV130: PnP, then options 160, 159 and 66.
func NewPanasonic(mac net.HardwareAddr) *Phone {
	return newPhone(desk{
		name: "panasonic", model: panasonicModel,
		says:   identity{class: "Panasonic", wants: []byte{1, 3, 6, 12, 15, 28, 42, 43, 66, 67, 159, 160}, hostname: "KX-HDV130"},
		ua:     "Panasonic_KX-HDV130/08.100 ({mac})",
		scheme: "http",
		roads:  []road{byPnP(5060, panasonicForm), byOption(160), byOption(159), byOption(66)},
		files:  panasonicFiles,
		reads:  reader{accounts: panasonicAccounts, url: setting("CFG_STANDARD_FILE_PATH")},
	}, mac)
}

// panasonicForm follows the form that PnP has in common; no capture is public.
const panasonicForm = `
SUBSCRIBE sip:MAC%3A{MAC}@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP {ip}:5060;branch=z9hG4bK{tag}
From: <sip:MAC%3A{MAC}@224.0.1.75>;tag={tag}
To: <sip:MAC%3A{MAC}@224.0.1.75>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:{ip}:5060>
Max-Forwards: 70
Event: ua-profile;profile-type="device";vendor="Panasonic";model="KX-HDV130";version="08.100"
Expires: 0
Accept: application/url
User-Agent: Panasonic_KX-HDV130/08.100 ({mac})
Content-Length: 0

`

// panasonicFiles reads the file of the model, and then what that names as the phone's own.
func panasonicFiles(v *visit, url string) error {
	macros := strings.NewReplacer("{MODEL}", panasonicModel, "{MAC}", spell("{MAC}", v.phone.MAC), "{mac}", spell("{mac}", v.phone.MAC))
	if dir, file := split(url); file == "" {
		url = dir + panasonicModel + ".cfg"
	}
	seen := map[string]bool{}
	for range 3 { // the model's, the phone's own, and where that moved to
		if url = macros.Replace(url); seen[url] {
			return nil
		}
		seen[url] = true
		there, err := v.read(url, parsePanasonic)
		if err != nil {
			return err
		}
		if dir, _ := split(url); !there && v.found == 0 {
			url = dir + "Config{MAC}.cfg"
			continue
		}
		next := v.settings["CFG_STANDARD_FILE_PATH"]
		if next == "" {
			return nil
		}
		if strings.HasSuffix(next, "/") {
			next += "Config{MAC}.cfg"
		}
		url = next
	}
	return nil
}

// panasonicMagic is how the first line of every file begins (KX-HDV230 administrator guide, 2.4).
const panasonicMagic = "# Panasonic SIP Phone Standard Format File #"

var panasonicLine = regexp.MustCompile(`^([A-Z][A-Z0-9_]*)="([^"]*)"$`)

// parsePanasonic reads lines of KEY="value" below the magic line. Real phones drop a line
// that is longer than 537 bytes; here it is an error. The last line must be empty.
func parsePanasonic(body []byte) (map[string]string, error) {
	lines, err := textLines(body)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(lines[0], panasonicMagic) {
		return nil, fmt.Errorf("line 1: %q where %s must stand", clip(lines[0]), panasonicMagic)
	}
	if lines[len(lines)-1] != "" {
		return nil, fmt.Errorf("the file ends without an empty line")
	}
	out := map[string]string{}
	for i, line := range lines[1:] {
		if line == "" || line[0] == '#' {
			continue
		}
		m := panasonicLine.FindStringSubmatch(line)
		if m == nil || len(line) > 537 {
			return nil, fmt.Errorf(`line %d: %q is not KEY="value"`, i+2, clip(line))
		}
		if err := once(out, m[1], m[2]); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
	}
	return out, nil
}

var panasonicTransport = map[string]string{"": "udp", "0": "udp", "1": "tcp", "2": "tls"}

// panasonicAccounts reads two lines.
func panasonicAccounts(s map[string]string) ([]*Account, error) {
	return drafts(2, func(i int) draft {
		at := func(key string) string { return s[fmt.Sprintf("%s_%d", key, i)] }
		user := at("PHONE_NUMBER")
		if uri := at("SIP_URI"); uri != "" { // wins over the number
			user, _, _ = strings.Cut(strings.TrimPrefix(uri, "sip:"), "@")
		}
		return draft{
			on: at("SIP_AUTHID") != "", user: user, auth: at("SIP_AUTHID"), password: at("SIP_PASS"), name: at("DISPLAY_NAME"), label: at("PHONE_NUMBER"),
			server: at("SIP_RGSTR_ADDR"), port: at("SIP_RGSTR_PORT"), transport: at("SIP_TRANSPORT"), transports: panasonicTransport,
			expiry: at("REG_EXPIRE_TIME"),
		}
	})
}
