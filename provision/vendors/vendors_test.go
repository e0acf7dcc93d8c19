package vendors

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	_ "time/tzdata" // old names as America/Montreal are not in every system

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

func builtinSet(t testing.TB) *Set {
	t.Helper()
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestOwner(t *testing.T) {
	set := builtinSet(t)
	yealink, snom := "00:15:65:aa:bb:01", "00:04:13:aa:bb:02"
	type owner struct{ Vendor, MAC string }
	want := map[string]owner{
		"001565aabb01.cfg":          {"yealink", yealink},
		"001565AABB01.cfg":          {"yealink", yealink},
		"y000000000028.cfg":         {"yealink", ""},
		"snomD785.htm":              {"snom", ""},
		"snom320-000413AABB02.htm":  {"snom", snom},
		"snomD785-000413aabb02.xml": {"snom", snom},
		"000413AABB02.htm":          {"snom", snom},
		"000413AABB02.xml":          {"snom", snom},
		"snom-general.xml":          {"snom", ""},
		"linphone.xml":              {"linphone", ""},
		"000000000000.cfg":          {"polycom", ""},
		"x/001565aabb01.cfg":        {"yealink", yealink}, // the folder of another server's URL
	}
	for _, name := range []string{
		"001565aabb01.boot", "y28.cfg", "y0000000000280.cfg", "001565aabb01.cfg.bak",
		"", "favicon.ico", "index.html", "../etc/passwd", "SEP001565AABB01.cnf.xml",
	} {
		want[name] = owner{}
	}
	got := map[string]owner{}
	for name := range want {
		id, mac, ok := set.Owner(name)
		o := owner{Vendor: id}
		if !mac.IsZero() {
			o.MAC = mac.String()
		}
		if ok != (id != "") {
			t.Errorf("%s: owner %q, known %v", name, id, ok)
		}
		got[name] = o
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotRendered(t *testing.T) {
	set := builtinSet(t)
	p := sample()
	p.Secrets = true
	for name, tc := range map[string]struct{ vendor, file string }{
		"another's MAC":         {"yealink", "001565aabb01.cfg"},
		"another maker's name":  {"snom", "00005e005301.cfg"},
		"the boot file":         {"yealink", "00005e005301.boot"},
		"an unknown maker":      {"acme", "00005e005301.cfg"},
		"a maker without files": {"generic", "cfg00005e005301.xml"},
		"nobody's name":         {"", "favicon.ico"},
	} {
		p.Device.Vendor = tc.vendor
		f, err := set.Render(p, tc.file)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %q, %v", name, f.Body, err)
		}
	}
}

// each runs check for every name of every maker's files that is, or is not, one device's.
func each(t testing.TB, set *Set, personal bool, check func(m maker, f *file, name string)) {
	t.Helper()
	for _, m := range set.makers {
		for _, f := range m.files {
			if f.personal == personal {
				check(m, f, f.names[0].example(sample().Device.MAC))
			}
		}
	}
}

func TestACommonFileKnowsNoDevice(t *testing.T) {
	set := builtinSet(t)
	each(t, set, false, func(m maker, f *file, name string) {
		p := sample()
		p.Device.Vendor, p.Secrets = m.ID, true
		file, err := set.Render(p, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{"secret", "token", "201", "Accueil", p.Device.MAC.Hex()} {
			if strings.Contains(string(file.Body), hidden) || file.Secret {
				t.Errorf("%s: %s holds %q, secret %v", m.ID, name, hidden, file.Secret)
			}
		}
		if !file.Members && strings.Contains(string(file.Body), "Atelier") {
			t.Errorf("%s: %s holds the phone book and is not for members", m.ID, name)
		}
	})
}

func TestANameOfOneMakerNeedsNoKnownMaker(t *testing.T) {
	set := builtinSet(t)
	p := sample()
	p.Secrets = true
	for _, name := range []string{"y000000000028.cfg", "snomD785.htm", "snom-general.xml"} {
		if _, err := set.Render(p, name); err != nil {
			t.Error(err)
		}
	}
}

// Without secrets a phone's own file tells where the exchange is and nothing of its
// account, and a URL with the token is not passed on, whoever set it.
func TestWithoutSecretsNothingOfTheAccount(t *testing.T) {
	set := builtinSet(t)
	each(t, set, true, func(m maker, f *file, name string) {
		p := sample()
		p.Device.Vendor = m.ID
		file, err := set.Render(p, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{"secret", "token", "201", "Accueil", "202", "Atelier", p.Device.MAC.Hex() + "-1"} {
			if strings.Contains(string(file.Body), hidden) || file.Secret {
				t.Errorf("%s: %s holds %q, secret %v", m.ID, name, hidden, file.Secret)
			}
		}
	})
}

// A guest has an account without a number: its phone shows that it waits.
func TestAGuestsPhoneShowsThatItWaits(t *testing.T) {
	set := builtinSet(t)
	each(t, set, true, func(m maker, f *file, name string) {
		p := sample()
		p.Device.Vendor, p.Secrets = m.ID, true
		p.Device.Verdict = provision.VerdictPending
		p.Device.Lines = []provision.Line{{N: 1, Secret: "guestsecret"}}
		file, err := set.Render(p, name)
		if err != nil {
			t.Fatal(err)
		}
		if holds := strings.Contains(string(file.Body), "guestsecret"); holds && !strings.Contains(string(file.Body), "En attente") {
			t.Errorf("%s: %s does not say that the phone waits:\n%s", m.ID, name, file.Body)
		}
	})
}

// Whatever is typed as a name, XML stays XML and a line a line.
func FuzzNamesAreEscaped(f *testing.F) {
	set := builtinSet(f)
	for _, s := range []string{"Accueil", "a\nb = c", "]]>&<x/>", "\x00\x1b", "é\xff", "%NULL%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		check := func(m maker, _ *file, name string) {
			calm := sample()
			calm.Secrets, calm.Device.Vendor = true, m.ID
			p := sample()
			p.Secrets, p.Device.Vendor = true, m.ID
			p.Site.Name = text
			p.Device.Lines[0].Name, p.Device.Lines[0].Secret = text, "s"+text
			p.Device.Keys[0].Label = text
			p.Directory[0].Name = text
			file, err := set.Render(p, name)
			if err != nil {
				t.Fatal(err)
			}
			other, err := set.Render(calm, name)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Count(string(file.Body), "\n"), strings.Count(string(other.Body), "\n"); got != want {
				t.Errorf("%s: %s: %d lines, want %d", m.ID, name, got, want)
			}
			if !strings.HasPrefix(string(other.Body), "<") {
				return
			}
			if got, want := elements(t, file.Body), elements(t, other.Body); got != want {
				t.Errorf("%s: %s: %d elements, want %d", m.ID, name, got, want)
			}
		}
		each(t, set, true, check)
		each(t, set, false, check)
	})
}

func elements(t *testing.T, body []byte) (n int) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(body)))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, body)
		}
		if _, ok := token.(xml.StartElement); ok {
			n++
		}
	}
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	const good = "name = \"Acme\"\n"
	files := func(toml string, more ...string) fstest.MapFS {
		m := fstest.MapFS{"acme/vendor.toml": {Data: []byte(toml)}}
		for i := 0; i+1 < len(more); i += 2 {
			m["acme/"+more[i]] = &fstest.MapFile{Data: []byte(more[i+1])}
		}
		return m
	}
	match := func(s string) string { return good + "unsupported = \"x\"\n[[match]]\n" + s }
	for want, fsys := range map[string]fstest.MapFS{
		"load vendors: acme/vendor.toml: open vendor.toml: file does not exist":                                                                                 {"acme/files/x.tmpl": {}},
		"load vendors: acme/vendor.toml: name is missing":                                                                                                       files(""),
		"load vendors: acme/vendor.toml: line 2: unknown key colour":                                                                                            files(good + "colour = 1"),
		"load vendors: acme/vendor.toml: ouis 1: \"00156\" is not six hexadecimal digits":                                                                       files(good + `ouis = ["00156"]`),
		"load vendors: acme/vendor.toml: match 1: field is missing":                                                                                             files(match(`weight = 1`)),
		"load vendors: acme/vendor.toml: match 1: weight is missing: a rule that weighs nothing says nothing":                                                   files(match(`field = "path"`)),
		"load vendors: acme/vendor.toml: match 1: pattern: error parsing regexp: missing closing ): `(`":                                                        files(match("field=\"path\"\nweight=1\npattern='('")),
		"load vendors: acme/vendor.toml: match 1: pattern does not match its example \"b\"":                                                                     files(match("field=\"path\"\nweight=1\npattern='a'\nexamples=['b']")),
		"load vendors: acme/vendor.toml: match 1: pattern matches its counter-example \"a\"":                                                                    files(match("field=\"path\"\nweight=1\npattern='a'\ncounter=['a']")),
		"load vendors: acme/vendor.toml: formats: there is no files/a.tmpl":                                                                                     files(good+"[formats]\na = 'json'", "files/b.tmpl", "x"),
		"load vendors: acme/files/a.tmpl: format \"json\" is none of: line, quoted, xml":                                                                        files(good+`escape = "json"`, "files/a.tmpl", "x"),
		"load vendors: acme/vendor.toml: there are no files/*.tmpl: add them, or say why in unsupported":                                                        files(good),
		"load vendors: acme/vendor.toml: aliases: there is no files/b.tmpl":                                                                                     files(good+"[aliases]\nb = ['c']", "files/a.tmpl", "x"),
		"load vendors: acme/files/{year}.tmpl: name \"{year}\" holds an unknown placeholder: {mac}, {MAC}, {model}, {digits} and {serial} are known":            files(good, "files/{year}.tmpl", "x"),
		"load vendors: acme/files/a~b~c~d~e.tmpl: name \"a/b/c/d/e\" lies in more than 3 folders":                                                               files(good, "files/a~b~c~d~e.tmpl", "x"),
		"load vendors: acme/files/~a.tmpl: name \"/a\": \"\" is not of letters, digits and ._+ -":                                                               files(good, "files/~a.tmpl", "x"),
		"load vendors: acme/vendor.toml: members: there is no files/b.tmpl":                                                                                     files(good+"members = ['b']", "files/a.tmpl", "x"),
		"load vendors: acme/vendor.toml: kind: \"pbx\" is not adapter, base or gateway":                                                                         files(good + "kind = 'pbx'"),
		"load vendors: acme/vendor.toml: kind: a gateway is a trunk and gets no files: say so in unsupported":                                                   files(good + "kind = 'gateway'"),
		"load vendors: acme/vendor.toml: lines 1: kind \"\" is neither adapter nor base":                                                                        files(good + "[[lines]]\nmodel = 'x'"),
		"load vendors: acme/vendor.toml: lines 1: count 0: 1 to 255 accounts":                                                                                   files(good + "[[lines]]\nmodel = 'x'\nkind = 'base'"),
		"load vendors: acme/vendor.toml: lines 1: pattern does not match its example \"y\"":                                                                     files(good + "[[lines]]\nmodel = 'x'\nkind = 'base'\ncount = 2\nexamples = ['y']"),
		"load vendors: acme/vendor.toml: tls: pattern matches its counter-example \"T1\"":                                                                       files(good + "tls = 'T'\ntls_counter = ['T1']"),
		"load vendors: acme/vendor.toml: dhcp 1: option 66: give either value or sub":                                                                           files(good + "[[dhcp]]\noption = 66"),
		"load vendors: acme/vendor.toml: dhcp 1: option 0: 1 to 254 are options":                                                                                files(good + "[[dhcp]]\nvalue = 'x'"),
		"load vendors: acme/vendor.toml: dhcp 1: option 150: \"here\" is no IPv4 address":                                                                       files(good + "[[dhcp]]\noption = 150\nform = 'address'\nvalue = 'here'"),
		"load vendors: acme/vendor.toml: dhcp 1: option 43: sub \"x\" is not 1 to 254":                                                                          files(good + "[[dhcp]]\noption = 43\nsub = { x = 'y' }"),
		"load vendors: acme/vendor.toml: pnp_url: template: value:1:2: executing \"value\" at <.Nothing>: can't evaluate field Nothing in type provision.Phone": files(good + "pnp_url = '{{.Nothing}}'"),
		"load vendors: acme/vendor.toml: refused 1: kind \"base\": only gateway is told apart":                                                                  files(good + "[[refused]]\nmodel = 'x'\nreason = 'y'\nkind = 'base'"),
		"load vendors: acme/files/a.tmpl: template: a:1: unexpected \"}\" in command":                                                                           files(good, "files/a.tmpl", "{{}"),
		"load vendors: acme/files/a.tmpl: template: a:1:2: executing \"a\" at <.Nothing>: can't evaluate field Nothing in type vendors.view":                    files(good, "files/a.tmpl", "{{.Nothing}}"),
		"load vendors: acme/parts/p.tmpl: template: p:1: unclosed action":                                                                                       files(good, "files/a.tmpl", "x", "parts/p.tmpl", "{{"),
	} {
		_, err := Load(fsys)
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestABrokenFileNamesItsLine(t *testing.T) {
	_, err := Load(fstest.MapFS{"acme/vendor.toml": {Data: []byte("name = \"Acme\"\nouis = [\n")}})
	if err == nil || !strings.HasPrefix(err.Error(), "load vendors: acme/vendor.toml: line ") {
		t.Errorf("%v", err)
	}
}

// The first users' zones are known to each maker; a wrong name would be a phone
// an hour off, and no zone may be missing in one folder only.
func TestZones(t *testing.T) {
	set := builtinSet(t)
	var all []map[string]map[string]string
	for _, m := range set.makers {
		if len(m.zones) > 0 {
			all = append(all, m.zones)
		}
	}
	for _, zones := range all {
		for name := range zones {
			if _, err := time.LoadLocation(name); err != nil {
				t.Errorf("%s (install tzdata if it is missing): %v", name, err)
			}
			for _, others := range all {
				if others[name] == nil {
					t.Errorf("%s is known to some makers only", name)
				}
			}
		}
	}
}

func TestHours(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", time.Hour: "+1", -5 * time.Hour: "-5", 5*time.Hour + 45*time.Minute: "+5:45", -(3*time.Hour + 30*time.Minute): "-3:30",
	} {
		if got := hours(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func BenchmarkRender500(b *testing.B) {
	set := builtinSet(b)
	phones := make([]provision.Phone, 500)
	for i := range phones {
		phones[i] = sample()
		phones[i].Secrets = true
		phones[i].Device.Vendor = "yealink"
		phones[i].Device.MAC[4], phones[i].Device.MAC[5] = byte(i>>8), byte(i)
	}
	for b.Loop() {
		for _, p := range phones {
			if _, err := set.Render(p, p.Device.MAC.Hex()+".cfg"); err != nil {
				b.Fatal(err)
			}
		}
	}
}
