package phonesim

import (
	"encoding/json"
	"path/filepath"
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
			return first(yealinkAccounts(f.settings))
		},
		"snom": func(b []byte) (*Account, error) {
			f, err := parseSnom(b)
			if err != nil {
				return nil, err
			}
			return first(snomAccounts(f.settings))
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
			var asked struct{ Lines []struct{ Secret string } }
			if err := json.Unmarshal(a.Files[0].Data, &asked); err != nil {
				t.Fatalf("%s: %s: %v", path, a.Files[0].Name, err)
			}
			for _, f := range a.Files {
				if f.Name == "phone.json" {
					continue
				}
				got, err := parse(f.Data)
				switch {
				case err != nil:
					t.Errorf("%s: %s: %v", path, f.Name, err)
				case got != nil && got.Password != asked.Lines[0].Secret:
					t.Errorf("%s: %s: password %q, want %q", path, f.Name, got.Password, asked.Lines[0].Secret)
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
