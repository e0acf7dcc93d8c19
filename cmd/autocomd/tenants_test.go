package main

import (
	"testing"

	"autocom/pbx"
)

// Who keeps what a number has, and who starts with nothing.
func TestTenants(t *testing.T) {
	person := pbx.Object{Kind: pbx.KindPerson, ID: "ann", Name: "Ann", Body: []byte(`{"numbers":["201"]}`)}
	const one, two = "0015654aa937", "001565000002"
	for _, c := range []struct {
		says    string
		marker  string
		device  string // "" no phone has it
		objects []pbx.Object
		now     string // "" nothing is written
		wipe    bool
	}{
		{says: "new, or the marker is lost", device: one, now: one},
		{says: "as it was", marker: one, device: one},
		{says: "replaced in one plan", marker: one, device: two, now: two},
		{says: "released", marker: one, now: one + goneMark},
		{says: "released long ago", marker: one + goneMark},
		{says: "given to another", marker: one + goneMark, device: two, now: two, wipe: true},
		{says: "given back", marker: one + goneMark, device: one, now: one},
		{says: "a person's", marker: one + goneMark, device: two, objects: []pbx.Object{person}, now: two},
	} {
		t.Run(c.says, func(t *testing.T) {
			markers := map[string]tenant{}
			if c.marker != "" {
				markers["201"] = parseTenant(c.marker)
			}
			plan := pbx.Plan{Objects: c.objects}
			if c.device != "" {
				plan.Endpoints = []pbx.Endpoint{{ID: c.device + "-1", Number: "201", Right: pbx.RightInternal}}
			}
			got := changes(plan, markers)
			if c.now == "" {
				if len(got) != 0 {
					t.Errorf("%v for nothing", got)
				}
				return
			}
			if len(got) != 1 || got[0].number != "201" || got[0].now.String() != c.now || got[0].wipe != c.wipe {
				t.Errorf("%v, want %q, wipe %v", got, c.now, c.wipe)
			}
		})
	}
}
