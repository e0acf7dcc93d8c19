//go:build lab

package calls_test

import (
	"fmt"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/calls"
	"autocom/pbx/conference"
	"autocom/pbx/pbxtest"
)

// TestPlaces are the records of calls that leave the house, come into it, or end with a
// machine of it.
func TestPlaces(t *testing.T) {
	plan := pbxtest.Plan("201", "202")
	pbxtest.Trunk(&plan, "202")
	pbxtest.Person(&plan, "awa", "Awa", func(p *pbx.Person) { p.Class = pbx.RightNational }, "201")
	pbxtest.Person(&plan, "bob", "Bob", func(p *pbx.Person) { p.Ring = 60 }, "202")
	pbxtest.Put(&plan, conference.Kind, "room", "300", "Salle", map[string]any{})
	w := pbxtest.Open(t, plan)
	ctx := w.Context()
	a, b, far := w.Agent("201"), w.Agent("202"), w.Outside("222334455")

	pbxtest.Scenario(t, "a call to the outside is one record: who called, the number outside, and the line that it went by", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		from, _ := connect(ctx, t, a, far, "222334455")
		time.Sleep(time.Second)
		must(t, from.Hangup(ctx))
		r := one(t, w, began)
		check(t, r, r.Direction == calls.Out && r.Trunk == "line" && r.Result == calls.Answered, "out by the line")
		check(t, r, r.From.Number == "201" && r.Dialled == "222334455" && r.Number == "" && near(r.Talk, 1), "who called whom")
	})
	pbxtest.Scenario(t, "a call from outside is one record: the caller's number, the line that it came by, and who answered", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		from, to := connect(ctx, t, far, b, "0699000111")
		from.Speak(440)
		pbxtest.Hears(t, to, 440, 660)
		time.Sleep(time.Second)
		must(t, from.Hangup(ctx))
		r := one(t, w, began)
		check(t, r, r.Direction == calls.In && r.Trunk == "line" && r.Result == calls.Answered, "in by the line")
		check(t, r, r.From.Number == "222334455" && r.From.Line == "" && r.Dialled == "0699000111" &&
			r.Number == "202" && r.AnsweredBy.Number == "202", "who called whom")
	})
	pbxtest.Scenario(t, "a call that the mailbox takes is one record with the box, and nobody answered it", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		out, err := a.Dial(ctx, "202")
		must(t, err)
		ring, err := b.Ring(ctx)
		must(t, err)
		must(t, ring.Decline(ctx, 480))
		call, err := out.Wait(ctx)
		must(t, err)
		pbxtest.Eventually(t, 10*time.Second, func() error {
			db, err := call.Loudness(ctx, 300*time.Millisecond)
			if err == nil && db < -50 {
				err = fmt.Errorf("the greeting is at %.0f dB", db)
			}
			return err
		})
		must(t, call.Hangup(ctx))
		r := one(t, w, began)
		check(t, r, r.Result == calls.Voicemail && r.Box == "202" && r.Number == "202" && r.Direction == calls.Internal &&
			r.Answer.IsZero() && r.AnsweredBy.Number == "" && r.Talk == 0, "voicemail")
	})
	pbxtest.Scenario(t, "each who was in a conference has one record, with the room and how long others were there too", func(t *testing.T) {
		began := time.Now().Add(-time.Millisecond)
		first, err := a.Call(ctx, "300")
		must(t, err)
		time.Sleep(2 * time.Second) // alone, which is no talk
		second, err := b.Call(ctx, "300")
		must(t, err)
		met := time.Now()
		first.Speak(440)
		pbxtest.Eventually(t, 15*time.Second, func() error {
			e, err := second.Hear(ctx, 300*time.Millisecond, 440, 660)
			if err == nil && e.Level < -35 {
				err = fmt.Errorf("the second does not hear the first: %s", e)
			}
			return err
		})
		time.Sleep(2 * time.Second)
		must(t, second.Hangup(ctx))
		together := time.Since(met).Seconds()
		time.Sleep(2 * time.Second)
		must(t, first.Hangup(ctx))
		both := several(t, w, began, 2)
		for _, number := range []string{"201", "202"} {
			r := both[number]
			check(t, r, r.Result == calls.Answered && r.Conference == "room" && r.Dialled == "300", "conference")
			check(t, r, near(r.Talk, together), "how long the two were there together")
		}
	})
}

// several are n calls that did not end before since, by who called.
func several(t *testing.T, w *pbxtest.World, since time.Time, n int) map[string]calls.Call {
	t.Helper()
	var found map[string]calls.Call
	pbxtest.Eventually(t, 10*time.Second, func() error {
		found = map[string]calls.Call{}
		var all []calls.Call
		for _, c := range records(t, w, false) {
			if !c.Start.Before(since) {
				all = append(all, c)
				found[c.From.Number] = c
			}
		}
		if len(all) != n || len(found) != n {
			return fmt.Errorf("%d calls are in the records, want %d: %s", len(all), n, text(all))
		}
		return nil
	})
	return found
}
