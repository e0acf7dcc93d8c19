package vendors

import (
	"encoding/json"
	"flag"
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
	Vendor  string
	ID      string // of the device, when it is a softphone
	MAC     provision.MAC
	Site    provision.Site
	Lines   []goldenLine
	Secrets bool
	URL     string
	PnP     string // what the PnP answer carries; "" when the maker knows none
}

type goldenLine struct {
	N                    int
	Number, Name, Secret string
}

func (g golden) phone() provision.Phone {
	p := provision.Phone{
		Site:    g.Site,
		Device:  provision.Device{ID: g.ID, MAC: g.MAC, Vendor: g.Vendor, Token: "t0ken"},
		Secrets: g.Secrets,
		URL:     g.URL,
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
	for i, want := range a.Files[1:] {
		f, err := set.Render(p, want.Name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := set.Render(p, want.Name); err != nil || string(again.Body) != string(f.Body) {
			t.Errorf("%s: a second rendering differs", want.Name)
		}
		for _, l := range p.Device.Lines {
			if holds := strings.Contains(string(f.Body), l.Secret); holds && !f.Secret {
				t.Errorf("%s holds a secret and does not say so", want.Name)
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

func inArchives(t *testing.T, id string, f file) bool {
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
			for _, re := range f.names {
				if re.MatchString(member.Name) {
					return true
				}
			}
		}
	}
	return false
}
