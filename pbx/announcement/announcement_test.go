package announcement

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func office(as ...Announcement) pbx.Plan {
	plan := pbx.Plan{
		Endpoints: []pbx.Endpoint{{ID: "a-1", Number: "201"}},
		Objects:   []pbx.Object{{Kind: pbx.KindPrompt, ID: "closed"}},
	}
	for i, a := range as {
		b, err := json.Marshal(a)
		if err != nil {
			panic(err)
		}
		plan.Objects = append(plan.Objects, pbx.Object{Kind: Kind, ID: string(rune('a' + i)), Number: "60" + string(rune('0'+i)), Body: b})
	}
	return plan
}

func TestGolden(t *testing.T) {
	f, err := Render(office(Announcement{Prompt: "closed"},
		Announcement{Prompt: "closed", Language: "en", Free: true, Then: pbx.Destination{Kind: pbx.ToNumber, ID: "201"}}))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Text(t, "testdata/extensions.conf.golden", f.Files["extensions.conf"])
}

func TestWhatIsRefused(t *testing.T) {
	for says, a := range map[string]Announcement{
		"announcement a: it has no prompt: choose the one to be played": {},
		`announcement a: prompt "../x" does not exist`:                  {Prompt: "../x"},
		`announcement a: language "de": use fr or en`:                   {Prompt: "closed", Language: "de"},
		"announcement a: then: menu gone does not exist":                {Prompt: "closed", Then: pbx.Destination{Kind: "menu", ID: "gone"}},
	} {
		if _, err := Render(office(a)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}
