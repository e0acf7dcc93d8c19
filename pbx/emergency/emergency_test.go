package emergency

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func plan(settings string) pbx.Plan {
	p := pbx.Plan{Language: "fr", Country: "CM", Emergency: []string{"112", "17"},
		Endpoints: []pbx.Endpoint{{ID: "001565000001-1", Number: "201"}, {ID: "001565000002-1", Number: "202"}}}
	for id, body := range map[string]string{"a": `{"server":"x.example"}`, "b": `{"preset":"goip"}`, "c": `{"no_emergency":true}`, "d": `{"off":true}`} {
		p.Objects = append(p.Objects, pbx.Object{Kind: pbx.KindTrunk, ID: id, Body: json.RawMessage(body)})
	}
	p.Objects = append(p.Objects, pbx.Object{Kind: pbx.KindSettings, ID: "outside", Body: json.RawMessage(`{"prefix":"9"}`)})
	if settings != "" {
		p.Objects = append(p.Objects, pbx.Object{Kind: pbx.KindSettings, ID: "emergency", Body: json.RawMessage(settings)})
	}
	return p
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	for body, says := range map[string]string{
		`{"members":["999"]}`: `number "999" does not exist`,
		`{"trunks":["x"]}`:    `trunk "x" does not exist`,
		`{"wrong":1}`:         "there is no field",
	} {
		if _, err := Render(plan(body)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", body, err, says)
		}
	}
	p := plan("")
	p.Emergency = []string{"1,2"}
	if _, err := Render(p); err == nil {
		t.Error("an emergency number with a comma")
	}
}

// A trunk that somebody has named first is tried first, and the others after it.
func TestOrderOfTrunks(t *testing.T) {
	for settings, want := range map[string]string{"": "b a", `{"trunks":["a"]}`: "a b", `{"trunks":["c"]}`: "c b a"} {
		p := plan(settings)
		var s Settings
		if o, ok := p.Object(pbx.KindSettings, "emergency"); ok {
			if err := pbx.Decode(o, &s); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.trunks(p)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %q %v, want %q", settings, got, err, want)
		}
	}
}

func TestGolden(t *testing.T) {
	f, err := Render(plan(`{"members":["202"]}`))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Text(t, "testdata/example.golden", f.Files["extensions.conf"])
}
