package waiting

import (
	"encoding/json"
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

func example() pbx.Plan {
	return office(object(pbx.KindPerson, "aicha", "", `{"numbers":["201"],"no_waiting":true}`))
}
