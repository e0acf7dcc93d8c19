package asteriskconf

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"autocom/pbx"
)

var update = flag.Bool("update", false, "write the golden files again")

// small is a plan of three phones: one with a name that needs cleaning, two lines
// of one number, one that waits for approval.
func small() pbx.Plan {
	return pbx.Plan{
		Revision: 7, Name: "Bureau", Hostname: "autocom", Language: "fr", Country: "CM",
		Address: netip.MustParseAddr("192.168.1.10"), Emergency: []string{"112", "117"},
		ManagerSecret: "0123456789abcdefghijklmn",
		Endpoints: []pbx.Endpoint{
			{ID: "001565000001-1", Secret: "aaaaaaaaaaaaaaaaaaaaaaaa", Number: "201", Name: "Aïcha; \"chef\"\n[x]", Lang: "fr", Right: pbx.RightInternal, Expiry: 31 * time.Minute},
			{ID: "001565000002-1", Secret: "bbbbbbbbbbbbbbbbbbbbbbbb", Number: "202", Name: "Bob", Lang: "en", Right: pbx.RightInternal},
			{ID: "001565000003-1", Secret: "cccccccccccccccccccccccc", Right: pbx.RightGuest},
			{ID: "soft-7f3a-1", Secret: "dddddddddddddddddddddddd", Number: "202", Name: "Bob", Right: pbx.RightInternal},
		},
	}
}

// many is a plan of n phones.
func many(n int) pbx.Plan {
	p := small()
	p.Endpoints = nil
	for i := range n {
		p.Endpoints = append(p.Endpoints, pbx.Endpoint{
			ID: fmt.Sprintf("0015651%05x-1", i), Secret: fmt.Sprintf("secret-of-phone-number-%04d", i),
			Number: fmt.Sprint(2000 + i), Name: fmt.Sprintf("Poste %d", 2000+i), Right: pbx.RightInternal,
		})
	}
	return p
}

func TestRenderGolden(t *testing.T) {
	files, err := Render(small())
	if err != nil {
		t.Fatal(err)
	}
	got := &txtar.Archive{Comment: []byte("What a plan of four lines becomes; go test -update writes it again.\n")}
	// Files without a value of the plan are as their template says.
	for _, name := range []string{"asterisk.conf", "extensions.conf", "manager.conf", "pjsip.conf", "pjsip_lines.conf"} {
		got.Files = append(got.Files, txtar.File{Name: name, Data: files[name]})
	}
	path := filepath.Join("testdata", "small.txtar")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRenderIsStable(t *testing.T) {
	plan := many(50)
	first, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(plan.Endpoints)
	plan.Revision++
	second, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the order of endpoints or the revision changes files: -first +second\n%s", diff)
	}
}

