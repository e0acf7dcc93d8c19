package blacklist

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
		object(Kind, "robots", "", `{"numbers":["+33899123456","0033162*","0612345678"],"anonymous":true}`),
		object(Kind, "again", "", `{"numbers":["33899123456"]}`),
		object(pbx.KindSettings, "blacklist", "", `{"answer":"prompt"}`),
		object(pbx.KindPerson, "aicha", "", `{"numbers":["201"],"supervisor":true}`))
}

var refused = map[string]struct{ kind, body, says string }{
	"everybody":           {Kind, `{"numbers":["*"]}`, "3 to 20 digits"},
	"a pattern":           {Kind, `{"numbers":["_X."]}`, "3 to 20 digits"},
	"a line":              {Kind, `{"numbers":["0612\n345678"]}`, "3 to 20 digits"},
	"an emergency number": {Kind, `{"numbers":["117"]}`, "they call back"},
}

func TestAnUnknownAnswer(t *testing.T) {
	if _, err := Render(office(object(pbx.KindSettings, "blacklist", "", `{"answer":"shout"}`))); err == nil || !strings.Contains(err.Error(), "use busy or prompt") {
		t.Error(err)
	}
}
