//go:build lab

package report_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/pbx/report"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// code dials a code and waits until it was done.
func code(ctx context.Context, t *testing.T, a *phonesim.Agent, digits string) {
	t.Helper()
	c, err := a.Call(ctx, digits)
	if err != nil {
		t.Fatalf("%s: %v", digits, err)
	}
	select {
	case <-c.Done():
	case <-time.After(15 * time.Second):
		t.Fatalf("%s is not done", digits)
	}
}

// watch measures what the test did, as somebody with a watch would.
type watch struct{ since time.Time }

func (w *watch) start()           { w.since = time.Now() }
func (w *watch) seconds() float64 { return time.Since(w.since).Seconds() }

// entries reads queue_log as it is now.
func entries(t *testing.T, w *pbxtest.World) []report.Entry {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(w.Data(), "asterisk-state/log/queue_log"))
	must(t, err)
	var out []report.Entry
	for l := range strings.Lines(string(b)) {
		e, ok := report.Parse(strings.TrimSpace(l))
		if !ok {
			t.Errorf("%q is not read", l)
		}
		out = append(out, e)
	}
	return out
}

// Whole seconds begin and end anywhere: each figure may be one off for each call in it.
func near(t *testing.T, what string, got int, want float64, calls int) {
	t.Helper()
	if d := float64(got) - want; d > float64(calls)+0.9 || d < -float64(calls)-0.9 {
		t.Errorf("%s: %d s are told, it was %.1f s", what, got, want)
	}
}

// between is near for what the test knows to have lasted at least and at most so long.
func between(t *testing.T, what string, got int, least, most float64) {
	t.Helper()
	if float64(got) < least-1.9 || float64(got) > most+1.9 {
		t.Errorf("%s: %d s are told, it was %.1f to %.1f s", what, got, least, most)
	}
}