func TestRenderRefuses(t *testing.T) {
	cases := []struct {
		name string
		edit func(*pbx.Plan)
		says string
	}{
		{"no address", func(p *pbx.Plan) { p.Address = netip.Addr{} }, "address"},
		{"every address", func(p *pbx.Plan) { p.Address = netip.IPv4Unspecified() }, "address 0.0.0.0"},
		{"a hostname of two lines", func(p *pbx.Plan) { p.Hostname = "a\nb" }, `hostname "a\nb"`},
		{"no manager secret", func(p *pbx.Plan) { p.ManagerSecret = "" }, "manager secret"},
		{"a short secret", func(p *pbx.Plan) { p.Endpoints[0].Secret = "1234" }, "secret of endpoint 001565000001-1"},
		{"a secret with a comment", func(p *pbx.Plan) { p.Endpoints[0].Secret = "aaaaaaaaaaaaaaaa;x" }, "secret of endpoint"},
		{"an endpoint with a section", func(p *pbx.Plan) { p.Endpoints[0].ID = "x]\n[y" }, "endpoint"},
		{"an endpoint with an ampersand", func(p *pbx.Plan) { p.Endpoints[0].ID = "a&b" }, "endpoint"},
		{"an endpoint twice", func(p *pbx.Plan) { p.Endpoints[1].ID = p.Endpoints[0].ID }, "twice"},
		{"a number with a pattern", func(p *pbx.Plan) { p.Endpoints[0].Number = "_X." }, "number of endpoint"},
		{"an emergency number", func(p *pbx.Plan) { p.Endpoints[0].Number = "117" }, "emergency number 117"},
		{"the beginning of one", func(p *pbx.Plan) { p.Endpoints[0].Number = "11" }, "emergency number 112"},
		{"an unknown right", func(p *pbx.Plan) { p.Endpoints[0].Right = "admin" }, `right "admin"`},
		{"an unknown language", func(p *pbx.Plan) { p.Endpoints[0].Lang = "xx" }, `language "xx"`},
		{"a word as emergency number", func(p *pbx.Plan) { p.Emergency = []string{"police"} }, `"police"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plan := small()
			c.edit(&plan)
			_, err := Render(plan)
			if err == nil {
				t.Fatal("rendered")
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
			if strings.Contains(err.Error(), plan.Endpoints[0].Secret) || plan.ManagerSecret != "" && strings.Contains(err.Error(), plan.ManagerSecret) {
				t.Errorf("%q tells a secret", err)
			}
		})
	}
}

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
			for _, k := range s.keys {
				n[k.key]++
			}
		}
		fmt.Fprintln(&b, name, n)
	}
	return b.String()
}

// sounds are what the dialplan plays, in both languages.
func sounds() fstest.MapFS {
	out := fstest.MapFS{}
	for _, lang := range []string{"fr_CA_f_June", "en_US_f_Allison"} {
		for _, s := range []string{"demo-echotest", "demo-echodone", "cannot-complete-as-dialed"} {
			out[lang+"/"+s+".g722"] = &fstest.MapFile{}
		}
	}
	return out
}

func TestWhatWeRenderPassesCheck(t *testing.T) {
	for _, plan := range []pbx.Plan{small(), many(500), {Hostname: "a", Language: "en", Address: small().Address, ManagerSecret: small().ManagerSecret}} {
		files, err := Render(plan)
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(files, sounds()); err != nil {
			t.Error(err)
		}
	}
}

func TestCheckFinds(t *testing.T) {
	replace := func(file, old, new string) func(pbx.Files) {
		return func(f pbx.Files) {
			if !strings.Contains(string(f[file]), old) {
				panic(file + " does not hold " + old)
			}
			f[file] = []byte(strings.Replace(string(f[file]), old, new, 1))
		}
	}
	cases := []struct {
		name string
		edit func(pbx.Files)
		says string
	}{
		{"a Gosub to nowhere", replace("extensions.conf", "Gosub(ac-ring,s,1(001565000001-1))", "Gosub(ac-rings,s,1(001565000001-1))"), "context ac-rings does not exist"},
		{"a label that is gone", replace("extensions.conf", "n(busy),", "n,"), "has no label busy"},
		{"a priority too far", replace("extensions.conf", "Gosub(ac-no-line,s,1(", "Gosub(ac-no-line,s,9("), "no priority 9"},
		{"a target of variables", replace("extensions.conf", "Goto(next)", "Goto(${EXTEN})"), "nobody can check"},
		{"an include of nothing", replace("extensions.conf", "include => ac-ext", "include => ac-exts"), "context ac-exts does not exist"},
		{"a hint of nobody", replace("extensions.conf", "hint,PJSIP/001565000001-1", "hint,PJSIP/nobody"), "hint PJSIP/nobody is no endpoint"},
		{"a sound that is not there", replace("extensions.conf", "Playback(demo-echotest)", "Playback(demo-echo)"), "sound demo-echo does not exist in fr_CA_f_June"},
		{"a wildcard", replace("extensions.conf", "exten => *43,", "exten => _X.,"), "takes anything"},
		{"an application that runs programs", replace("extensions.conf", "Echo()", "System(reboot)"), "System: not an application"},
		{"a function we do not use", replace("extensions.conf", "${CHANNEL(endpoint)}", "${SHELL(id)}"), "SHELL is not a function"},
		{"a module that is not loaded", replace("modules.conf", "load = app_echo.so", ""), "app_echo.so is not loaded"},
		{"a gap in the priorities", replace("extensions.conf", " same => n,Echo()", " same => 9,Echo()"), "priority 9, expected 4"},
		{"a context that no phone can use", replace("pjsip.conf", "context = ac-phone-guest", "context = ac-nowhere"), `context "ac-nowhere" does not exist`},
		{"an endpoint without account", replace("pjsip_lines.conf", "(secret)", "(contact)"), "auth \"001565000001-1\" does not exist"},
		{"a template that is gone", replace("pjsip.conf", "[line-internal]", "[line-inside]"), "template line-internal does not exist"},
		{"a file that is gone", func(f pbx.Files) { delete(f, "pjsip_lines.conf") }, "pjsip_lines.conf: no such file"},
		{"a file that includes itself", replace("pjsip_lines.conf", ";", "#include pjsip_lines.conf\n;"), "include each other"},
		{"half a line", replace("rtp.conf", "strictrtp = yes", "strictrtp"), "neither a section nor a key"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files, err := Render(small())
			if err != nil {
				t.Fatal(err)
			}
			c.edit(files)
			if err := Check(files, sounds()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
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

func BenchmarkRender500(b *testing.B) {
	plan := many(500)
	for b.Loop() {
		if _, err := Render(plan); err != nil {
			b.Fatal(err)
		}
	}
}
