//go:build lab

package waiting_test

import (
	"context"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/group"
	"autocom/pbx/pbxtest"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func TestCallWaiting(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204")
	box := false
	for id, number := range map[string]string{"aicha": "201", "bob": "202", "awa": "204"} {
		pbxtest.Person(&plan, id, id, func(p *pbx.Person) { p.Voicemail = &box }, number)
	}
	pbxtest.Person(&plan, "carole", "Carole", func(p *pbx.Person) { p.Voicemail = &box; p.NoWaiting = true }, "203")
	pbxtest.Put(&plan, group.Kind, "sales", "600", "Ventes", group.Group{Members: []string{"203", "204"}, Strategy: group.All, Ring: 10})
	w := pbxtest.Open(t, plan)
	for _, n := range []string{"201", "202", "203", "204"} {
		w.Agent(n)
	}
	// busy lets 201 talk to a number.
	busy := func(t *testing.T, number string) (end func()) {
		t.Helper()
		o, err := w.Agent("201").Dial(w.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		in, err := w.Agent(number).Ring(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Answer(w.Context()); err != nil {
			t.Fatal(err)
		}
		c, err := o.Wait(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			c.Hangup(context.WithoutCancel(w.Context()))
			<-in.Gone()
		}
	}

	pbxtest.Scenario(t, "a second call rings at who is on the phone", func(t *testing.T) {
		defer busy(t, "204")()
		pbxtest.Rings(t, w.Agent("202"), "204", w.Agent("204"))
	})

	pbxtest.Scenario(t, "who wants no second call is busy for it, also as member of a group", func(t *testing.T) {
		pbxtest.Rings(t, w.Agent("202"), "203", w.Agent("203"))
		end := busy(t, "203")
		pbxtest.Refuses(t, w.Agent("202"), "203", 486)
		pbxtest.Rings(t, w.Agent("202"), "600", w.Agent("204"))
		pbxtest.Silent(t, w.Agent("203"), 300*time.Millisecond)
		end()
		pbxtest.Rings(t, w.Agent("202"), "203", w.Agent("203"))
	})
}
