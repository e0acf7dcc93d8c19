//go:build lab

package recall_test

import (
	"context"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/group"
	"autocom/pbx/inbound"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// mobile is who calls from outside, and is called there.
const mobile = "677123456"

func office() pbx.Plan {
	plan := pbxtest.Plan("201", "202", "203")
	box := false
	pbxtest.Person(&plan, "aicha", "Aïcha", func(p *pbx.Person) { p.Voicemail = &box }, "201")
	pbxtest.Person(&plan, "bob", "Bob", func(p *pbx.Person) { p.Voicemail = &box; p.Class = pbx.RightMobile }, "202")
	pbxtest.Person(&plan, "carole", "Carole", func(p *pbx.Person) { p.Voicemail = &box }, "203")
	pbxtest.Trunk(&plan, "202")
	pbxtest.Put(&plan, group.Kind, "sales", "600", "Ventes", group.Group{Members: []string{"203"}, Strategy: group.All, Ring: 10})
	pbxtest.Put(&plan, inbound.Kind, "aicha", "", "Entrée", inbound.Inbound{Trunk: "line", DID: "222334455", To: pbx.Destination{Kind: pbx.ToNumber, ID: "201"}})
	return plan
}

// presses calls a code, waits for its words, and presses 1 when asked.
func presses(t *testing.T, w *pbxtest.World, from *phonesim.Agent, code string) *phonesim.Call {
	t.Helper()
	c, err := from.Call(w.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	c.Quiet()
	return c
}

func TestRecall(t *testing.T) {
	w := pbxtest.Open(t, office())
	a, b, c, world := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Outside(mobile)

	pbxtest.Scenario(t, "a phone calls the number that it called last", func(t *testing.T) {
		pbxtest.Rings(t, a, "202", b)
		pbxtest.Rings(t, a, "*66", b)
		pbxtest.Rings(t, a, "600", c)
		pbxtest.Rings(t, a, "*66", c)
		pbxtest.Rings(t, b, mobile, world)
		pbxtest.Rings(t, b, "*66", world)
	})

	back := func(t *testing.T, from, to *phonesim.Agent) {
		t.Helper()
		call := presses(t, w, from, "*69")
		ctx, cancel := context.WithTimeout(w.Context(), 40*time.Second)
		defer cancel()
		rang := make(chan error, 1)
		go func() {
			in, err := to.Ring(ctx)
			if err == nil {
				err = in.Decline(ctx, 486)
			}
			rang <- err
		}()
		for {
			call.Press(ctx, "1,,") // while the words are said it is lost, or it is asked for
			select {
			case err := <-rang:
				if err != nil {
					t.Error(err)
				}
				call.Hangup(context.WithoutCancel(ctx))
				return
			default:
			}
			if !call.Up() {
				t.Fatal("the call ended before it rang")
			}
		}
	}

	pbxtest.Scenario(t, "the last caller is told, and called back by pressing 1", func(t *testing.T) {
		pbxtest.Rings(t, b, "203", c)
		back(t, c, b)
		pbxtest.Rings(t, world, "222000000", b)
		back(t, b, world)
	})

	pbxtest.Scenario(t, "who may not call outside does not by calling back either", func(t *testing.T) {
		pbxtest.Rings(t, world, "222334455", a)
		call := presses(t, w, a, "*69")
		go func() {
			for call.Up() {
				call.Press(w.Context(), "1,,")
			}
		}()
		select {
		case <-call.Done():
		case <-time.After(60 * time.Second):
			t.Error("the call lasts")
		}
		pbxtest.Silent(t, world, 2*time.Second)
	})
}
