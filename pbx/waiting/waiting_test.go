package waiting

import (
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func TestGolden(t *testing.T) {
	goldentest.Example(t, Render, example())
}

func example() pbx.Plan {
	return goldentest.Office(goldentest.Object(pbx.KindPerson, "aicha", "", `{"numbers":["201"],"no_waiting":true}`))
}
