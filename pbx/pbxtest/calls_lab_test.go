//go:build lab

package pbxtest_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// A call between two agents, answered.
func connect(ctx context.Context, t testing.TB, from, to *phonesim.Agent, number string) (caller, callee *phonesim.Call) {
	t.Helper()
	out, err := from.Dial(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	in, err := to.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if callee, err = in.Answer(ctx); err != nil {
		t.Fatal(err)
	}
	if caller, err = out.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	return caller, callee
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// talk lets both sides speak and checks what each hears.
func talk(ctx context.Context, t testing.TB, a, b *phonesim.Call) {
	t.Helper()
	a.Speak(440)
	b.Speak(660)
	pbxtest.Hears(t, a, 660, 440)
	pbxtest.Hears(t, b, 440, 660)
}

func TestVoiceCalls(t *testing.T) {
	w := pbxtest.Open(t, pbxtest.Plan("201", "202", "203"))

	pbxtest.Scenario(t, "two phones hear each other, and the called sees who calls", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, two := w.Agent("201"), w.Agent("202")
		out, err := one.Dial(ctx, "202")
		if err != nil {
			t.Fatal(err)
		}
		in, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if in.FromNumber != "201" || in.FromName != "Poste 201" {
			t.Errorf("the called sees %q %q", in.FromNumber, in.FromName)
		}
		b, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a, err := out.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		talk(ctx, t, a, b)
	})

	pbxtest.Scenario(t, "a second call rings while the first goes on, and both can be held in turn", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a1, b1 := connect(ctx, t, one, two, "202")
		talk(ctx, t, a1, b1)
		out, err := three.Dial(ctx, "202")
		if err != nil {
			t.Fatal(err)
		}
		second, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !b1.Up() {
			t.Error("the first call ended")
		}
		if err := b1.Hold(ctx); err != nil {
			t.Fatal(err)
		}
		b2, err := second.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a2, err := out.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		talk(ctx, t, a2, b2)
		if err := b2.Hold(ctx); err != nil {
			t.Fatal(err)
		}
		if err := b1.Resume(ctx); err != nil {
			t.Fatal(err)
		}
		talk(ctx, t, a1, b1)
	})

	pbxtest.Scenario(t, "all sound goes through the box, before and after a hold", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		a, b := connect(ctx, t, w.Agent("201"), w.Agent("202"), "202")
		talk(ctx, t, a, b)
		if err := b.Hold(ctx); err != nil {
			t.Fatal(err)
		}
		if err := b.Resume(ctx); err != nil {
			t.Fatal(err)
		}
		talk(ctx, t, a, b)
		for who, c := range map[string]*phonesim.Call{"caller": a, "called": b} {
			if at := netip.MustParseAddrPort(c.Far()); at.Addr().String() != pbxtest.Box {
				t.Errorf("the %s sends its sound to %s", who, at)
			}
		}
	})

	pbxtest.Scenario(t, "a phone hands a call over without asking", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		a, b := connect(ctx, t, w.Agent("201"), w.Agent("202"), "202")
		talk(ctx, t, a, b)
		three := w.Agent("203")
		taken := make(chan *phonesim.Call, 1)
		go func() {
			in, err := three.Ring(ctx)
			if err != nil {
				t.Error(err)
				taken <- nil
				return
			}
			c, err := in.Answer(ctx)
			if err != nil {
				t.Error(err)
			}
			taken <- c
		}()
		if err := b.Refer(ctx, "203"); err != nil {
			t.Fatal(err)
		}
		if c := <-taken; c != nil {
			talk(ctx, t, a, c)
		}
		select {
		case <-b.Done():
		case <-ctx.Done():
			t.Error("who handed over is still in the call")
		}
	})

	pbxtest.Scenario(t, "a phone asks first and then connects the two", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two, "202")
		if err := b.Hold(ctx); err != nil {
			t.Fatal(err)
		}
		b2, c := connect(ctx, t, two, three, "203")
		talk(ctx, t, b2, c)
		if err := b.ReferTo(ctx, b2); err != nil {
			t.Fatal(err)
		}
		talk(ctx, t, a, c)
		for _, gone := range []*phonesim.Call{b, b2} {
			select {
			case <-gone.Done():
			case <-ctx.Done():
				t.Error("who connected them is still in a call")
			}
		}
	})

	pbxtest.Scenario(t, "a lamp shows that a number is free, rings, speaks", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		lamp, err := three.Watch(ctx, "202")
		if err != nil {
			t.Fatal(err)
		}
		if err := lamp.Wait(ctx, "terminated"); err != nil {
			t.Fatal(err)
		}
		out, err := one.Dial(ctx, "202")
		if err != nil {
			t.Fatal(err)
		}
		in, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := lamp.Wait(ctx, "early"); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Answer(ctx); err != nil {
			t.Fatal(err)
		}
		a, err := out.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := lamp.Wait(ctx, "confirmed"); err != nil {
			t.Fatal(err)
		}
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		if err := lamp.Wait(ctx, "terminated"); err != nil {
			t.Fatal(err)
		}
	})

	pbxtest.Scenario(t, "with the name servers dead a call is up within a second, and nobody is asked for a name", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, two := w.Agent("201"), w.Agent("202")
		began := time.Now()
		a, b := connect(ctx, t, one, two, "202")
		if took := time.Since(began); took > time.Second {
			t.Errorf("the call was up after %s", took)
		}
		talk(ctx, t, a, b)
		if n := w.Questions(); n > 0 {
			t.Errorf("%d questions were asked", n)
		}
	})

	pbxtest.Scenario(t, "signs and commands hidden in a dialled number reach no other phone", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		for _, number := range []string{"202&PJSIP/203", "202,60,tT", "202)", "${EXTEN}", "202@ac-member", "Local/202@ac-ext", "202%0a203",
			"202;user=phone,1", "PJSIP/" + w.Line("202"), w.Line("202"), "+202", "202 ", "S(system)(id)"} {
			c, err := one.Call(ctx, number)
			var no *phonesim.Refused
			if !errors.As(err, &no) {
				t.Errorf("%q: %v, want a refusal", number, err)
			}
			if c != nil {
				c.Hangup(ctx)
			}
		}
		for _, a := range []*phonesim.Agent{two, three} {
			if n := a.Rang(); n > 0 {
				t.Errorf("%s rang %d times", a, n)
			}
		}
	})
}

