package directory

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
		Language: "fr",
		Ghosts:   []string{"209"},
		Endpoints: []pbx.Endpoint{
			{ID: "a-1", Number: "201", Name: "Poste 201"}, {ID: "b-1", Number: "202", Name: "202"}, {ID: "c-1", Number: "203"},
			{ID: "d-1", Number: "204"}, {ID: "e-1", Number: "205"}, {ID: "f-1", Number: "206", Name: "x)\nexten => _.,1,Dial(PJSIP/x)"},
		},
		Objects: []pbx.Object{
			{Kind: pbx.KindPerson, ID: "emilie", Name: "Émilie Dupont", Body: body(pbx.Person{Numbers: []string{"203", "204"}})},
			{Kind: pbx.KindPerson, ID: "ly", Name: "Ly D'Œuvre", Body: body(pbx.Person{Numbers: []string{"205"}})},
			{Kind: pbx.KindPerson, ID: "secret", Name: "Agent Secret", Body: body(pbx.Person{Numbers: []string{"202"}, Hidden: true})},
			{Kind: pbx.KindPerson, ID: "away", Name: "Absent", Body: body(pbx.Person{Numbers: []string{"209"}})},
			{Kind: Kind, ID: "main", Number: "611", Body: body(Directory{Language: "en", Then: pbx.Destination{Kind: pbx.ToNumber, ID: "201"}})},
			{Kind: Kind, ID: "plain", Body: body(Directory{})},
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

// What is pressed for the names of the office: accents as their letters, short names as
// they are, who is hidden or has no phone not at all, a second number not either.
func TestWhatFindsWhom(t *testing.T) {
	want := []key{
		{"3", "205"},   // D'
		{"342", "206"}, // DIAL
		{"364", "203"}, // Émilie
		{"387", "203"}, // Dupont
		{"398", "206"}, // exten
		{"59", "205"},  // Ly
		{"638", "205"}, // Œuvre, as OE
		{"757", "206"}, // PJSIP
		{"767", "201"}, // Poste
		{"9", "206"},   // x
	}
	if d := cmp.Diff(want, keys(entries(office()))); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestWhatIsRefused(t *testing.T) {
	for says, d := range map[string]Directory{
		`directory bad: language "es": use fr or en`:          {Language: "es"},
		`directory bad: then: number "999" does not exist`:    {Then: pbx.Destination{Kind: pbx.ToNumber, ID: "999"}},
		`directory bad: then: a call cannot be sent to a "x"`: {Then: pbx.Destination{Kind: "x", ID: "y"}},
	} {
		plan := office()
		plan.Objects = append(plan.Objects, pbx.Object{Kind: Kind, ID: "bad", Body: body(d)})
		if _, err := Render(plan); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}
