package record

import (
	"path/filepath"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func plan(settings string, objects ...pbx.Object) pbx.Plan {
	p := pbx.Plan{
		Name: "Bureau", Language: "fr", Country: "CM", Objects: objects,
		Endpoints: []pbx.Endpoint{
			{ID: "001565000001-1", Number: "201", Name: "Awa", Right: pbx.RightInternal},
			{ID: "001565000002-1", Number: "202", Name: "Bob", Right: pbx.RightInternal},
			{ID: "001565000003-1", Right: pbx.RightGuest},
		},
	}
	if settings != "" {
		p.Objects = append(p.Objects, pbx.Object{Kind: pbx.KindSettings, ID: Kind, Body: []byte(settings)})
	}
	return p
}

func TestWhatIsRendered(t *testing.T) {
	bob := pbx.Object{Kind: pbx.KindPerson, ID: "bob", Name: "Bob", Body: []byte(`{"numbers":["202"],"record":"outside"}`)}
	for name, p := range map[string]pbx.Plan{
		"usual": plan("", bob),
		"quiet": plan(`{"announce":false,"demand":false,"format":"small"}`),
	} {
		got, err := Render(p)
		if err != nil {
			t.Fatal(err)
		}
		text := got.Files["extensions.conf"] + "\n# features.conf\n" + got.Files["features.conf"]
		for _, id := range []string{"001565000001-1", "001565000003-1"} {
			for _, s := range got.Lines[id] {
				text += "\n# " + id + ": " + s.Key + " = " + s.Value
			}
		}
		goldentest.Text(t, filepath.Join("testdata", name+".golden"), text)
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	for body, says := range map[string]string{
		`{"format":"mp3"}`:             "use wav or small",
		`{"days":-1}`:                  "1 to 3650",
		`{"max_mb":-5}`:                "max_mb -5",
		`{"min_free_mb":99999999}`:     "min_free_mb",
		`{"sound":"beep)\nSystem(id"}`: "name of one of Asterisk's sounds",
		`{"keep":3}`:                   `no field "keep"`,
	} {
		if _, err := Render(plan(body)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", body, err, says)
		}
	}
}
