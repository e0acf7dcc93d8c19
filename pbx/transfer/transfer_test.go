package transfer

import (
	"encoding/json"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

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
	goldentest.Fragments(t, "testdata/example.golden", f)
}
