package speeddial

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
		object(Kind, "plumber", "", `{"digits":"01","dial":"0612345678"}`),
		object(Kind, "reception", "", `{"digits":"02","then":{"kind":"number","id":"201"}}`))
}

var refused = map[string]struct{ kind, body, says string }{
	"no digits":       {Kind, `{"dial":"0612345678"}`, "01 to 99"},
	"digits 00":       {Kind, `{"digits":"00","dial":"0612345678"}`, "01 to 99"},
	"nobody":          {Kind, `{"digits":"01"}`, "it calls nobody"},
	"two at once":     {Kind, `{"digits":"01","dial":"15","then":{"kind":"hangup"}}`, "one of them"},
	"an option":       {Kind, `{"digits":"01","dial":"0612,60,tT"}`, "2 to 20 digits"},
	"a variable":      {Kind, `{"digits":"01","dial":"${SHELL(id)}"}`, "2 to 20 digits"},
	"a lost room":     {Kind, `{"digits":"01","then":{"kind":"conference","id":"x"}}`, "does not exist"},
	"a code as digit": {Kind, `{"digits":"*1","dial":"15"}`, "01 to 99"},
}

func TestTwoNumbersOfOneKey(t *testing.T) {
	a, b := object(Kind, "a", "", `{"digits":"01","dial":"15"}`), object(Kind, "b", "", `{"digits":"01","dial":"18"}`)
	if _, err := Render(office(a, b)); err == nil || !strings.Contains(err.Error(), "already of a") {
		t.Error(err)
	}
}
