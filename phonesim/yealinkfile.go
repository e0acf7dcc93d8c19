package phonesim

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxSettings bounds a settings file; real ones are a few kilobytes.
const maxSettings = 1 << 20

// yealinkMagic is the first line without which the phone ignores the whole file.
const yealinkMagic = "#!version:1.0.0.1"

var yealinkKey = regexp.MustCompile(`^[A-Za-z0-9_\-.]+$`)

// yealinkFile is a parsed .cfg or .boot file.
type yealinkFile struct {
	settings map[string]string
	includes []string // of a .boot file, in order
}

// parseYealink reads a configuration file of Yealink phones since V80:
//
//	#!version:1.0.0.1
//	## a comment
//	account.1.enable = 1
//	static.auto_provision.server.url = http://192.168.1.10/p/…/
//
// and in a .boot file lines as `include:config "common.cfg"`. A line of any other
// form, a repeated key or a control character is an error.
func parseYealink(body []byte) (yealinkFile, error) {
	f := yealinkFile{settings: map[string]string{}}
	if len(body) > maxSettings {
		return f, fmt.Errorf("%d bytes are too many for a settings file", len(body))
	}
	if !utf8.Valid(body) {
		return f, fmt.Errorf("not valid UTF-8")
	}
	lines := strings.Split(string(body), "\n")
	if strings.TrimRight(lines[0], " \r") != yealinkMagic {
		return f, fmt.Errorf("line 1: %q where %s must stand", clip(lines[0]), yealinkMagic)
	}
	for i, line := range lines[1:] {
		n := i + 2
		line = strings.TrimSpace(strings.TrimSuffix(line, "\r"))
		if line == "" || line[0] == '#' {
			continue
		}
		if c := strings.IndexFunc(line, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }); c >= 0 {
			return f, fmt.Errorf("line %d: control character %q", n, line[c])
		}
		if name, ok := strings.CutPrefix(line, "include:config"); ok {
			name = strings.Trim(strings.TrimSpace(name), `"<>`)
			if name == "" {
				return f, fmt.Errorf("line %d: include:config without a file", n)
			}
			f.includes = append(f.includes, name)
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || !yealinkKey.MatchString(key) {
			return f, fmt.Errorf("line %d: %q is not key = value", n, clip(line))
		}
		if _, twice := f.settings[key]; twice {
			return f, fmt.Errorf("line %d: %s a second time", n, key)
		}
		if value == "%NULL%" { // the maker's way to empty a setting
			value = ""
		}
		f.settings[key] = value
	}
	return f, nil
}

var yealinkTransport = map[string]string{"": "udp", "0": "udp", "1": "tcp", "2": "tls"}

// yealinkLines is how many accounts the models here have.
const yealinkLines = 16

// yealinkAccounts reads every account; nil where the settings switch it off or hold none.
func yealinkAccounts(s map[string]string) ([]*Account, error) {
	return drafts(yealinkLines, func(i int) draft {
		key := fmt.Sprintf("account.%d.", i)
		if s[key+"enable"] != "1" {
			return draft{}
		}
		server := key + "sip_server.1."
		if t := s[key+"sip_server.template"]; t != "" && s[server+"address"] == "" { // DECT bases since V85
			server = "template." + t + ".sip_server.1."
		}
		return draft{
			on: true, user: s[key+"user_name"], auth: s[key+"auth_name"], password: s[key+"password"],
			name: s[key+"display_name"], label: s[key+"label"],
			server: s[server+"address"], port: s[server+"port"], transport: s[server+"transport_type"], transports: yealinkTransport,
			expiry: s[server+"expires"],
		}
	})
}

// clip keeps a foreign line short in a message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
