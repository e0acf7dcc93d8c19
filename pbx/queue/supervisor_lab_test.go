//go:build lab

package queue_test

import (
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
)

// audible says which of some tones are heard.
func audible(t *testing.T, c *phonesim.Call, tones ...float64) map[float64]bool {
	t.Helper()
	out := map[float64]bool{}
	for _, hz := range tones {
		e, err := c.Hear(within(t, 8*time.Second), 300*time.Millisecond, hz, 1000)
		if err != nil {
			t.Fatal(err)
		}
		out[hz] = e.Level > -30
	}
	return out
}

// hears waits until exactly the wanted ones of three tones are heard: a whisper begins a
// moment after the call.
func hears(t *testing.T, who string, c *phonesim.Call, wanted ...float64) {
	t.Helper()
	want := map[float64]bool{440: false, 660: false, 880: false}
	for _, hz := range wanted {
		want[hz] = true
	}
	pbxtest.Eventually(t, 15*time.Second, func() error {
		got := audible(t, c, 440, 660, 880)
		for hz, yes := range want {
			if got[hz] != yes {
				return errorText(who + " hears something else than wanted")
			}
		}
		return nil
	})
}

func TestSupervisors(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204", "205")
	pbxtest.Person(&plan, "boss", "Chef", func(x *pbx.Person) { x.Supervisor = true }, "201")
	pbxtest.Person(&plan, "vice", "Adjoint", func(x *pbx.Person) { x.Supervisor = true }, "205")
	pbxtest.Put(&plan, queue.Kind, "sales", "600", "Ventes", fields{"members": []fields{{"number": "202"}}})
	w := pbxtest.Open(t, plan)
	w.Expect("no line to the outside", hungUp)
	boss, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
	listen, whisper, barge := plan.Code("spy-listen"), plan.Code("spy-whisper"), plan.Code("spy-barge")

	pbxtest.Scenario(t, "a supervisor listens to an agent's queue call, whispers to the agent alone, and joins in", func(t *testing.T) {
		ctx := within(t, 120*time.Second)
		a := dial(ctx, t, three, "600")
		in, _ := ringing(ctx, t, two)
		b := answer(ctx, t, in)
		a.Speak(440)
		b.Speak(660)
		hears(t, "the agent", b, 440)
		hears(t, "the caller", a, 660)

		s := dial(ctx, t, boss, listen+"202")
		s.Speak(880)
		hears(t, "the supervisor", s, 440, 660)
		hears(t, "the agent who is listened to", b, 440)
		hears(t, "the caller who is listened to", a, 660)
		if err := s.Hangup(ctx); err != nil {
			t.Error(err)
		}

		s = dial(ctx, t, boss, whisper+"202")
		s.Speak(880)
		hears(t, "the whispering supervisor", s, 440, 660)
		hears(t, "the agent", b, 440, 880)
		hears(t, "the caller", a, 660)
		if err := s.Hangup(ctx); err != nil {
			t.Error(err)
		}

		s = dial(ctx, t, boss, barge+"202")
		s.Speak(880)
		hears(t, "the agent of three", b, 440, 880)
		hears(t, "the caller of three", a, 660, 880)
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		select {
		case <-s.Done():
		case <-ctx.Done():
			t.Error("the supervisor is still there after the call")
		}
	})

	pbxtest.Scenario(t, "both sides hear a beep when a supervisor begins to listen", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		a := dial2(ctx, t, three, "202", two)
		a.Quiet()
		heard := make(chan float64, 1)
		go func() {
			most := -99.0
			for range 25 {
				db, err := a.Loudness(ctx, 200*time.Millisecond)
				if err != nil {
					break
				}
				most = max(most, db)
			}
			heard <- most
		}()
		dial(ctx, t, boss, listen+"202")
		if db := <-heard; db < -45 {
			t.Errorf("at most %.0f dB", db)
		}
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "who is no supervisor cannot listen, and nobody listens to a supervisor", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		for _, code := range []string{listen, whisper, barge} {
			refused(ctx, t, w.Agent("204"), code+"202", 403)
			refused(ctx, t, boss, code+"205", 403)
			refused(ctx, t, boss, code+"201", 403)
			refused(ctx, t, boss, code+"299", 403)
		}
	})

	pbxtest.Scenario(t, "a supervisor who listens to nobody hears that there is no call", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		code(ctx, t, boss, listen+"204")
	})

	pbxtest.Scenario(t, "an emergency call cannot be listened to, on either side", func(t *testing.T) {
		ctx := within(t, 90*time.Second)
		three, four := w.Agent("203"), w.Agent("204")
		calling, err := three.Dial(ctx, "112")
		if err != nil {
			t.Fatal(err)
		}
		in, _ := ringing(ctx, t, four)
		b := answer(ctx, t, in)
		a, err := calling.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a.Speak(440)
		b.Speak(660)
		pbxtest.Eventually(t, 30*time.Second, func() error { // after what the exchange says
			if heard := audible(t, b, 440); !heard[440] {
				return errorText("the alarm group does not hear who calls")
			}
			return nil
		})
		for _, number := range []string{"203", "204"} {
			s := dial(ctx, t, boss, listen+number)
			for ctx.Err() == nil && s.Up() {
				if e, err := s.Hear(ctx, 200*time.Millisecond, 440, 660); err == nil && (e.Level > -40 || e.Other > -40) {
					t.Errorf("%s is listened to: %s", number, e)
				}
			}
		}
	})
}
