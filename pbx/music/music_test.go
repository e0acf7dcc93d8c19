package music

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

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
	goldentest.Fragments(t, "testdata/example.golden", f)
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
