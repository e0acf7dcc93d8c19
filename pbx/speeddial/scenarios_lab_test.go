//go:build lab

package speeddial_test

import (
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/speeddial"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func TestShortNumbers(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203")
	box := false
	pbxtest.Person(&plan, "aicha", "Aïcha", func(p *pbx.Person) { p.Voicemail = &box }, "201")
	pbxtest.Person(&plan, "bob", "Bob", func(p *pbx.Person) { p.Voicemail = &box; p.Class = pbx.RightMobile }, "202")
	pbxtest.Person(&plan, "carole", "Carole", func(p *pbx.Person) { p.Voicemail = &box }, "203")
	pbxtest.Trunk(&plan, "201")
	pbxtest.Put(&plan, speeddial.Kind, "plumber", "", "Plombier", speeddial.SpeedDial{Digits: "01", Dial: "677123456"})
	pbxtest.Put(&plan, speeddial.Kind, "carole", "", "Carole", speeddial.SpeedDial{Digits: "02", Dial: "203"})
	pbxtest.Put(&plan, speeddial.Kind, "desk", "", "Accueil", speeddial.SpeedDial{Digits: "03", Then: pbx.Destination{Kind: pbx.ToNumber, ID: "203"}})
	pbxtest.Put(&plan, speeddial.Kind, "lost", "", "Perdu", speeddial.SpeedDial{Digits: "04", Dial: "298"})
	w := pbxtest.Open(t, plan)
	a, b, c, world := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Outside("677123456")

	pbxtest.Scenario(t, "a short number calls what its owner has stored", func(t *testing.T) {
		pbxtest.Rings(t, a, "*002", c)
		pbxtest.Rings(t, a, "*003", c)
		pbxtest.Rings(t, b, "*001", world)
		pbxtest.Refuses(t, a, "*004", 404)
		pbxtest.Refuses(t, a, "*005", 404)
	})

	pbxtest.Scenario(t, "a short number lends nobody a right to call outside", func(t *testing.T) {
		for _, number := range []string{"677123456", "*001"} {
			if call, err := a.Call(w.Context(), number); err == nil { // it is said, or refused
				select {
				case <-call.Done():
				case <-time.After(20 * time.Second):
					t.Errorf("%s: the call lasts", number)
				}
			}
			pbxtest.Silent(t, world, time.Second)
		}
	})
}
