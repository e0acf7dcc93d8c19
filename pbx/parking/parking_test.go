package parking

import (
	"strings"
	"testing"

	"autocom/pbx"
)

func TestSlotsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		set  Parking
		says []string
	}{
		{"a number of the house", Parking{First: 199, Last: 210, Seconds: 60}, []string{"201", "Poste 201"}},
		{"a code", Parking{First: 700, Last: 710, Seconds: 60}, []string{"700", "park"}},
		{"an emergency number", Parking{First: 111, Last: 115, Seconds: 60}, []string{"112"}},
		{"too many", Parking{First: 3000, Last: 3999, Seconds: 60}, []string{"100 at most"}},
		{"the wrong way round", Parking{First: 720, Last: 701, Seconds: 60}, []string{"the lower first"}},
		{"an injection", Parking{First: 701, Last: 702, Seconds: 60, Prefix: "x)\n[evil]"}, []string{"prefix"}},
	} {
		p := pbx.Plan{Emergency: []string{"112"}, Endpoints: []pbx.Endpoint{{ID: "a-1", Number: "201", Name: "Poste 201"}}}
		err := c.set.Validate(p)
		for _, word := range c.says {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v does not say %q", c.name, err, word)
			}
		}
	}
}

// Phones had those numbers before there were slots: an update moves no phone.
func TestSlotsWherePhonesAre(t *testing.T) {
	plan := pbx.Plan{Endpoints: []pbx.Endpoint{{ID: "a-1", Number: "705"}, {ID: "b-1", Number: "801"}}}
	p, err := Of(plan)
	if err != nil || p.First != 901 || p.Last != 920 {
		t.Errorf("slots %d to %d, %v", p.First, p.Last, err)
	}
	if _, err := Render(plan); err != nil {
		t.Error(err)
	}
}
