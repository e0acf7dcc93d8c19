package asteriskconf

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
)

func TestCleanName(t *testing.T) {
	cases := []struct{ in, want string }{
		{"Aïcha Ñ 电话", "Aïcha Ñ 电话"},
		{"a\nsecret = x", "a secret = x"},
		{`"quoted" \ back`, `'quoted' / back`},
		{"x ; y", "x , y"},
		{"<sip:x>", "(sip:x)"},
		{"  spaces \t around  ", "spaces around"},
		{"\x00\x1b[31mred", "[31mred"},
		{"bad \xff\xfe utf", "bad utf"},
		{"right\u202eleft", "rightleft"},
		{"\u2028line\u2029", "line"},
		{strings.Repeat("é", 60), strings.Repeat("é", 31)},
		{"", ""},
	}
	for _, c := range cases {
		if got := cleanName(c.in); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestExpiryIsSpread(t *testing.T) {
	seen := map[int64]bool{}
	for _, e := range many(500).Endpoints {
		s := expiry(e)
		if s < 1800 || s >= 2400 {
			t.Fatalf("%s: %d s", e.ID, s)
		}
		seen[s] = true
	}
	if len(seen) < 250 {
		t.Errorf("500 lines share %d lifetimes", len(seen))
	}
}

// FuzzRender: whatever people and phones bring, the files have the same sections and
// keys as with harmless values, or there are no files.
func FuzzRender(f *testing.F) {
	f.Add("Bob", "001565000001-1", "201", "aaaaaaaaaaaaaaaaaaaaaaaa", "autocom")
	f.Add("x\n[evil]\ntype = endpoint\n", "a", "20", "aaaaaaaaaaaaaaaaaaaaaaaa", "h")
	f.Add(`";#include "/etc/passwd"`, "a-1", "21", "aaaaaaaaaaaaaaaa\\;", "h")
	f.Add("\u2028\r;--", "a\r\nb", "2\n0", "=>", "-")
	want := shape(f, small())
	f.Fuzz(func(t *testing.T, name, id, number, secret, host string) {
		plan := small()
		e := &plan.Endpoints[0]
		e.Name, e.ID, e.Number, e.Secret, plan.Hostname = name, id, number, secret, host
		files, err := Render(plan)
		if err != nil {
			return
		}
		if err := Check(files, nil); err != nil {
			t.Fatal(err)
		}
		for name, body := range files {
			if !utf8.Valid(body) {
				t.Errorf("%s is no UTF-8", name)
			}
		}
		if number == "202" || number == "" { // one extension fewer
			return
		}
		if got := shape(t, plan); got != want {
			t.Errorf("shape:\n%s", cmp.Diff(want, got))
		}
	})
}

// shape is the kinds of sections and keys of pjsip.conf and the dialplan's lines, counted.
func shape(t testing.TB, plan pbx.Plan) string {
	t.Helper()
	files, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, name := range []string{"asterisk.conf", "manager.conf", "pjsip.conf", "extensions.conf"} {
		sections, err := parse(files, name)
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int{}
		for _, s := range sections {
			n["["]++
			if s.name == "ac-names-keys" || s.name == "ac-names-said" { // as many lines as names have words
				continue
			}
			for _, k := range s.keys {
				n[k.key]++
			}
		}
		fmt.Fprintln(&b, name, n)
	}
	return b.String()
}
