package phonesim

import (
	"bytes"
	"encoding/json"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// reading is a maker's parser and what it takes its settings for.
type reading struct {
	parse func([]byte) (map[string]string, error)
	mean  func(map[string]string) ([]*Account, error)
}

// rendered is the head of a golden file of provision/vendors.
type rendered struct {
	MAC, Model string
	Secrets    bool
	Guest      bool
	Lines      []struct {
		N      int
		Secret string
	}
}

// noSettings are files beside the settings: phone books, lists of keys, master files.
var noSettings = regexp.MustCompile(`(?i)phonebook|directory|contacts|smartblf|\.vcf$|^phone\.json$`)

// readings says by what parser the phones of a folder read a file.
func readings(vendor string, r rendered) *reading {
	mac, _ := net.ParseMAC(r.MAC)
	switch vendor {
	case "yealink":
		return &reading{func(b []byte) (map[string]string, error) { f, err := parseYealink(b); return f.settings, err }, yealinkAccounts}
	case "snom":
		return &reading{func(b []byte) (map[string]string, error) { f, err := parseSnom(b); return f.settings, err }, snomAccounts}
	case "linphone":
		return &reading{parseLinphone, func(s map[string]string) ([]*Account, error) {
			if s["proxy_0/reg_identity"] == "" {
				return nil, nil
			}
			return linphoneAccounts(s)
		}}
	case "grandstream":
		switch {
		case regexp.MustCompile(`^HT8[01][12]`).MatchString(r.Model):
			return &reading{grandstreamXML("1")(mac), htAccounts}
		case regexp.MustCompile(`^(HT|DP|GXW)`).MatchString(r.Model): // their ports stand in profiles
			return nil
		}
		return &reading{grandstreamXML("1", "2")(mac), grpAccounts}
	case "fanvil":
		return &reading{parseFanvil, fanvilAccounts}
	case "polycom":
		return &reading{parsePolycom, polycomAccounts}
	case "ciscospa", "ciscompp":
		return &reading{parseCisco, ciscoAccounts}
	case "gigaset":
		switch {
		case regexp.MustCompile(`^N5`).MatchString(r.Model):
			return &reading{func(b []byte) (map[string]string, error) { return parseGigasetFrame(b, mac) }, n510Accounts}
		case regexp.MustCompile(`^N[68]70`).MatchString(r.Model):
			return &reading{parseGigasetNVM, n870Accounts}
		}
	case "mitel":
		return &reading{parseMitel, mitelAccounts}
	case "panasonic":
		if regexp.MustCompile(`^KX-HDV`).MatchString(r.Model) {
			return &reading{parsePanasonic, panasonicAccounts}
		}
	case "htek":
		return &reading{parseHtek, htekAccounts}
	case "digium":
		return &reading{parseDigium, digiumAccounts}
	}
	return nil // no virtual phone of this kind
}

// holds counts the passwords that stand in a file.
func holds(file []byte, secrets map[string]bool) int {
	n := 0
	for s := range secrets {
		if s != "" && bytes.Contains(file, []byte(s)) {
			n++
		}
	}
	return n
}

// most is how many lines the virtual phone has where real ones have more.
func most(vendor, model string) int {
	if vendor == "grandstream" && strings.HasPrefix(model, "HT") || vendor == "htek" || vendor == "panasonic" {
		return 2
	}
	return 100
}

// The files that our templates render are readable by the phones' own parsers,
// the ones with hostile names too: no account but those of the file appear.
func TestPhonesReadWhatTheTemplatesRender(t *testing.T) {
	paths, err := filepath.Glob("../provision/vendors/*/testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	accounts := map[string]int{}
	for _, path := range paths {
		vendor := filepath.Base(filepath.Dir(filepath.Dir(path)))
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var asked rendered
		if err := json.Unmarshal(a.Files[0].Data, &asked); err != nil {
			t.Fatalf("%s: %s: %v", path, a.Files[0].Name, err)
		}
		secrets := map[string]bool{}
		for _, l := range asked.Lines {
			secrets[l.Secret] = true
		}
		r := readings(vendor, asked)
		if r == nil {
			continue
		}
		if _, seen := accounts[vendor]; !seen {
			accounts[vendor] = 0
		}
		for _, f := range a.Files {
			if noSettings.MatchString(f.Name) {
				continue
			}
			if vendor == "polycom" {
				if _, err := parsePolycomMaster(f.Data); err == nil {
					continue
				}
			}
			settings, err := r.parse(f.Data)
			if err != nil {
				t.Errorf("%s: %s: %v", path, f.Name, err)
				continue
			}
			got, err := r.mean(settings)
			if err != nil {
				t.Errorf("%s: %s: %v", path, f.Name, err)
				continue
			}
			n := 0
			for i, a := range got {
				if a == nil {
					continue
				}
				n++
				if !secrets[a.Password] || !asked.Secrets {
					t.Errorf("%s: %s: line %d has the password %q, want one of the file's lines", path, f.Name, i+1, a.Password)
				}
			}
			if holds := holds(f.Data, secrets); n < min(holds, most(vendor, asked.Model)) {
				t.Errorf("%s: %s: the file holds %d passwords, and the phone finds %d accounts", path, f.Name, holds, n)
			}
			if n > len(asked.Lines) {
				t.Errorf("%s: %s: %d accounts of %d lines", path, f.Name, n, len(asked.Lines))
			}
			accounts[vendor] += n
		}
	}
	for vendor, n := range accounts {
		if n == 0 {
			t.Errorf("%s: no golden gave an account", vendor)
		}
	}
	t.Logf("accounts that the phones read: %v", accounts)
}