func TestStrangers(t *testing.T) {
	w := pbxtest.Open(t, pbxtest.Plan("201", "202"))

	ask := func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		e := w.Plan().Endpoints[0]
		right := pbxtest.Account(e)
		guess, unknown, number := right, right, right
		guess.Password = "1234"
		unknown.User, unknown.Auth = "attacker", "attacker"
		number.User, number.Auth, number.Password = "201", "201", "201"
		for name, account := range map[string]phonesim.Account{"a wrong secret": guess, "a made-up user": unknown, "a number as user": number} {
			a := w.AgentOf(account, w.Free(), phonesim.AgentOptions{})
			err := a.Register(ctx)
			if err == nil || !strings.Contains(err.Error(), "401") {
				t.Errorf("%s registers: %v, want 401", name, err)
			}
			for _, to := range []string{"202", "117", "00237699123456", "*43"} {
				_, err = a.Call(ctx, to)
				var no *phonesim.Refused
				if !errors.As(err, &no) || no.Code != 401 {
					t.Errorf("%s calls %s: %v, want 401", name, to, err)
				}
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
		if w.Agent("202").Rang() > 0 {
			t.Error("a stranger made a phone ring")
		}
	}

	pbxtest.Scenario(t, "a stranger who logs in or calls is asked for a password and told nothing more", ask)

	pbxtest.Scenario(t, "a stranger is still asked for a password after a change of the settings and after a restart", func(t *testing.T) {
		p := w.Plan()
		more := pbxtest.Plan("203")
		p.Endpoints = append(p.Endpoints, more.Endpoints...)
		w.Apply(p)
		ask(t)
		w.Restart()
		ask(t)
	})

	pbxtest.Scenario(t, "somebody with a phone's secret who is not in the house is not let in", func(t *testing.T) {
		w.Expect("did not pass ACL test")
		ctx := within(t, time.Second)
		a := w.AgentOf(pbxtest.Account(w.Plan().Endpoints[0]), netip.MustParseAddr(pbxtest.Stranger), phonesim.AgentOptions{})
		if err := a.Register(ctx); err == nil {
			t.Error("it registered")
		}
		a.Unplug()
	})
}

func TestRights(t *testing.T) {
	p := pbxtest.Plan("201", "202")
	p.Endpoints[0].Right = pbx.RightGuest
	p.Endpoints[0].Number = ""
	guest := p.Endpoints[0]
	w := pbxtest.Open(t, p)

	pbxtest.Scenario(t, "a phone that nobody approved reaches nobody of the house", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		a := w.AgentOf(pbxtest.Account(guest), w.Free(), phonesim.AgentOptions{})
		if err := a.Register(ctx); err != nil {
			t.Fatal(err)
		}
		two := w.Agent("202")
		_, err := a.Call(ctx, "202")
		var no *phonesim.Refused
		if !errors.As(err, &no) || no.Code != 404 || two.Rang() > 0 {
			t.Errorf("%v, want 404", err)
		}
	})
}

func TestAfterARestart(t *testing.T) {
	w := pbxtest.Open(t, pbxtest.Plan("201", "202"))
	one, two := w.Agent("201"), w.Agent("202")

	pbxtest.Scenario(t, "phones call each other at once after the exchange was restarted or killed", func(t *testing.T) {
		for _, end := range []func(){func() {}, w.Kill} {
			end()
			w.Restart()
			ctx := within(t, 20*time.Second)
			a, b := connect(ctx, t, one, two, "202")
			talk(ctx, t, a, b)
			if err := a.Hangup(ctx); err != nil {
				t.Error(err)
			}
			select {
			case <-b.Done():
			case <-ctx.Done():
				t.Error("the called was not told")
			}
			b.Hangup(ctx)
		}
	})
}
