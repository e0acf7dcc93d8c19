package goldentest

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
)

// Office is a plan of three phones, 201 to 203, that speak French, with the objects given.
func Office(objects ...pbx.Object) pbx.Plan {
	p := pbx.Plan{Language: "fr", Country: "CM", Emergency: []string{"112", "117"}, Objects: objects}
	for _, n := range []string{"201", "202", "203"} {
		p.Endpoints = append(p.Endpoints, pbx.Endpoint{ID: "001565000" + n + "-1", Number: n, Name: "Poste " + n, Lang: "fr", Right: pbx.RightInternal})
	}
	return p
}

// Object is one of any kind, its body as JSON.
func Object(kind, id, number, body string) pbx.Object {
	return pbx.Object{Kind: kind, ID: id, Number: number, Name: "Nom", Body: json.RawMessage(body)}
}

// Render is what every feature has: a plan becomes its fragments.
type Render func(pbx.Plan) (pbx.Fragments, error)

// Example compares what a feature renders of a plan with testdata/example.golden.
func Example(t *testing.T, render Render, plan pbx.Plan) {
	t.Helper()
	f, err := render(plan)
	if err != nil {
		t.Fatal(err)
	}
	Fragments(t, "testdata/example.golden", f)
}

// Refusals are bodies a feature must not render, by what is wrong with them; Says is a part
// of the error.
type Refusals map[string]struct{ Kind, Body, Says string }

// Refused renders each body as the only object, one, of an Office.
func Refused(t *testing.T, render Render, refused Refusals) {
	t.Helper()
	for name, c := range refused {
		t.Run(name, func(t *testing.T) {
			_, err := render(Office(Object(c.Kind, "one", "", c.Body)))
			if err == nil || !strings.Contains(err.Error(), c.Says) {
				t.Errorf("%v, want %q", err, c.Says)
			}
		})
	}
}
