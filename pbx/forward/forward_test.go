package forward

import (
	"encoding/json"
	"strings"
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

// What people write of follow-me stands in the dialplan only in its strict form.
func TestFollowMeIsRefused(t *testing.T) {
	for body, says := range map[string]string{
		`{"numbers":["201"],"follow":{"numbers":["202,60,tT"]}}`:                   "2 to 18 digits",
		`{"numbers":["201"],"follow":{"numbers":["202)\n[evil]"]}}`:                "2 to 18 digits",
		`{"numbers":["201"],"follow":{"numbers":["202","202"]}}`:                   "there twice",
		`{"numbers":["201"],"follow":{"numbers":["21","22","23","24","25","26"]}}`: "5 at most",
		`{"numbers":["201"],"follow":{"numbers":["202"],"ring":3}}`:                "5 to 120",
		`{"numbers":["201"],"follow":{"numbers":["202"],"after":-1}}`:              "0 to 60",
		`{"numbers":["201"],"follow":{"numbers":["201"]}}`:                         "their own number",
	} {
		plan := office()
		plan.Objects[0].Body = json.RawMessage(body)
		err := plan.CheckPeople()
		if err == nil {
			_, err = Render(plan)
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", body, err, says)
		}
	}
}
