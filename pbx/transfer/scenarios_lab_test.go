//go:build lab

package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// office is phones that ring for 5 s and have no mailbox, but 205.
func office(t testing.TB) *pbxtest.World {
	p := pbxtest.Plan("201", "202", "203", "204", "205")
	no := false
	for _, n := range []string{"201", "202", "203", "204", "205"} {
		pbxtest.Person(&p, "p"+n, "Person "+n, func(x *pbx.Person) {
			x.Ring = 5
			if n != "205" {
				x.Voicemail = &no
			}
		}, n)
	}
	return pbxtest.Open(t, p)
}

// connect makes a call and answers it.
func connect(ctx context.Context, t testing.TB, from, to *phonesim.Agent) (caller, callee *phonesim.Call) {
	t.Helper()
	out, err := from.Dial(ctx, to.Number())
	if err != nil {
		t.Fatal(err)
	}
	if callee, err = rings(ctx, t, to).Answer(ctx); err != nil {
		t.Fatal(err)
	}
	if caller, err = out.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	talk(t, caller, callee)
	return caller, callee
}

func rings(ctx context.Context, t testing.TB, a *phonesim.Agent) *phonesim.Incoming {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	in, err := a.Ring(ctx)
	if err != nil {
		t.Fatalf("%s does not ring: %v", a.Number(), err)
	}
	return in
}

func answer(ctx context.Context, t testing.TB, in *phonesim.Incoming) *phonesim.Call {
	t.Helper()
	c, err := in.Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func press(ctx context.Context, t testing.TB, c *phonesim.Call, keys string) {
	t.Helper()
	if err := c.Press(ctx, keys); err != nil {
		t.Fatal(err)
	}
}

// talk lets both speak and checks that each hears the other.
func talk(t testing.TB, a, b *phonesim.Call) {
	t.Helper()
	a.Speak(440)
	b.Speak(660)
	pbxtest.Hears(t, a, 660, 440)
	pbxtest.Hears(t, b, 440, 660)
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func ended(ctx context.Context, t testing.TB, what string, c *phonesim.Call) {
	t.Helper()
	select {
	case <-c.Done():
	case <-ctx.Done():
		t.Errorf("%s: the call is still there", what)
	}
}

func TestTransfersByPhone(t *testing.T) {
	w := office(t)
	w.Expect("attempted blind transfer to")

	pbxtest.Scenario(t, "a phone transfers a caller without a word", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		sent := make(chan error, 1)
		go func() { sent <- b.Refer(ctx, "203") }()
		in := rings(ctx, t, three)
		if in.FromNumber != "201" {
			t.Errorf("203 sees %s, want 201", in.FromNumber)
		}
		c := answer(ctx, t, in)
		if err := <-sent; err != nil {
			t.Error(err)
		}
		talk(t, a, c)
		ended(ctx, t, "who transferred", b)
		pbxtest.Eventually(t, 5*time.Second, func() error {
			if n, _ := a.Peer(); n != "203" {
				return fmt.Errorf("the caller sees %s, want 203", n)
			}
			return nil
		})
	})

	pbxtest.Scenario(t, "a caller who was transferred without a word and whom nobody answers comes back", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		go b.Refer(ctx, "203")
		in := rings(ctx, t, three)
		select {
		case <-in.Gone():
		case <-ctx.Done():
			t.Fatal("203 rings for ever")
		}
		back := rings(ctx, t, two)
		if back.FromName != "203: Person 201" {
			t.Errorf("202 sees %q", back.FromName)
		}
		talk(t, a, answer(ctx, t, back))
	})

	pbxtest.Scenario(t, "a phone talks to the third first, then connects both", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		if err := b.Hold(ctx); err != nil {
			t.Fatal(err)
		}
		b2, c := connect(ctx, t, two, three)
		if err := b.ReferTo(ctx, b2); err != nil {
			t.Fatal(err)
		}
		talk(t, a, c)
		ended(ctx, t, "who transferred", b)
		pbxtest.Eventually(t, 5*time.Second, func() error {
			if n, _ := c.Peer(); n != "201" {
				return fmt.Errorf("the third sees %s, want 201", n)
			}
			return nil
		})
	})

	pbxtest.Scenario(t, "who transfers to a wrong number keeps the caller", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two := w.Agent("201"), w.Agent("202")
		a, b := connect(ctx, t, one, two)
		var refused *phonesim.Refused
		if err := b.Refer(ctx, "299"); !errors.As(err, &refused) {
			t.Errorf("%v, want a refusal", err)
		}
		talk(t, a, b)
	})

	pbxtest.Scenario(t, "a caller is transferred to a mailbox", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, five := w.Agent("201"), w.Agent("202"), w.Agent("205")
		a, b := connect(ctx, t, one, two)
		if err := b.Refer(ctx, "*99205"); err != nil {
			t.Error(err)
		}
		ended(ctx, t, "who transferred", b)
		pbxtest.Eventually(t, 15*time.Second, func() error { return speaks(ctx, a) })
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := five.Ring(short); err == nil {
			t.Error("205 rings")
		}
	})

	pbxtest.Scenario(t, "a code in a transfer does nothing for who is transferred", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two := w.Agent("201"), w.Agent("202")
		a, b := connect(ctx, t, one, two)
		var refused *phonesim.Refused
		for _, code := range []string{"*21203", "*25", "*8"} {
			if err := b.Refer(ctx, code); !errors.As(err, &refused) {
				t.Errorf("%s: %v, want a refusal", code, err)
			}
		}
		talk(t, a, b)
	})
}

