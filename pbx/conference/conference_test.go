package conference

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
		object(Kind, "board", "600", `{"pin":"4711","leader_pin":"0815","wait":true,"end":true,"announce":"names","music":"jazz","max":5,"record":true,"muted":true,"video":"sfu","language":"en"}`),
		object(Kind, "open", "", `{}`),
		object(pbx.KindMusic, "jazz", "", `{}`))
}

var refused = map[string]struct{ kind, body, says string }{
	"a short PIN":               {Kind, `{"pin":"123"}`, "conference one: pin: 4 to 10 digits"},
	"a PIN that is a line":      {Kind, `{"pin":"1234\nexten => s,1,Dial(x)"}`, "pin: 4 to 10 digits"},
	"a leader PIN of letters":   {Kind, `{"leader_pin":"12\"]?x"}`, "leader_pin: 4 to 10 digits"},
	"one PIN for all":           {Kind, `{"pin":"1234","leader_pin":"1234"}`, "everybody would lead"},
	"waiting for nobody":        {Kind, `{"wait":true}`, "give a leader_pin"},
	"ended by nobody":           {Kind, `{"end":true}`, "give a leader_pin"},
	"an unknown announcement":   {Kind, `{"announce":"loud"}`, "announce"},
	"too many people":           {Kind, `{"max":1000}`, "2 to 60 people"},
	"an unknown video":          {Kind, `{"video":"x\ny=z"}`, "video"},
	"a language nobody speaks":  {Kind, `{"language":"de"}`, "use fr or en"},
	"a music that is not there": {Kind, `{"music":"rock"}`, "music \"rock\" does not exist"},
	"a field of nobody":         {Kind, `{"pins":"1"}`, "there is no field"},
}

func TestAnErrorNeverShowsAPIN(t *testing.T) {
	for _, body := range []string{`{"pin":"98765432101"}`, `{"leader_pin":"98765432101"}`, `{"pin":"98765432","leader_pin":"98765432"}`} {
		if _, err := Render(office(object(Kind, "one", "", body))); err == nil || strings.Contains(err.Error(), "98765432") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
