//go:build lab

package queue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
)

// planOrder adds queues for callsInOrder and spokenWait to a plan: 202 serves a light and a
// heavy one; who waits in "vip" goes on to the light one; 207 may log in to "waits".
func planOrder(p *pbx.Plan) {
	pbxtest.Person(p, "ann", "Ann", func(x *pbx.Person) { x.Language = "en" }, "208")
	agents(p, "207")
	open := func(id, number string, more fields) {
		q := fields{"retry": 1, "join_empty": "never", "leave_empty": "never", "position": false}
		for k, v := range more {
			q[k] = v
		}
		pbxtest.Put(p, queue.Kind, id, number, id, q)
	}
	member := []fields{{"number": "202"}}
	open("light", "610", fields{"members": member})
	open("heavy", "611", fields{"members": member, "weight": 5})
	open("vip", "612", fields{"members": []fields{{"number": "205"}}, "priority": 10, "max_wait": 1, "timeout": fields{"kind": "queue", "id": "light"}})
	open("waits", "613", fields{"agents": []fields{{"person": "p207"}}, "position": true, "hold_time": true})
}

// speaks dials a queue and speaks.
func speaks(ctx context.Context, t *testing.T, caller *phonesim.Agent, number string) {
	t.Helper()
	dial(ctx, t, caller, number).Speak(440)
}

// next answers the next call at a member, hears the caller, says who it is, and ends it:
// before they are connected it does not count as a call.
func next(ctx context.Context, t *testing.T, member *phonesim.Agent) string {
	t.Helper()
	in, _ := ringing(ctx, t, member)
	b := answer(ctx, t, in)
	comes(t, b, 440)
	if err := b.Hangup(ctx); err != nil {
		t.Error(err)
	}
	return in.FromNumber
}

func callsInOrder(t *testing.T, w *pbxtest.World) {
	one, two, three, four := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Agent("204")

	pbxtest.Scenario(t, "who waits in a queue of more weight is served first, however late he came", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		private := dial2(ctx, t, four, "202", two)
		speaks(ctx, t, three, "610")
		waits(t, w, "light", 1)
		speaks(ctx, t, one, "611")
		waits(t, w, "heavy", 1)
		if err := private.Hangup(ctx); err != nil {
			t.Error(err)
		}
		if first, second := next(ctx, t, two), next(ctx, t, two); first != "201" || second != "203" {
			t.Errorf("%s is served, then %s", first, second)
		}
	})

	pbxtest.Scenario(t, "who comes from a queue of more priority stands before those who wait already", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		waits(t, w, "light", 0)
		private := dial2(ctx, t, four, "202", two)
		speaks(ctx, t, three, "610")
		waits(t, w, "light", 1)
		speaks(ctx, t, one, "612")
		waits(t, w, "light", 2)
		if err := private.Hangup(ctx); err != nil {
			t.Error(err)
		}
		if first, second := next(ctx, t, two), next(ctx, t, two); first != "201" || second != "203" {
			t.Errorf("%s is served, then %s", first, second)
		}
	})
}

// spokenWait begins what takes its time: what a queue tells of the wait is a mean of what
// callers waited before, of which each counts a quarter, in whole minutes. Eight wait; what
// is returned has them answered after enough of it, and listens.
func spokenWait(t *testing.T, w *pbxtest.World) (then func(t *testing.T)) {
	const wait = 42 * time.Second
	began := within(t, 30*time.Second)
	since := time.Now()
	for range 8 {
		speaks(began, t, w.Agent("206"), "613")
	}
	return func(t *testing.T) {
		pbxtest.Scenario(t, "who waits behind others is told his place and how long it will take, in his language", func(t *testing.T) {
			ctx := within(t, 130*time.Second)
			agent, login := w.Agent("207"), w.Plan().Code("agent-login")
			time.Sleep(time.Until(since.Add(wait)))
			code(ctx, t, agent, login)
			for range 8 {
				next(ctx, t, agent)
			}
			code(ctx, t, agent, login)
			waits(t, w, "waits", 0)
			plays := w.WriteDown()
			heard := func(number, language string, words ...string) {
				t.Helper()
				dial(ctx, t, w.Agent(number), "613")
				want := strings.Join(words, " "+language+"\n") + " " + language + "\n"
				pbxtest.Eventually(t, 30*time.Second, func() error {
					if got := plays.LinesTo(number); got != want {
						return fmt.Errorf("%s hears %q, want %q: %s", number, got, want, w.CLI("queue show waits"))
					}
					return nil
				})
			}
			heard("204", "fr_CA_f_June", "queue-youarenext", "queue-thankyou") // Asterisk tells who is next no time
			heard("205", "fr_CA_f_June", "queue-thereare", "digits/2", "queue-callswaiting", "queue-holdtime", "digits/1", "queue-minute", "queue-thankyou")
			heard("208", "en_US_f_Allison", "queue-thereare", "digits/3", "queue-callswaiting", "queue-holdtime", "digits/1", "queue-minute", "queue-thankyou")
		})
	}
}
