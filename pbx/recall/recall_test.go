package recall

import (
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func TestGolden(t *testing.T) {
	goldentest.Example(t, Render, example())
}

func example() pbx.Plan {
	return goldentest.Office(goldentest.Object(pbx.KindSettings, "codes", "", `{"redial":["*66=","#9="]}`))
}
