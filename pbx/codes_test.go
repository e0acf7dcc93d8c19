package pbx

import (
	"encoding/json"
	"strings"
	"testing"
)

func withCodes(t *testing.T, changes map[string][]string) Plan {
	t.Helper()
	body, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	return Plan{
		Emergency: []string{"112", "15"},
		Endpoints: []Endpoint{{ID: "a-1", Number: "201", Name: "Aïcha"}},
		Objects: []Object{
			{Kind: KindSettings, ID: "codes", Body: body},
			{Kind: "queue", ID: "sales", Number: "600"},
		},
	}
}

func TestCodesAsTheyCome(t *testing.T) {
	if err := (Plan{}).CheckCodes(); err != nil {
		t.Error(err)
	}
}

func TestCodesThatAreMistaken(t *testing.T) {
	cases := []struct {
		name    string
		changes map[string][]string
		says    []string // all of them; none: it is right
	}{
		{"one's own code", map[string][]string{"echo": {"*44="}}, nil},
		{"the same code alone", map[string][]string{"echo": {"*20="}}, []string{"*20", "echo", "forward-off"}},
		{"alone here, with a number there", map[string][]string{"echo": {"*80="}}, nil},
		{"the same code with a number", map[string][]string{"day-night": {"*80+"}}, []string{"day-night", "intercom"}},
		{"a code that continues another", map[string][]string{"echo": {"*2134="}}, []string{"*21", "forward-always", "*2134"}},
		{"too short to be a number that follows", map[string][]string{"echo": {"*219="}}, nil},
		{"in a call", map[string][]string{"transfer": {"#"}}, []string{"blind-transfer", "transfer"}},
		{"in a call and before it", map[string][]string{"transfer": {"*98"}}, nil},
		{"a number of the house", map[string][]string{"park": {"201="}}, []string{"park", "201", "Aïcha"}},
		{"a queue's number", map[string][]string{"park": {"600="}}, []string{"park", "600", "queue sales"}},
		{"a short number of the house", map[string][]string{"speed-dial": {"2+"}}, []string{"speed-dial", "201"}},
		{"short numbers have two digits", map[string][]string{"speed-dial": {"20+"}}, nil},
		{"a code and one more digit than it, with two more", map[string][]string{"setup-code": {"*09="}}, nil},
		{"a short number of two digits", map[string][]string{"setup-code": {"*045="}}, []string{"setup-code", "*045", "speed-dial"}},
		{"beside the code of a waiting phone", map[string][]string{"setup-code": {"*01="}}, nil},
		{"an emergency number", map[string][]string{"park": {"112="}}, []string{"park", "112"}},
		{"letters", map[string][]string{"echo": {"*4x="}}, []string{"echo", "*4x"}},
		{"an injection", map[string][]string{"echo": {"*4\n[x]="}}, []string{"echo"}},
		{"# before a number", map[string][]string{"dnd": {"#21="}}, []string{"dnd", "#"}},
		{"no such function", map[string][]string{"coffee": {"*99="}}, []string{"coffee"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := withCodes(t, c.changes).CheckCodes()
			if (err != nil) != (len(c.says) > 0) {
				t.Fatal(err)
			}
			for _, word := range c.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}
