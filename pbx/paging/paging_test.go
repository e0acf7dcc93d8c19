package paging

import (
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
		goldentest.Object(Kind, "floor", "700", `{"members":["201","202"]}`),
		goldentest.Object(Kind, "gate", "", `{"members":["203"],"duplex":true}`))
}

var refused = goldentest.Refusals{
	"nobody":             {Kind, `{}`, "paging one: it has no members"},
	"a stranger":         {Kind, `{"members":["299"]}`, "no such extension"},
	"somebody twice":     {Kind, `{"members":["201","201"]}`, "there twice"},
	"a line in a number": {Kind, `{"members":["201\n"]}`, "no such extension"},
}
