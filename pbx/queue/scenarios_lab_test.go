//go:build lab

package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

type fields map[string]any

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// hear waits until who spoke hz is heard, and nothing else.
func hear(t *testing.T, c *phonesim.Call, hz, other float64) {
	t.Helper()
	pbxtest.Hears(t, c, hz, other)
}

// waits says whether the caller is in the queue.
func waits(t *testing.T, w *pbxtest.World, id string, callers int) {
	t.Helper()
	pbxtest.Eventually(t, 15*time.Second, func() error {
		if out := w.CLI("queue show " + id); !strings.Contains(out, fmt.Sprintf("has %d calls", callers)) {
			return fmt.Errorf("%d callers are expected: %s", callers, out)
		}
		return nil
	})
}

// ringing waits until one of the agents rings, and says which.
func ringing(ctx context.Context, t *testing.T, agents ...*phonesim.Agent) (*phonesim.Incoming, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type rings struct {
		in  *phonesim.Incoming
		who string
	}
	got := make(chan rings, len(agents))
	for _, a := range agents {
		go func() {
			if in, err := a.Ring(ctx); err == nil {
				got <- rings{in, a.Number()}
			}
		}()
	}
	select {
	case r := <-got:
		return r.in, r.who
	case <-ctx.Done():
		t.Fatal("nobody rings")
	}
	return nil, ""
}

func dial(ctx context.Context, t *testing.T, a *phonesim.Agent, number string) *phonesim.Call {
	t.Helper()
	c, err := a.Call(ctx, number)
	if err != nil {
		t.Fatalf("call %s: %v", number, err)
	}
	return c
}

func answer(ctx context.Context, t *testing.T, in *phonesim.Incoming) *phonesim.Call {
	t.Helper()
	c, err := in.Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// code dials a feature code and waits until the exchange has said its word and hung up.
func code(ctx context.Context, t *testing.T, a *phonesim.Agent, digits string) {
	t.Helper()
	c := dial(ctx, t, a, digits)
	select {
	case <-c.Done():
	case <-ctx.Done():
		t.Fatalf("%s does not end", digits)
	}
}

// refused dials what somebody may not.
func refused(ctx context.Context, t *testing.T, a *phonesim.Agent, digits string, want int) {
	t.Helper()
	_, err := a.Call(ctx, digits)
	var no *phonesim.Refused
	if !errors.As(err, &no) || no.Code != want {
		t.Errorf("%s dials %s: %v, want %d", a.Number(), digits, err, want)
	}
}

func agents(p *pbx.Plan, numbers ...string) {
	for _, n := range numbers {
		pbxtest.Person(p, "p"+n, "Agent "+n, func(x *pbx.Person) { x.Agent = true }, n)
	}
}

func TestWaiting(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204")
	agents(&plan, "202", "203")
	pbxtest.Put(&plan, queue.Kind, "sales", "600", "Ventes", fields{
		"agents": []fields{{"person": "p202"}, {"person": "p203"}}, "prefix": "Ventes", "join_empty": "never", "leave_empty": "never",
		"position": true, "every": 15, "retry": 1, "keys": fields{"0": fields{"kind": "number", "id": "204"}},
	})
	pbxtest.Put(&plan, queue.Kind, "other", "601", "Autre", fields{"agents": []fields{{"person": "p203"}}})
	w := pbxtest.Open(t, plan)

	pbxtest.Scenario(t, "a caller waits with music until an agent logs in", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two := w.Agent("201"), w.Agent("202")
		a := dial(ctx, t, one, "600")
		if db, err := a.Loudness(ctx, time.Second); err != nil || db < -50 {
			t.Errorf("music at %.0f dB, %v", db, err)
		}
		code(ctx, t, two, "*45")
		in, _ := ringing(ctx, t, two)
		if in.FromNumber != "201" || in.FromName != "Ventes Poste 201" {
			t.Errorf("the agent sees %q %q", in.FromNumber, in.FromName)
		}
		b := answer(ctx, t, in)
		a.Speak(440)
		b.Speak(660)
		hear(t, b, 440, 660)
		hear(t, a, 660, 440)
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		<-b.Done()
		code(ctx, t, two, "*45")
		if out := w.CLI("queue show sales"); !strings.Contains(out, "No Members") {
			t.Errorf("the agent has logged out: %s", out)
		}
	})

	pbxtest.Scenario(t, "who is no agent cannot log in, nobody acts for another, and an agent only in his queues", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		one, two := w.Agent("201"), w.Agent("202")
		refused(ctx, t, one, "*45", 403)
		refused(ctx, t, one, "*45600", 403)
		refused(ctx, t, one, "*45202", 403)
		refused(ctx, t, one, "*46", 403)
		refused(ctx, t, one, "*461", 403)
		refused(ctx, t, one, "*47", 403)
		refused(ctx, t, two, "*45601", 403)
		refused(ctx, t, two, "*45203", 403)
		if out := w.CLI("queue show"); strings.Contains(out, "ac-member") {
			t.Errorf("somebody is in a queue: %s", out)
		}
	})

	pbxtest.Scenario(t, "an agent logs in to one queue, and is still there after a restart of Asterisk", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		three := w.Agent("203")
		code(ctx, t, three, "*45601")
		if out := w.CLI("queue show sales"); !strings.Contains(out, "No Members") {
			t.Errorf("%s", out)
		}
		code(ctx, t, three, "*462")
		w.Restart()
		out := w.CLI("queue show other")
		if !strings.Contains(out, "203") || !strings.Contains(out, "paused:repas") {
			t.Errorf("after the restart: %s", out)
		}
		three = w.Agent("203")
		code(ctx, t, three, "*46")
		if out := w.CLI("queue show other"); strings.Contains(out, "paused") {
			t.Errorf("after the pause: %s", out)
		}
		code(ctx, t, three, "*45")
		if out := w.CLI("queue show other"); !strings.Contains(out, "No Members") {
			t.Errorf("after the logout: %s", out)
		}
	})

	pbxtest.Scenario(t, "a caller who waits presses 0 and reaches the operator", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		one, four := w.Agent("201"), w.Agent("204")
		a := dial(ctx, t, one, "600")
		waits(t, w, "sales", 1)
		if err := a.Press(ctx, "0"); err != nil {
			t.Fatal(err)
		}
		in, _ := ringing(ctx, t, four)
		if in.FromName != "Poste 201" {
			t.Errorf("the operator sees %q", in.FromName)
		}
		b := answer(ctx, t, in)
		a.Speak(440)
		hear(t, b, 440, 660)
	})
}
