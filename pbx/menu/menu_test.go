package menu

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

// main is a menu that uses everything.
func main() Menu {
	return Menu{
		Prompt: "welcome", Direct: true, Digits: 3, Wait: 5, Tries: 3, Language: "fr",
		Keys: map[string]pbx.Destination{
			"1": {Kind: pbx.ToNumber, ID: "201"}, "#": {Kind: Kind, ID: "other"}, "*": {Kind: "outside", ID: "boss"}, "0": {Kind: pbx.ToHangup},
		},
		Silent: pbx.Destination{Kind: pbx.ToNumber, ID: "201"},
	}
}

func office(m Menu) pbx.Plan {
	return pbx.Plan{
		Endpoints: []pbx.Endpoint{{ID: "a-1", Number: "201"}, {ID: "b-1", Number: "202"}},
		Objects: []pbx.Object{
			{Kind: pbx.KindPrompt, ID: "welcome", Number: "901"},
			{Kind: Kind, ID: "main", Number: "600", Body: body(m)},
			{Kind: Kind, ID: "other", Body: body(Menu{Keys: map[string]pbx.Destination{"1": {Kind: pbx.ToHangup}}, Digits: 1, Wait: 1, Tries: 1})},
			{Kind: "queue", ID: "sales", Number: "610"},
			{Kind: "conference", ID: "room", Number: "620"},
			{Kind: "paging", ID: "all", Number: "630"},
			{Kind: "outside", ID: "boss", Number: "640"},
		},
	}
}

func TestGolden(t *testing.T) {
	f, err := Render(office(main()))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Text(t, "testdata/extensions.conf.golden", f.Files["extensions.conf"])
}

// What a stranger may dial in a menu is a list of exact numbers, none of which leads out of
// the house by itself or into a room.
func TestWhatCanBeDialledInAMenu(t *testing.T) {
	var got []string
	for _, n := range numbers(office(main())) {
		got = append(got, n.Digits)
	}
	if d := cmp.Diff([]string{"201", "202", "600", "610"}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Menu)
		says string
	}{
		{"no key", func(m *Menu) { m.Keys, m.Direct = nil, false }, "menu main: no key leads anywhere"},
		{"a key that no phone has", func(m *Menu) { m.Keys["12"] = pbx.Destination{Kind: pbx.ToHangup} }, `key "12": use 0 to 9, * or #`},
		{"an injected key", func(m *Menu) { m.Keys["_X.,1,Dial(PJSIP/x)\n"] = pbx.Destination{Kind: pbx.ToHangup} }, "use 0 to 9, * or #"},
		{"a key to nowhere", func(m *Menu) { m.Keys["1"] = pbx.Destination{Kind: "queue", ID: "gone"} }, "key 1: queue gone does not exist"},
		{"a key of no destination", func(m *Menu) { m.Keys["1"] = pbx.Destination{} }, "key 1: no destination is chosen"},
		{"a key to a context", func(m *Menu) { m.Keys["1"] = pbx.Destination{Kind: "out", ID: "international"} }, `a call cannot be sent to a "out"`},
		{"a greeting of nobody", func(m *Menu) { m.Prompt = "gone" }, `prompt "gone" does not exist`},
		{"a greeting of another place", func(m *Menu) { m.Prompt = "../../etc/passwd" }, "does not exist"},
		{"a language without prompts", func(m *Menu) { m.Language = "de" }, `language "de": use fr or en`},
		{"no patience", func(m *Menu) { m.Wait = 0 }, "wait 0: 1 to 60 seconds"},
		{"too much patience", func(m *Menu) { m.Digits = 60 }, "digits 60: 1 to 10 seconds"},
		{"for ever", func(m *Menu) { m.Tries = 1000 }, "tries 1000: 1 to 10"},
		{"silence to nowhere", func(m *Menu) { m.Silent.ID = "999" }, `silent: number "999" does not exist`},
		{"wrong keys to nowhere", func(m *Menu) { m.Invalid = pbx.Destination{Kind: Kind, ID: "gone"} }, "invalid: menu gone does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := main()
			c.edit(&m)
			if _, err := Render(office(m)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
