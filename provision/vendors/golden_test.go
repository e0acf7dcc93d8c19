package vendors

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"autocom/provision"
)

var update = flag.Bool("update", false, "rewrite testdata from what the templates render now")

// golden is phone.json of a testdata archive: a Phone as a test writes it. The
// archive's other files are what that phone gets, by the name it asks for.
type golden struct {
	Vendor    string
	ID        string // of the device, when it is a softphone
	MAC       provision.MAC
	Model     string
	Firmware  string
	Kind      provision.Kind
	Waits     bool // for a click: a guest, when its line has a secret and no number
	Admin     string
	Site      provision.Site
	Lines     []goldenLine
	Keys      []provision.Key
	Directory []provision.Entry
	Secrets   bool
	TLS       bool
	URL       string
	PnP       string // what the PnP answer carries; "" when the maker knows none
	// Options are the DHCP options, as "66" or "43.66" for an encapsulated one, and
	// Type what a person types; not looked at when absent.
	Options map[string]string
	Type    *string
}

type goldenLine struct {
	N                    int
	Number, Name, Secret string
}

func (g golden) phone() provision.Phone {
	p := provision.Phone{
		Site: g.Site,
		Device: provision.Device{
			ID: g.ID, MAC: g.MAC, Vendor: g.Vendor, Model: g.Model, Firmware: g.Firmware, Kind: g.Kind, Token: "t0ken", Admin: g.Admin, Keys: g.Keys,
		},
		Secrets:   g.Secrets,
		Directory: g.Directory,
		TLS:       g.TLS,
		URL:       g.URL,
	}
	if g.Waits {
		p.Device.Verdict = provision.VerdictPending
	}
	if p.Device.ID == "" {
		p.Device.ID = g.MAC.String()
	}
	for _, l := range g.Lines {
		p.Device.Lines = append(p.Device.Lines, provision.Line{N: l.N, Number: l.Number, Name: l.Name, Secret: l.Secret})
	}
	return p
}

func TestFiles(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	archives, err := filepath.Glob("*/testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("%d archives in */testdata: %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(path, func(t *testing.T) { checkArchive(t, set, path) })
	}
}

func checkArchive(t *testing.T, set *Set, path string) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Files) < 2 || a.Files[0].Name != "phone.json" {
		t.Fatal("an archive is phone.json and the files that phone gets")
	}
	var g golden
	if err := json.Unmarshal(a.Files[0].Data, &g); err != nil {
		t.Fatalf("phone.json: %v", err)
	}
	p := g.phone()
	url, err := set.PnPURL(p)
	if (err == nil) != (g.PnP != "") || url != g.PnP {
		t.Errorf("PnP carries %q (%v), want %q", url, err, g.PnP)
	}
	checkAddresses(t, set, g, p)
	for i, want := range a.Files[1:] {
		f, err := set.Render(p, want.Name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := set.Render(p, want.Name); err != nil || string(again.Body) != string(f.Body) {
			t.Errorf("%s: a second rendering differs", want.Name)
		}
		secrets := []string{p.Device.Admin, p.Device.Token}
		for _, l := range p.Device.Lines {
			secrets = append(secrets, l.Secret)
		}
		for _, secret := range secrets {
			if secret != "" && strings.Contains(string(f.Body), secret) && !f.Secret {
				t.Errorf("%s holds %q and does not say so", want.Name, secret)
			}
		}
		if *update {
			a.Files[i+1].Data = f.Body
			continue
		}
		if diff := cmp.Diff(string(want.Data), string(f.Body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func checkAddresses(t *testing.T, set *Set, g golden, p provision.Phone) {
	t.Helper()
	if g.Type != nil {
		if url, err := set.TypeURL(p); err != nil || url != *g.Type {
			t.Errorf("one types %q (%v), want %q", url, err, *g.Type)
		}
	}
	if g.Options == nil {
		return
	}
	options, err := set.Options(p)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, o := range options {
		if o.Text != "" {
			got[fmt.Sprint(o.Code)] = o.Text
		}
		for code, text := range o.Sub {
			got[fmt.Sprintf("%d.%d", o.Code, code)] = text
		}
	}
	if diff := cmp.Diff(g.Options, got); diff != "" {
		t.Errorf("DHCP options (-want +got):\n%s", diff)
	}
}

// Every maker with files has an archive for each of its templates.
func TestEveryTemplateHasAGolden(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range set.makers {
		for _, f := range m.files {
			if !inArchives(t, m.ID, f) {
				t.Errorf("%s/%s has no golden in %s/testdata", m.ID, f.source, m.ID)
			}
		}
	}
}

func inArchives(t *testing.T, id string, f *file) bool {
	archives, err := fs.Glob(os.DirFS(id), "testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range archives {
		a, err := txtar.ParseFile(filepath.Join(id, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, member := range a.Files {
			for _, n := range f.names {
				if n.pattern.MatchString(member.Name) {
					return true
				}
			}
		}
	}
	return false
}
