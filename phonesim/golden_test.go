package phonesim

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// The files that our templates render are readable by the phones' own parsers,
// the ones with hostile names too: no account but the one of the file appears.
func TestPhonesReadWhatTheTemplatesRender(t *testing.T) {
	read := map[string]func([]byte) (*Account, error){
		"yealink": func(b []byte) (*Account, error) {
			f, err := parseYealink(b)
			if err != nil {
				return nil, err
			}
			return yealinkAccount(f.settings)
		},
		"snom": func(b []byte) (*Account, error) {
			f, err := parseSnom(b)
			if err != nil {
				return nil, err
			}
			return snomAccount(f.settings)
		},
		"linphone": func(b []byte) (*Account, error) {
			s, err := parseLinphone(b)
			if err != nil || s["proxy_0/reg_identity"] == "" {
				return nil, err
			}
			return linphoneAccount(s)
		},
	}
	for vendor, parse := range read {
		paths, err := filepath.Glob("../provision/vendors/" + vendor + "/testdata/*.txtar")
		if err != nil || len(paths) == 0 {
			t.Fatalf("no goldens of %s: %v", vendor, err)
		}
		accounts := 0
		for _, path := range paths {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range a.Files {
				if f.Name == "phone.json" {
					continue
				}
				got, err := parse(f.Data)
				switch {
				case err != nil:
					t.Errorf("%s: %s: %v", path, f.Name, err)
				case got != nil && !strings.Contains(string(f.Data), got.Password):
					t.Errorf("%s: %s: password %q is not the file's", path, f.Name, got.Password)
				case got != nil && got.Password == "x":
					t.Errorf("%s: %s: a name became a password", path, f.Name)
				case got != nil:
					accounts++
				}
			}
		}
		if accounts == 0 {
			t.Errorf("%s: no golden gave an account", vendor)
		}
	}
}
