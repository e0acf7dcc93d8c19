package pickup

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
)

var update = flag.Bool("update", false, "write the golden file again")

// office is a person with two phones who has chosen much, and one who has chosen nothing.
func office() pbx.Plan {
	return pbx.Plan{Language: "fr", Country: "CM", Emergency: []string{"112"},
		Endpoints: []pbx.Endpoint{
			{ID: "001565000201-1", Number: "201", Name: "Poste 201", Lang: "fr", Right: pbx.RightInternal},
			{ID: "001565000202-1", Number: "202", Name: "Poste 202", Lang: "fr", Right: pbx.RightInternal},
			{ID: "001565000203-1", Lang: "fr", Right: pbx.RightGuest},
			{ID: "soft-7f3a-1", Number: "201", Name: "Poste 201", Lang: "fr", Right: pbx.RightInternal},
		},
		Objects: []pbx.Object{{Kind: pbx.KindPerson, ID: "aicha", Name: "Aïcha", Body: json.RawMessage(
			`{"numbers":["201"],"language":"en","class":"mobile","forward":"international","pickup":["sales","shop"],"follow":{"numbers":["202","677123456"],"after":5,"confirm":true}}`)}},
	}
}

func TestGolden(t *testing.T) {
	f, err := Render(office())
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
