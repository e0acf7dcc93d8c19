//go:build lab

package queue_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
)

func TestAgentsTransfer(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204", "205")
	agents(&plan, "202")
	pbxtest.Put(&plan, queue.Kind, "sales", "600", "Ventes", fields{"agents": []fields{{"person": "p202"}}, "wrapup": 2, "retry": 1, "join_empty": "never", "leave_empty": "never"})
	w := pbxtest.Open(t, plan)
	w.Expect(hungUp, "target does not exist") // a transfer to a code is refused
	one, two, three, five := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Agent("205")
	code(within(t, 20*time.Second), t, two, plan.Code("agent-login"))

	pbxtest.Scenario(t, "an agent who has transferred a call away gets the next one", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		a := dial(ctx, t, one, "600")
		in, _ := ringing(ctx, t, two)
		b := answer(ctx, t, in)
		a.Speak(440)
		b.Speak(660)
		hear(t, b, 440, 660)
		hear(t, a, 660, 440)
		if err := b.Refer(ctx, "203"); err != nil {
			t.Fatal(err)
		}
		in3, _ := ringing(ctx, t, three)
		c := answer(ctx, t, in3)
		c.Speak(880)
		hear(t, c, 440, 880)
		hear(t, a, 880, 440)
		d := dial(ctx, t, five, "600")
		next, _ := ringing(ctx, t, two)
		answer(ctx, t, next)
		if !a.Up() || !c.Up() {
			t.Error("the transferred call has ended")
		}
		for _, x := range []*phonesim.Call{a, d} {
			if err := x.Hangup(ctx); err != nil {
				t.Error(err)
			}
		}
	})

	pbxtest.Scenario(t, "an agent who dials for time after a call gets none until he dials again", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		wrapup := plan.Code("agent-wrapup")
		code(ctx, t, two, wrapup)
		if out := w.CLI("queue show sales"); !strings.Contains(out, "paused:wrapup") {
			t.Error(out)
		}
		dial(ctx, t, w.Agent("204"), "600")
		waits(t, w, "sales", 1)
		code(ctx, t, two, wrapup)
		next, _ := ringing(ctx, t, two)
		answer(ctx, t, next)
	})

	pbxtest.Scenario(t, "lamps show who is logged in and who pauses", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		four := w.Agent("204")
		in, err := four.Watch(ctx, plan.Code("agent-login")+"202")
		if err != nil {
			t.Fatal(err)
		}
		paused, err := four.Watch(ctx, plan.Code("agent-pause")+"202")
		if err != nil {
			t.Fatal(err)
		}
		lit := func(l *phonesim.Lamp, state string) {
			t.Helper()
			if err := l.Wait(ctx, state); err != nil {
				t.Errorf("%s: %v", state, err)
			}
		}
		lit(in, "confirmed")
		lit(paused, "terminated")
		code(ctx, t, two, plan.Code("agent-pause")+"1")
		lit(paused, "confirmed")
		code(ctx, t, two, plan.Code("agent-pause")+"202") // the key itself
		lit(paused, "terminated")
		code(ctx, t, two, plan.Code("agent-login")+"202")
		lit(in, "terminated")
		code(ctx, t, two, plan.Code("agent-login")+"202")
		lit(in, "confirmed")
		idle(t, w, "sales")
		for _, l := range []*phonesim.Lamp{in, paused} {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	})

	pbxtest.Scenario(t, "a member who does not want to be disturbed is not rung", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		idle(t, w, "sales")
		code(ctx, t, two, plan.Code("dnd"))
		a := dial(ctx, t, one, "600")
		waits(t, w, "sales", 1)
		rung, cancel := context.WithTimeout(ctx, 4*time.Second)
		defer cancel()
		if in, err := two.Ring(rung); err == nil {
			t.Errorf("it rings for %s", in.FromNumber)
		}
		code(ctx, t, two, plan.Code("dnd"))
		next, _ := ringing(ctx, t, two)
		b := answer(ctx, t, next)
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		<-b.Done()
	})

	pbxtest.Scenario(t, "nobody logs an agent out, or makes a supervisor listen, by a transfer", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		idle(t, w, "sales")
		for _, digits := range []string{plan.Code("agent-login"), plan.Code("agent-login") + "202", plan.Code("agent-pause") + "202", plan.Code("spy-listen") + "203"} {
			out, err := one.Dial(ctx, "202")
			if err != nil {
				t.Fatal(err)
			}
			in, _ := ringing(ctx, t, two)
			b := answer(ctx, t, in)
			a, err := out.Wait(ctx)
			if err != nil {
				t.Fatal(err)
			}
			a.Speak(440)
			hear(t, b, 440, 660)
			_ = a.Refer(ctx, digits) // refused, or the other is: what counts is that nothing happens
			for _, c := range []*phonesim.Call{a, b} {
				if c.Up() {
					_ = c.Hangup(ctx)
				}
			}
			if out := w.CLI("queue show sales"); !strings.Contains(out, "202 (Local") || strings.Contains(out, "paused") {
				t.Errorf("after %s: %s", digits, out)
			}
			idle(t, w, "sales")
		}
	})
}
