package vendors

import (
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"autocom/provision"
)

func ouisOf(t *testing.T, set *Set, id string) []string {
	t.Helper()
	for _, v := range set.Vendors() {
		if v.ID == id {
			return v.OUIs
		}
	}
	t.Fatalf("no maker %s", id)
	return nil
}

func TestTheOwnerAddsAnOUI(t *testing.T) {
	set := builtinSet(t)
	before := len(ouisOf(t, set, "yealink"))
	out, err := set.With(fstest.MapFS{"ouis.toml": {Data: []byte("yealink = [\"02:00:5E\", \"001565\"]\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if got := ouisOf(t, out, "yealink"); !slices.Contains(got, "02005e") || len(got) != before+1 {
		t.Errorf("OUIs %v", got)
	}
	if got := ouisOf(t, set, "yealink"); len(got) != before {
		t.Errorf("the built-in OUIs have changed: %v", got)
	}
}

func TestTheOwnerAddsAMaker(t *testing.T) {
	owner := fstest.MapFS{
		"acme/vendor.toml":           {Data: []byte("name = \"Acme\"\nouis = [\"02005e\"]\n")},
		"acme/files/acme-{mac}.tmpl": {Data: []byte("server = {{.Site.Address}}\n")},
		"yealink/vendor.toml":        {Data: []byte("name = \"Yealink of the owner\"\nunsupported = \"x\"\n")},
	}
	set := builtinSet(t)
	out, err := set.With(owner)
	if err != nil {
		t.Fatal(err)
	}
	if id, mac, ok := out.Owner("acme-00005e005301"); id != "acme" || !ok || mac != sample().Device.MAC {
		t.Errorf("owner %s %s %v", id, mac, ok)
	}
	names := map[string]string{}
	for _, v := range out.Vendors() {
		names[v.ID] = v.Name
	}
	if names["yealink"] != "Yealink of the owner" || len(names) != len(set.Vendors())+1 {
		t.Errorf("makers %v", names)
	}
}

func TestTheOwnersMistakesAreNamed(t *testing.T) {
	set := builtinSet(t)
	for want, owner := range map[string]fstest.MapFS{
		"the owner's makers: ouis.toml: line 2: yealink: \"00156\" is not six hexadecimal digits":   {"ouis.toml": {Data: []byte("# mine\nyealink = [\"00156\"]\n")}},
		"the owner's makers: load vendors: acme/vendor.toml: open vendor.toml: file does not exist": {"acme/files/x": {}},
		"the owner's makers: load vendors: acme/vendor.toml: line 2: unknown key colour":            {"acme/vendor.toml": {Data: []byte("name = \"Acme\"\ncolour = 1\n")}},
	} {
		if _, err := set.With(owner); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if _, err := set.With(fstest.MapFS{"ouis.toml": {Data: []byte("acme = [\"001565\"]\n")}}); err == nil {
		t.Error("an unknown maker is taken")
	}
	if _, err := set.With(fstest.MapFS{"ouis.toml": {Data: []byte("yealink = \"001565\"\n")}}); err == nil {
		t.Error("a text in place of a list is taken")
	}
}

func TestAnOwnerWithoutAFolderChangesNothing(t *testing.T) {
	set := builtinSet(t)
	for _, dir := range []string{t.TempDir(), t.TempDir() + "/none"} {
		out, err := set.With(os.DirFS(dir))
		if err != nil || len(out.Vendors()) != len(set.Vendors()) {
			t.Errorf("%v", err)
		}
	}
}

// "{model}.cfg" takes neither a phone's own name nor one that is written out.
func TestTheTighterNameAnswers(t *testing.T) {
	set, err := Load(fstest.MapFS{
		"acme/vendor.toml":                   {Data: []byte("name = \"Acme\"\n")},
		"acme/files/000000000000.cfg.tmpl":   {Data: []byte("common\n")},
		"acme/files/{mac}.cfg.tmpl":          {Data: []byte("own\n")},
		"acme/files/{model}.cfg.tmpl":        {Data: []byte("model\n")},
		"acme/files/Acme~{model}~{MAC}.tmpl": {Data: []byte("folder\n")},
		"acme/files/spa{serial}.cfg.tmpl":    {Data: []byte("serial\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := sample()
	p.Device.Vendor = "acme"
	for name, want := range map[string]string{
		"000000000000.cfg": "common\n", "00005e005301.cfg": "own\n", "SPA-504.G_2.cfg": "model\n",
		"Acme/CP-7841-3PCC/00005E005301": "folder\n", "spaABC123456.cfg": "serial\n",
		"old/folder/00005e005301.cfg": "own\n", // of the URL that another server gave
	} {
		f, err := set.Render(p, name)
		if err != nil || string(f.Body) != want {
			t.Errorf("%s: %q, %v", name, f.Body, err)
		}
	}
	for _, name := range []string{"00005e005302.cfg", "Acme/../00005E005301", "old/00005e005302.cfg", "x/y.txt"} {
		if f, err := set.Render(p, name); err == nil {
			t.Errorf("%s gives %q", name, f.Body)
		}
	}
}

// Several makers' phones ask for "<mac>.cfg": the MAC's maker owns it, and a device
// without a maker gets none of them.
func TestANameOfSeveralMakers(t *testing.T) {
	set, err := Load(fstest.MapFS{
		"acme/vendor.toml":          {Data: []byte("name = \"Acme\"\nouis = [\"02005e\"]\n")},
		"acme/files/{mac}.cfg.tmpl": {Data: []byte("acme\n")},
		"bell/vendor.toml":          {Data: []byte("name = \"Bell\"\nouis = [\"00005e\"]\n")},
		"bell/files/{mac}.cfg.tmpl": {Data: []byte("bell\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"00005e005301.cfg": "bell", "02005e005301.cfg": "acme", "04005e005301.cfg": "acme"} {
		if id, _, _ := set.Owner(name); id != want {
			t.Errorf("%s is owned by %s, want %s", name, id, want)
		}
	}
	if ids, _ := set.Owners("00005e005301.cfg"); !slices.Equal(ids, []string{"acme", "bell"}) {
		t.Errorf("owners %v", ids)
	}
	if f, err := set.Render(sample(), "00005e005301.cfg"); err == nil {
		t.Errorf("nobody's phone gets %q", f.Body)
	}
}

func TestLinesOptionsAndAddresses(t *testing.T) {
	set, err := Load(fstest.MapFS{
		"acme/vendor.toml": {Data: []byte(`name = "Acme"
unsupported = "x"
pnp_url = '{{if .URL}}{{.URL}}{{else}}{{.Site.URL}}{{end}}'
[[lines]]
model = '^A2'
kind = "adapter"
count = 2
at_once = true
[[dhcp]]
option = 66
value = '{{if .URL}}{{.URL}}{{else}}{{.Site.URL}}{{end}}'
[[dhcp]]
option = 43
sub = { 66 = '{{.Site.Host}}', 67 = '{{if .URL}}{{.URL}}{{end}}' }
[[dhcp]]
option = 150
form = "address"
value = '{{.Site.Address}}'
[[dhcp]]
option = 132
value = '{{if .Device.Token}}{{else}}{{.Site.VoiceVLAN}}{{end}}'
`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if l, ok := set.Lines("acme", "A22"); !ok || l.Count != 2 || !l.AtOnce || l.Kind != provision.KindAdapter {
		t.Errorf("lines %+v %v", l, ok)
	}
	if l, ok := set.Lines("acme", "A1"); ok {
		t.Errorf("lines %+v", l)
	}
	p := sample()
	p.Device.Vendor, p.URL = "acme", ""
	options, err := set.Options(p)
	if err != nil || len(options) != 3 || options[0].Text != "http://192.0.2.10/" || options[2].Text != "192.0.2.10" {
		t.Fatalf("%+v, %v", options, err)
	}
	if sub := options[1].Sub; len(sub) != 1 || sub[66] != "192.0.2.10" {
		t.Errorf("option 43 %v", sub)
	}
	if url, err := set.TypeURL(p); err != nil || url != "http://192.0.2.10/" {
		t.Errorf("one types %q, %v", url, err)
	}
	if v := set.Vendors()[0]; v.Resync != "check-sync" || v.Reboot != "check-sync" {
		t.Errorf("events %q %q", v.Resync, v.Reboot)
	}
}