func TestReports(t *testing.T) {
	plan := pbxtest.Plan("201", "203")
	no := false
	pbxtest.Person(&plan, "awa", "Awa", func(p *pbx.Person) { p.Voicemail = &no }, "201")
	pbxtest.Person(&plan, "bob", "Bob", func(p *pbx.Person) { p.Agent, p.Voicemail = true, &no }, "203")
	who := []map[string]any{{"person": "bob"}}
	pbxtest.Put(&plan, queue.Kind, "sav", "601", "SAV", map[string]any{"agents": who, "ring": 30, "retry": 1, "position": false})
	pbxtest.Put(&plan, queue.Kind, "vite", "602", "Vite", map[string]any{"agents": who, "ring": 30, "position": false, "max_wait": 3})
	w := pbxtest.Open(t, plan)
	w.Expect("Unable to join queue")
	ctx := w.Context()
	a, b := w.Agent("201"), w.Agent("203")
	began := time.Now().Add(-time.Second)
	var login, surely, pause, rest, answered, left, talked watch
	var waited, abandoned, talk float64

	pbxtest.Scenario(t, "every figure of a report is what the calls did", func(t *testing.T) {
		refused, err := a.Dial(ctx, "601") // nobody is logged in
		must(t, err)
		refused.Wait(ctx)
		login.start()
		code(ctx, t, b, "*45601")
		surely.start()
		code(ctx, t, b, "*45602")
		ring := func() *phonesim.Incoming {
			r, err := b.Ring(ctx)
			must(t, err)
			return r
		}
		call := func(number string) *phonesim.Call {
			c, err := a.Call(ctx, number)
			must(t, err)
			return c
		}
		// answered after two seconds, talked for three
		answered.start()
		one := call("601")
		r := ring()
		time.Sleep(2 * time.Second)
		_, err = r.Answer(ctx)
		must(t, err)
		waited = answered.seconds()
		talked.start()
		time.Sleep(3 * time.Second)
		must(t, one.Hangup(ctx))
		talk = talked.seconds()
		// left after six seconds, and at once
		left.start()
		one = call("601")
		r = ring()
		time.Sleep(6500 * time.Millisecond)
		must(t, one.Hangup(ctx))
		abandoned = left.seconds()
		<-r.Gone()
		one = call("601")
		r = ring()
		must(t, one.Hangup(ctx))
		<-r.Gone()
		// declined once, then answered
		answered.start()
		one = call("601")
		must(t, ring().Decline(ctx, 486))
		_, err = ring().Answer(ctx)
		must(t, err)
		waited += answered.seconds()
		talked.start()
		time.Sleep(1500 * time.Millisecond)
		must(t, one.Hangup(ctx))
		talk += talked.seconds()
		// waited too long
		one = call("602")
		ring()
		select {
		case <-one.Done():
		case <-time.After(15 * time.Second):
			t.Fatal("nobody ends the wait")
		}
		// a pause
		pause.start()
		code(ctx, t, b, "*46")
		rest.start()
		time.Sleep(2 * time.Second)
		rested := rest.seconds()
		code(ctx, t, b, "*46")
		paused := pause.seconds()
		code(ctx, t, b, "*45601")
		surelyIn := surely.seconds()
		code(ctx, t, b, "*45602")
		in := login.seconds()

		var log []report.Entry
		pbxtest.Eventually(t, 5*time.Second, func() error {
			log = entries(t, w)
			if log[len(log)-1].Event != "REMOVEMEMBER" {
				return errors.New("the logout is not in the log")
			}
			return nil
		})
		o := report.Options{From: began, To: time.Now().Add(time.Hour)}
		rows := map[string]report.QueueRow{}
		for _, r := range report.Queues(log, o) {
			rows[r.Queue] = r
		}
		sav, vite := rows["sav"], rows["vite"]
		if sav.Offered != 4 || sav.Answered != 2 || sav.Abandoned != 1 || sav.AbandonedShort != 1 || sav.InTime != 2 || sav.Refused != 1 ||
			sav.RingNoAnswer != 1 || sav.TimedOut+sav.LeftByKey+sav.LeftEmpty+sav.Withdrawn+sav.Lost+sav.Waiting != 0 {
			t.Errorf("sav: %+v", sav)
		}
		if sav.ServiceLevel == nil || *sav.ServiceLevel != 66.7 {
			t.Errorf("service level %v, want 2 of 3", sav.ServiceLevel)
		}
		if vite.Offered != 1 || vite.TimedOut != 1 || vite.Answered != 0 {
			t.Errorf("vite: %+v", vite)
		}
		near(t, "waits of the answered", int(2*sav.WaitAnswered+0.5), waited, 2)
		near(t, "wait of the abandoned", int(sav.WaitAbandoned+0.5), abandoned, 1)
		near(t, "longest wait", sav.WaitLongest, abandoned, 1)
		near(t, "talk", sav.Talk, talk, 2)
		near(t, "longest wait of the queue with a limit", vite.WaitLongest, 3, 1)
		agents := report.Agents(log, o, time.Now())
		if len(agents) != 1 || agents[0].Agent != "203" || agents[0].Taken != 2 || agents[0].Missed < 1 {
			t.Fatalf("%+v", agents)
		}
		near(t, "agent's talk", agents[0].Talk, talk, 2)
		between(t, "agent's login", agents[0].LoggedIn, surelyIn, in)
		between(t, "agent's pause", agents[0].Paused, rested, paused)
		if t.Failed() {
			for _, e := range log {
				t.Logf("%+v", e)
			}
		}
	})
	pbxtest.Scenario(t, "pauses by their reason, work after a call, and how busy an agent was, are what the agent did", func(t *testing.T) {
		var there, surely, talked, rest, afterwards watch
		began := time.Now().Add(-time.Second)
		login, pause, wrapUp := w.Plan().Code("agent-login"), w.Plan().Code("agent-pause"), w.Plan().Code("agent-wrapup")
		there.start()
		code(ctx, t, b, login+"601")
		surely.start()
		one, err := a.Call(ctx, "601")
		must(t, err)
		ring, err := b.Ring(ctx)
		must(t, err)
		_, err = ring.Answer(ctx)
		must(t, err)
		talked.start()
		time.Sleep(5 * time.Second)
		must(t, one.Hangup(ctx))
		talk := talked.seconds()
		// rests pauses from the phone: at least and at most so long
		rests := func(digits string) (least, most float64) {
			rest.start()
			code(ctx, t, b, digits)
			afterwards.start()
			time.Sleep(3 * time.Second)
			least = afterwards.seconds()
			code(ctx, t, b, pause)
			return least, rest.seconds()
		}
		wrapLeast, wrapMost := rests(wrapUp)
		breakLeast, breakMost := rests(pause + "1")
		lunchLeast, lunchMost := rests(pause + "2")
		inLeast := surely.seconds()
		code(ctx, t, b, login+"601")
		in := there.seconds()

		var log []report.Entry
		pbxtest.Eventually(t, 5*time.Second, func() error {
			log = entries(t, w)
			if log[len(log)-1].Event != "REMOVEMEMBER" {
				return errors.New("the logout is not in the log")
			}
			return nil
		})
		rows := report.Agents(log, report.Options{From: began, To: time.Now().Add(time.Hour)}, time.Now())
		if len(rows) != 1 || rows[0].Agent != "203" || rows[0].Taken != 1 || rows[0].Occupancy == nil {
			t.Fatalf("%+v", rows)
		}
		r := rows[0]
		near(t, "talk", r.Talk, talk, 1)
		between(t, "work after a call", r.WrapUp, wrapLeast, wrapMost)
		between(t, "the pause", r.Pauses["pause"], breakLeast, breakMost)
		between(t, "the meal", r.Pauses["repas"], lunchLeast, lunchMost)
		between(t, "login", r.LoggedIn, inLeast, in)
		if len(r.Pauses) != 2 || r.Paused != r.Pauses["pause"]+r.Pauses["repas"] {
			t.Errorf("pauses of %d s: %v", r.Paused, r.Pauses)
		}
		// each of the seconds above may be one off
		least := 100 * (talk + wrapLeast - 3) / (in - breakLeast - lunchLeast + 3)
		most := 100 * (talk + wrapMost + 3) / (inLeast - breakMost - lunchMost - 3)
		if *r.Occupancy < least || *r.Occupancy > most {
			t.Errorf("%.1f %% busy, it was between %.1f and %.1f: %+v", *r.Occupancy, least, most, r)
		}
	})
	pbxtest.Scenario(t, "a caller who waited when the power went is lost in the report, and agents stay logged in", func(t *testing.T) {
		code(ctx, t, b, "*45601")
		code(ctx, t, b, "*46") // so that nobody answers
		_, err := a.Call(ctx, "601")
		must(t, err)
		pbxtest.Eventually(t, 5*time.Second, func() error {
			if log := entries(t, w); log[len(log)-1].Event != "ENTERQUEUE" {
				return errors.New("nobody waits")
			}
			return nil
		})
		w.Kill()
		w.Restart()
		pbxtest.Eventually(t, 5*time.Second, func() error {
			log := entries(t, w)
			rows := report.Queues(log, report.Options{From: began, To: time.Now().Add(time.Hour)})
			for _, r := range rows {
				if r.Queue == "sav" && r.Lost == 1 && r.Offered == 6 && r.Waiting == 0 {
					return nil
				}
			}
			return errors.New("the caller is not lost")
		})
		if out := w.CLI("queue show sav"); !strings.Contains(out, "203") {
			t.Errorf("the agent is logged out:\n%s", out)
		}
	})
}
