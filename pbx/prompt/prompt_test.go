package prompt

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func body(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func office() pbx.Plan {
	return pbx.Plan{
		Endpoints: []pbx.Endpoint{
			{ID: "a-1", Number: "201", Right: pbx.RightInternal}, {ID: "a-2", Number: "201", Right: pbx.RightGuest},
			{ID: "b-1", Number: "202", Right: pbx.RightInternal},
		},
		Objects: []pbx.Object{
			{Kind: pbx.KindPerson, ID: "boss", Body: body(pbx.Person{Numbers: []string{"201"}, Supervisor: true})},
			{Kind: pbx.KindPerson, ID: "bob", Body: body(pbx.Person{Numbers: []string{"202"}})},
			{Kind: Kind, ID: "welcome", Number: "901", Body: body(Prompt{Text: "Bienvenue"})},
			{Kind: Kind, ID: "night"},
		},
	}
}

func TestGolden(t *testing.T) {
	f, err := Render(office())
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Text(t, "testdata/extensions.conf.golden", f.Files["extensions.conf"])
}

func TestOnlySupervisorsMayRecord(t *testing.T) {
	f, err := Render(office())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string][]pbx.Setting{"a-1": {{Key: "set_var", Value: "AC_PROMPTER=1"}}}, f.Lines); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestAPromptWithoutEndIsRefused(t *testing.T) {
	plan := office()
	plan.Objects[2].Body = body(Prompt{Text: strings.Repeat("a", maxText+1)})
	if _, err := Render(plan); err == nil || err.Error() != "prompt welcome: its text has 2001 bytes: 2000 at most" {
		t.Error(err)
	}
}

// What an event says comes from the dialplan, but whoever can write to the manager can
// send one: it names no file outside.
func TestSlotNamesOnlyPrompts(t *testing.T) {
	for _, c := range []struct{ id, language, slot, file string }{
		{"welcome", "fr", "1", "phone/welcome-fr-1.wav16"},
		{"welcome", "en", "2", "phone/welcome-en-2.wav16"},
		{"gone", "fr", "1", ""},
		{"../welcome", "fr", "1", ""},
		{"welcome", "../fr", "1", ""},
		{"welcome", "fr", "../1", ""},
		{"welcome", "", "1", ""},
		{"welcome", "fr", "3", ""},
	} {
		if got, err := Slot(office(), c.id, c.language, c.slot); got != c.file || (err == nil) != (c.file != "") {
			t.Errorf("%v: %q, %v", c, got, err)
		}
	}
}
