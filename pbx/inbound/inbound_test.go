package inbound

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func plan(bodies ...string) pbx.Plan {
	p := pbx.Plan{Language: "fr", Country: "FR", Objects: []pbx.Object{{Kind: "trunk", ID: "t", Body: json.RawMessage(`{}`)}, {Kind: "trunk", ID: "quiet", Body: json.RawMessage(`{}`)}},
		Endpoints: []pbx.Endpoint{{ID: "001565000001-1", Number: "201"}, {ID: "001565000002-1", Number: "202"}}}
	for i, b := range bodies {
		p.Objects = append(p.Objects, pbx.Object{Kind: Kind, ID: string(rune('a' + i)), Body: json.RawMessage(b)})
	}
	return p
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	const to = `,"to":{"kind":"number","id":"201"}}`
	for _, c := range []struct {
		says   string
		bodies []string
	}{
		{`trunk "u" does not exist`, []string{`{"trunk":"u"` + to}},
		{"did", []string{`{"trunk":"t","did":"_X."` + to}},
		{"did", []string{`{"trunk":"t","did":"012,1,System(x)"` + to}},
		{"caller", []string{`{"trunk":"t","caller":"x\"]"` + to}},
		{"language", []string{`{"trunk":"t","language":"de"` + to}},
		{"prefix", []string{`{"trunk":"t","prefix":"${SHELL(x)}"` + to}},
		{"no destination is chosen", []string{`{"trunk":"t"}`}},
		{`number "999" does not exist`, []string{`{"trunk":"t","to":{"kind":"number","id":"999"}}`}},
		{"inbound a takes the same calls already", []string{`{"trunk":"t","did":"+33145678901"` + to, `{"trunk":"t","did":"01 45 67 89 01"` + to}},
	} {
		if _, err := Render(plan(c.bodies...)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.bodies, err, c.says)
		}
	}
}

func TestGolden(t *testing.T) {
	f, err := Render(plan(
		`{"trunk":"t","did":"01 45 67 89 01","to":{"kind":"number","id":"201"},"prefix":"Vente","language":"en"}`,
		`{"trunk":"t","did":"+33145678901","caller":"+41","to":{"kind":"voicemail","id":"202"}}`,
		`{"trunk":"t","did":"+33145678902","caller":"0612345678","to":{"kind":"hangup"}}`,
		`{"trunk":"quiet","to":{"kind":"number","id":"202"}}`))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Text(t, "testdata/example.golden", f.Files["extensions.conf"])
}
