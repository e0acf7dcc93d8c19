package conference

import (
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func TestGolden(t *testing.T) {
	goldentest.Example(t, Render, example())
}

func TestRefused(t *testing.T) {
	goldentest.Refused(t, Render, refused)
}

func example() pbx.Plan {
	return goldentest.Office(
		goldentest.Object(Kind, "board", "600", `{"pin":"4711","leader_pin":"0815","wait":true,"end":true,"announce":"names","music":"jazz","max":5,"record":true,"muted":true,"video":"sfu","language":"en"}`),
		goldentest.Object(Kind, "open", "", `{}`),
		goldentest.Object(pbx.KindMusic, "jazz", "", `{}`))
}

var refused = goldentest.Refusals{
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
		if _, err := Render(goldentest.Office(goldentest.Object(Kind, "one", "", body))); err == nil || strings.Contains(err.Error(), "98765432") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
