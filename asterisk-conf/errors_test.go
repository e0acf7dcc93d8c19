package asteriskconf

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
)

// What an administrator reads names the object, and names it once.
func TestAnErrorNamesItsObjectOnce(t *testing.T) {
	for _, f := range features {
		for what, body := range map[string]string{"unknown field": `{"nonsense":1}`, "number for a text": `{"language":5}`, "empty": `{}`} {
			plan := small()
			plan.Objects = append(plan.Objects, pbx.Object{Kind: f.name, ID: "front", Body: json.RawMessage(body)})
			_, err := Render(plan)
			if name := f.name + " front"; err != nil && strings.Count(err.Error(), name) > 1 {
				t.Errorf("%s, %s: %v", f.name, what, err)
			}
		}
	}
}
