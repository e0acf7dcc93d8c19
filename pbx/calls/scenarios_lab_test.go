//go:build lab

package calls_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/calls"
	"autocom/pbx/group"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// records are the calls that have ended since the test began.
func records(t *testing.T, w *pbxtest.World, cut bool) []calls.Call {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(w.Data(), "asterisk-state/log/calls.csv"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	book := calls.Book{Line: func(endpoint string) (string, bool) {
		for _, e := range w.Plan().Endpoints {
			if e.ID == endpoint {
				return e.Number, false
			}
		}
		return "", true
	}}
	events, _, spoiled := calls.Scan(log)
	if spoiled > 0 {
		t.Errorf("%d records are none", spoiled)
	}
	var out []calls.Call
	for i, e := range events {
		out = append(out, book.Add(e, int64(i))...)
	}
	if cut {
		out = append(out, book.Cut(time.Time{})...)
	}
	return out
}

// one is the only call that did not end before since.
func one(t *testing.T, w *pbxtest.World, since time.Time) calls.Call {
	t.Helper()
	var found []calls.Call
	pbxtest.Eventually(t, 10*time.Second, func() error {
		found = nil
		for _, c := range records(t, w, false) {
			if !c.Start.Before(since) {
				found = append(found, c)
			}
		}
		if len(found) != 1 {
			return fmt.Errorf("%d calls are in the records, want 1: %s", len(found), text(found))
		}
		return nil
	})
	return found[0]
}

func text(v any) string {
	b, _ := json.MarshalIndent(v, "", " ")
	return string(b)
}

// near compares seconds: the machine may be busy.
func near(got, want float64) bool { return math.Abs(got-want) <= 1.5 }

func check(t *testing.T, c calls.Call, ok bool, what string) {
	t.Helper()
	if !ok {
		t.Errorf("%s: %s", what, text(c))
	}
}

// answer takes the next call of an agent.
func answer(ctx context.Context, t *testing.T, a *phonesim.Agent) *phonesim.Call {
	t.Helper()
	ring, err := a.Ring(ctx)
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	c, err := ring.Answer(ctx)
	if err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	return c
}

// connect calls number and has agent b answer.
func connect(ctx context.Context, t *testing.T, a, b *phonesim.Agent, number string) (from, to *phonesim.Call) {
	t.Helper()
	out, err := a.Dial(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	to = answer(ctx, t, b)
	from, err = out.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return from, to
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecords(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203")
	pbxtest.Person(&plan, "awa", "Awa \"la chef\"\n=cmd|' /C calc'!A0", nil, "201")
	for _, n := range []string{"202", "203"} { // nobody's mailbox answers
		pbxtest.Person(&plan, "p"+n, "Poste "+n, func(p *pbx.Person) { no := false; p.Voicemail = &no; p.Ring = 60 }, n)
	}
	pbxtest.Put(&plan, group.Kind, "vente", "600", "Vente", map[string]any{"members": []string{"202", "203"}})
	pbxtest.Put(&plan, queue.Kind, "sav", "650", "SAV", map[string]any{"members": []map[string]any{{"number": "203"}}, "ring": 30})
	w := pbxtest.Open(t, plan)
	ctx := w.Context()
	a, b, c := w.Agent("201"), w.Agent("202"), w.Agent("203")

	pbxtest.Scenario(t, "an answered call is one record: who called whom, how long it rang and was talked", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		out, err := a.Dial(ctx, "202")
		must(t, err)
		ring, err := b.Ring(ctx)
		must(t, err)
		time.Sleep(1200 * time.Millisecond)
		_, err = ring.Answer(ctx)
		must(t, err)
		call, err := out.Wait(ctx)
		must(t, err)
		time.Sleep(1800 * time.Millisecond)
		must(t, call.Hangup(ctx))
		r := one(t, w, began)
		check(t, r, r.Result == calls.Answered && r.Direction == calls.Internal && r.From.Number == "201" && r.Dialled == "202" &&
			r.Number == "202" && r.AnsweredBy.Number == "202" && len(r.Transfers) == 0, "who called whom")
		check(t, r, near(r.Wait, 1.2) && near(r.Talk, 1.8) && near(r.Duration().Seconds(), 3), "how long")
	})
	pbxtest.Scenario(t, "a call that nobody answers is one record, and missed", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		out, err := a.Dial(ctx, "202")
		must(t, err)
		_, err = b.Ring(ctx)
		must(t, err)
		time.Sleep(time.Second)
		must(t, out.Cancel(ctx))
		r := one(t, w, began)
		check(t, r, r.Result == calls.Missed && r.Number == "202" && r.Answer.IsZero() && r.Talk == 0 && near(r.Wait, 1), "missed")
	})
	pbxtest.Scenario(t, "a call to somebody who is busy is one record", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		out, err := a.Dial(ctx, "202")
		must(t, err)
		ring, err := b.Ring(ctx)
		must(t, err)
		must(t, ring.Decline(ctx, 486))
		if _, err := out.Wait(ctx); err == nil {
			t.Error("the caller was connected")
		}
		r := one(t, w, began)
		check(t, r, r.Result == calls.Busy && r.Cause == 17 && r.Number == "202", "busy")
	})
	pbxtest.Scenario(t, "a call to a group is one record with the one who answered", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		out, err := a.Dial(ctx, "600")
		must(t, err)
		_, err = b.Ring(ctx)
		must(t, err)
		answer(ctx, t, c)
		call, err := out.Wait(ctx)
		must(t, err)
		time.Sleep(time.Second)
		must(t, call.Hangup(ctx))
		r := one(t, w, began)
		check(t, r, r.Result == calls.Answered && r.Dialled == "600" && r.AnsweredBy.Number == "203" && near(r.Talk, 1), "group")
	})
	pbxtest.Scenario(t, "a caller who leaves a queue before anybody answers is one record", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		call, err := a.Call(ctx, "650")
		must(t, err)
		_, err = c.Ring(ctx)
		must(t, err)
		time.Sleep(time.Second)
		must(t, call.Hangup(ctx))
		r := one(t, w, began)
		check(t, r, r.Result == calls.Missed && r.Queue == "sav" && r.Answer.IsZero() && r.Talk == 0, "abandoned")
	})
	pbxtest.Scenario(t, "a call that was passed on without a word is one record with both who answered", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		from, to := connect(ctx, t, a, b, "202")
		time.Sleep(time.Second)
		done := make(chan *phonesim.Call, 1)
		go func() {
			if ring, err := c.Ring(ctx); err == nil {
				call, _ := ring.Answer(ctx)
				done <- call
			} else {
				done <- nil
			}
		}()
		must(t, to.Refer(ctx, "203"))
		if <-done == nil {
			t.Fatal("203 did not answer")
		}
		time.Sleep(time.Second)
		must(t, from.Hangup(ctx))
		r := one(t, w, began)
		check(t, r, r.Result == calls.Answered && r.From.Number == "201" && r.AnsweredBy.Number == "202" &&
			len(r.Transfers) == 1 && r.Transfers[0].Number == "203" && near(r.Talk, 2), "blind transfer")
	})
	pbxtest.Scenario(t, "a call that was passed on after a word is one record with both who answered", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		from, to := connect(ctx, t, a, b, "202")
		time.Sleep(time.Second)
		must(t, to.Hold(ctx))
		second, _ := connect(ctx, t, b, c, "203")
		time.Sleep(time.Second)
		must(t, to.ReferTo(ctx, second))
		time.Sleep(time.Second)
		must(t, from.Hangup(ctx))
		r := one(t, w, began)
		check(t, r, r.Result == calls.Answered && r.From.Number == "201" && r.Dialled == "202" && r.AnsweredBy.Number == "202" &&
			len(r.Transfers) == 1 && r.Transfers[0].Number == "203", "attended transfer")
	})
	pbxtest.Scenario(t, "a name with quotes, newlines and a formula stays one field of the records", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		o := phonesim.AgentOptions{}
		evil := w.AgentOf(phonesim.Account{User: w.Line("201"), Auth: w.Line("201"), Password: "secret-of-" + w.Line("201"), Server: pbxtest.Box, Port: 5060,
			Transport: "udp", Expiry: time.Minute, Name: `x","1","2"` + "\\\"ac1\\\",\\\"HANGUP\\\"", Label: "201"}, w.Free(), o)
		out, err := evil.Dial(ctx, "202")
		must(t, err)
		ring, err := b.Ring(ctx)
		must(t, err)
		must(t, ring.Decline(ctx, 486))
		out.Wait(ctx)
		r := one(t, w, began)
		check(t, r, r.From.Number == "201" && r.Result == calls.Busy && strings.HasPrefix(r.From.Name, "Awa"), "hostile name")
	})
	pbxtest.Scenario(t, "a call that a power cut ended is in the records, up to the cut", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		connect(ctx, t, a, b, "202")
		pbxtest.Eventually(t, 5*time.Second, func() error {
			log, _ := os.ReadFile(filepath.Join(w.Data(), "asterisk-state/log/calls.csv"))
			if i := strings.LastIndex(string(log), `"CHAN_START"`); !strings.Contains(string(log[max(0, i):]), "BRIDGE_ENTER") {
				return errors.New("the conversation is not written down")
			}
			return nil
		})
		w.Kill()
		w.Restart()
		var cut []calls.Call
		for _, r := range records(t, w, true) {
			if !r.Start.Before(began) {
				cut = append(cut, r)
			}
		}
		if len(cut) != 1 || !cut[0].Cut || cut[0].AnsweredBy.Number != "202" || cut[0].Result != calls.Answered {
			t.Errorf("after a power cut: %s", text(cut))
		}
	})
}
