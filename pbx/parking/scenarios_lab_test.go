//go:build lab

package parking_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/parking"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// connect makes a call and answers it.
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
	talk(t, caller, callee)
	return caller, callee
}

func talk(t testing.TB, a, b *phonesim.Call) {
	t.Helper()
	a.Speak(440)
	b.Speak(660)
	pbxtest.Hears(t, a, 660, 440)
	pbxtest.Hears(t, b, 440, 660)
}

// speaks reports whether something is said or played.
func speaks(ctx context.Context, c *phonesim.Call) error {
	dB, err := c.Loudness(ctx, 500*time.Millisecond)
	if err == nil && dB < -50 {
		err = fmt.Errorf("nothing is heard: %.0f dB", dB)
	}
	return err
}

func shows(ctx context.Context, t testing.TB, l *phonesim.Lamp, state string) {
	t.Helper()
	if err := l.Wait(ctx, state); err != nil {
		t.Error(err)
	}
}

// takes dials a slot and talks to who waits there.
func takes(ctx context.Context, t testing.TB, a *phonesim.Agent, slot string, parked *phonesim.Call) *phonesim.Call {
	t.Helper()
	c, err := a.Call(ctx, slot)
	if err != nil {
		t.Fatal(err)
	}
	talk(t, parked, c)
	return c
}

func TestParking(t *testing.T) {
	p := pbxtest.Plan("201", "202", "203")
	pbxtest.Put(&p, pbx.KindSettings, parking.Setting, "", "", parking.Parking{First: 801, Last: 803, Seconds: 10, Prefix: "Attente"})
	pbxtest.Trunk(&p, "202")
	w := pbxtest.Open(t, p)
	// Asterisk 22.10 says the latter of itself when a REFER parks; the call is parked all the same.
	w.Expect("attempted blind transfer to", "subscription has invalid topic")

	pbxtest.Scenario(t, "a call is parked by digits, the slot is told, its lamp is lit, and another phone takes the call", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		l, err := three.Watch(ctx, "801")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		shows(ctx, t, l, "terminated")
		a, b := connect(ctx, t, one, two, "202")
		b.Quiet()
		a.Quiet()
		if err := b.Press(ctx, "*7"); err != nil {
			t.Fatal(err)
		}
		shows(ctx, t, l, "confirmed")
		pbxtest.Eventually(t, 10*time.Second, func() error { return speaks(ctx, b) })
		takes(ctx, t, three, "801", a)
		shows(ctx, t, l, "terminated")
	})

	pbxtest.Scenario(t, "a phone transfers a call to parking, and two calls have two slots", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two, "202")
		if err := b.Refer(ctx, "700"); err != nil {
			t.Error(err)
		}
		c, d := connect(ctx, t, three, two, "202")
		if err := d.Refer(ctx, "700"); err != nil {
			t.Error(err)
		}
		e := takes(ctx, t, two, "802", c)
		e.Hangup(ctx)
		takes(ctx, t, two, "801", a)
	})

	pbxtest.Scenario(t, "a parked call that nobody takes rings where it was parked", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two := w.Agent("201"), w.Agent("202")
		a, b := connect(ctx, t, one, two, "202")
		if err := b.Refer(ctx, "700"); err != nil {
			t.Error(err)
		}
		in, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if in.FromName != "Attente801 Poste 201" {
			t.Errorf("202 sees %q", in.FromName)
		}
		back, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		talk(t, a, back)
	})

	pbxtest.Scenario(t, "an empty parking place ends the call, and one that does not exist is a wrong number", func(t *testing.T) {
		one := w.Agent("201")
		if c, err := one.Call(within(t, 10*time.Second), "802"); err == nil {
			select {
			case <-c.Done():
			case <-time.After(15 * time.Second):
				t.Error("an empty slot is never over")
			}
		}
		pbxtest.Refuses(t, one, "804", 404)
	})

	pbxtest.Scenario(t, "a caller from outside who waits in a slot can neither transfer nor park who takes the call", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		far, two, three := w.Outside("699111222"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, far, two, "222000000")
		if err := b.Refer(ctx, "700"); err != nil {
			t.Error(err)
		}
		c := takes(ctx, t, three, "801", a)
		for _, keys := range []string{"##,,,202", "*7", "*2,,,202"} {
			if err := a.Press(ctx, keys); err != nil {
				t.Fatal(err)
			}
			pbxtest.Silent(t, two, time.Second)
			talk(t, a, c)
		}
	})
}
