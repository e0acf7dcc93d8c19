package speeddial

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
		goldentest.Object(Kind, "plumber", "", `{"digits":"01","dial":"0612345678"}`),
		goldentest.Object(Kind, "reception", "", `{"digits":"02","then":{"kind":"number","id":"201"}}`))
}

var refused = goldentest.Refusals{
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
	a, b := goldentest.Object(Kind, "a", "", `{"digits":"01","dial":"15"}`), goldentest.Object(Kind, "b", "", `{"digits":"01","dial":"18"}`)
	if _, err := Render(goldentest.Office(a, b)); err == nil || !strings.Contains(err.Error(), "already of a") {
		t.Error(err)
	}
}
