package music

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden file again")

// office is a plan of three phones with the objects given.
func office(objects ...pbx.Object) pbx.Plan {
	p := pbx.Plan{Language: "fr", Country: "CM", Emergency: []string{"112", "117"}, Objects: objects}
	for _, n := range []string{"201", "202", "203"} {
		p.Endpoints = append(p.Endpoints, pbx.Endpoint{ID: "001565000" + n + "-1", Number: n, Name: "Poste " + n, Lang: "fr", Right: pbx.RightInternal})
	}
	return p
}

// object is one of any kind, its body as JSON.
func object(kind, id, number, body string) pbx.Object {
	return pbx.Object{Kind: kind, ID: id, Number: number, Name: "Nom", Body: json.RawMessage(body)}
}

func TestGolden(t *testing.T) {
	f, err := Render(example())
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(f.Files)) {
		got.WriteString("-- " + name + " --\n" + f.Files[name])
	}
	for _, id := range slices.Sorted(maps.Keys(f.Lines)) {
		for _, s := range f.Lines[id] {
			got.WriteString("-- line " + id + " --\n" + s.Key + " = " + s.Value + "\n")
		}
	}
	if *update {
		if err := os.WriteFile("testdata/example.golden", got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/example.golden")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range refused {
		t.Run(name, func(t *testing.T) {
			_, err := Render(office(object(c.kind, "one", "", c.body)))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

func example() pbx.Plan {
	return office(
		object(Kind, "jazz", "", `{"files":["blue-train","so_what"],"order":"name"}`),
		object(Kind, "empty", "", `{}`),
		object(pbx.KindSettings, "music", "", `{"default":"jazz"}`),
		object(pbx.KindPerson, "aicha", "", `{"numbers":["201"],"music":"jazz"}`),
		object(pbx.KindPerson, "bob", "", `{"numbers":["202"]}`))
}

var refused = map[string]struct{ kind, body, says string }{
	"a path":                   {Kind, `{"files":["../../etc/passwd"]}`, "small letters"},
	"a line in a name":         {Kind, `{"files":["a\nmode=custom"]}`, "small letters"},
	"a file twice":             {Kind, `{"files":["a","a"]}`, "there twice"},
	"an unknown order":         {Kind, `{"order":"loud"}`, "order"},
	"a person without a music": {pbx.KindPerson, `{"numbers":["201"],"music":"rock"}`, "person one: music \"rock\" does not exist"},
}

func TestTheSiteChoosesWhatIsThere(t *testing.T) {
	if _, err := Render(office(object(pbx.KindSettings, "music", "", `{"default":"rock"}`))); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Error(err)
	}
	if _, err := Render(office(object(Kind, "default", "", `{}`))); err == nil || !strings.Contains(err.Error(), "built-in") {
		t.Error(err)
	}
}
