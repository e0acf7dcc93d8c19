package blacklist

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
