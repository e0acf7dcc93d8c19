package main

import (
	"testing"

	asteriskconf "autocom/asterisk-conf"
	"autocom/office"
)

// A body that names an emergency number as if it were an extension spoils nothing.
func TestNamingAnEmergencyNumberSpoilsNothing(t *testing.T) {
	d := whole(t, nil)
	settle(t, d, 3)
	for _, body := range []string{`{"note":"112"}`, `{"numbers":["112","911"]}`, `{"note":["701","17","999","000","8888","*97","97"]}`} {
		_, err := d.office.Apply(t.Context(), office.PutObject{Object: thing("settings", "room", "", body), By: "admin"})
		if _, left, bad := asteriskconf.RenderSound(d.exchange.plan()); bad != nil || len(left) > 0 {
			t.Errorf("%s, which was taken (%v): %v, left out %v", body, err, bad, left)
		}
	}
}