// speaks reports whether the exchange says or plays something.
func speaks(ctx context.Context, c *phonesim.Call) error {
	c.Quiet()
	dB, err := c.Loudness(ctx, 500*time.Millisecond)
	if err == nil && dB < -50 {
		err = fmt.Errorf("nothing is said: %.0f dB", dB)
	}
	return err
}

func TestTransfersByDigits(t *testing.T) {
	w := office(t)
	w.Expect("Unable to acquire target extension")

	pbxtest.Scenario(t, "a caller who was sent by digits and whom nobody answers comes back", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "##,,,203")
		rings(ctx, t, three)
		talk(t, a, answer(ctx, t, rings(ctx, t, two)))
	})

	pbxtest.Scenario(t, "by digits one talks to the third first, then hangs up and connects both", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, a, "*2,,,203")
		c := answer(ctx, t, rings(ctx, t, three))
		talk(t, a, c)
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		talk(t, b, c)
	})

	pbxtest.Scenario(t, "who has begun a transfer by digits goes back to the caller", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "*2,,,203")
		c := answer(ctx, t, rings(ctx, t, three))
		talk(t, b, c)
		press(ctx, t, b, "*0")
		ended(ctx, t, "the third", c)
		talk(t, a, b)
	})

	pbxtest.Scenario(t, "who goes back and forth between two callers makes a conference of three", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "*2,,,203")
		c := answer(ctx, t, rings(ctx, t, three))
		talk(t, b, c)
		press(ctx, t, b, "*6")
		talk(t, a, b)
		press(ctx, t, b, "*6")
		talk(t, b, c)
		press(ctx, t, b, "*5")
		c.Quiet()
		b.Quiet()
		a.Speak(440)
		pbxtest.Hears(t, b, 440, 660)
		pbxtest.Hears(t, c, 440, 660)
	})

	pbxtest.Scenario(t, "who looks for somebody by digits is back with the caller when nobody answers", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "*2,,,203")
		rings(ctx, t, three)
		a.Speak(880) // 440 Hz is the tone of dialling
		pbxtest.Eventually(t, 30*time.Second, func() error { return hears(ctx, b, 880) })
		talk(t, a, b)
	})

	pbxtest.Scenario(t, "who presses a wrong number in a transfer is back with the caller", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two := w.Agent("201"), w.Agent("202")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "*2,,,299,,,,,,,,298,,,,,,,,297")
		a.Speak(880)
		pbxtest.Eventually(t, 40*time.Second, func() error { return hears(ctx, b, 880) })
		talk(t, a, b)
	})

	pbxtest.Scenario(t, "who hangs up while the third rings has transferred", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "*2,,,203")
		in := rings(ctx, t, three)
		if err := b.Hangup(ctx); err != nil {
			t.Error(err)
		}
		// Asterisk 22 loses both when the third answers before it has seen that (bridge_basic.c,
		// blond_nonfinal_enter): the caller hears ringing then.
		pbxtest.Eventually(t, 20*time.Second, func() error { return hears(ctx, a, 440) })
		talk(t, a, answer(ctx, t, in))
	})

	pbxtest.Scenario(t, "who hung up while the third rang is called back when nobody answers", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "*2,,,203")
		rings(ctx, t, three)
		if err := b.Hangup(ctx); err != nil {
			t.Error(err)
		}
		talk(t, a, answer(ctx, t, rings(ctx, t, two)))
	})
}

// hears reports whether a tone is heard now.
func hears(ctx context.Context, c *phonesim.Call, hz float64) error {
	e, err := c.Hear(ctx, 400*time.Millisecond, hz, 1000)
	if err == nil && !e.Clear() {
		err = fmt.Errorf("%.0f Hz is not heard", hz)
	}
	return err
}
