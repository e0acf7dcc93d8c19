package blacklist

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
		goldentest.Object(Kind, "robots", "", `{"numbers":["+33899123456","0033162*","0612345678"],"anonymous":true}`),
		goldentest.Object(Kind, "again", "", `{"numbers":["33899123456"]}`),
		goldentest.Object(pbx.KindSettings, "blacklist", "", `{"answer":"prompt"}`),
		goldentest.Object(pbx.KindPerson, "aicha", "", `{"numbers":["201"],"supervisor":true}`))
}

var refused = goldentest.Refusals{
	"everybody":           {Kind, `{"numbers":["*"]}`, "3 to 20 digits"},
	"a pattern":           {Kind, `{"numbers":["_X."]}`, "3 to 20 digits"},
	"a line":              {Kind, `{"numbers":["0612\n345678"]}`, "3 to 20 digits"},
	"an emergency number": {Kind, `{"numbers":["117"]}`, "they call back"},
}

func TestAnUnknownAnswer(t *testing.T) {
	if _, err := Render(goldentest.Office(goldentest.Object(pbx.KindSettings, "blacklist", "", `{"answer":"shout"}`))); err == nil || !strings.Contains(err.Error(), "use busy or prompt") {
		t.Error(err)
	}
}
