package hours

import (
	"encoding/json"
	"testing"

	"autocom/pbx/goldentest"
)

func body(h Hours) json.RawMessage {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err)
	}
	return b
}

func TestGolden(t *testing.T) {
	h := shop
	h.Phones = []string{"201"}
	f, err := Render(office(h))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Text(t, "testdata/extensions.conf.golden", f.Files["extensions.conf"])
}
