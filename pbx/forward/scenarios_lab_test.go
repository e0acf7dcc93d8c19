//go:build lab

package forward_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// office is four people whose phones ring for 5 s, without mailboxes.
func office(t testing.TB, change func(*pbx.Plan)) *pbxtest.World {
	p := pbxtest.Plan("201", "202", "203", "204")
	no := false
	for _, n := range []string{"201", "202", "203", "204"} {
		pbxtest.Person(&p, "p"+n, "Person "+n, func(x *pbx.Person) { x.Voicemail, x.Ring = &no, 5 }, n)
	}
	if change != nil {
		change(&p)
	}
	return pbxtest.Open(t, p)
}

// code dials a code: when it is answered it has done what it does.
func code(t *testing.T, w *pbxtest.World, a *phonesim.Agent, digits string) {
	t.Helper()
	c, err := a.Call(w.Context(), digits)
	if err != nil {
		t.Fatalf("%s: %v", digits, err)
	}
	if err := c.Hangup(w.Context()); err != nil {
		t.Errorf("%s: %v", digits, err)
	}
}

// rings fails the test unless a phone rings, and gives the call.
func rings(t *testing.T, w *pbxtest.World, a *phonesim.Agent) *phonesim.Incoming {
	t.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 15*time.Second)
	defer cancel()
	in, err := a.Ring(ctx)
	if err != nil {
		t.Fatalf("%s does not ring: %v", a.Number(), err)
	}
	return in
}

// refused is the code with which a call ends.
func refused(t *testing.T, w *pbxtest.World, a *phonesim.Agent, number string) int {
	t.Helper()
	c, err := a.Call(w.Context(), number)
	var r *phonesim.Refused
	if !errors.As(err, &r) {
		if c != nil {
			c.Hangup(w.Context())
		}
		t.Fatalf("%s to %s: %v, want a refusal", a.Number(), number, err)
	}
	return r.Code
}

// lamp watches an extension for the time of a scenario.
func lamp(t *testing.T, w *pbxtest.World, a *phonesim.Agent, exten string) *phonesim.Lamp {
	t.Helper()
	l, err := a.Watch(w.Context(), exten)
	if err != nil {
		t.Fatalf("watch %s: %v", exten, err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// shows fails the test unless a lamp comes to a state.
func shows(t *testing.T, l *phonesim.Lamp, state string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := l.Wait(ctx, state); err != nil {
		t.Error(err)
	}
}

// reach calls and fails unless another phone rings; then the caller gives up.
func reach(t *testing.T, w *pbxtest.World, from *phonesim.Agent, number string, to *phonesim.Agent) *phonesim.Incoming {
	t.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := from.Call(ctx, number); err == nil {
			c.Hangup(w.Context())
		}
	}()
	in := rings(t, w, to)
	cancel()
	<-done
	return in
}

// quiet fails the test when a phone rings.
func quiet(t *testing.T, w *pbxtest.World, a *phonesim.Agent) {
	t.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 300*time.Millisecond)
	defer cancel()
	if in, err := a.Ring(ctx); err == nil {
		t.Errorf("%s rings for %s", a.Number(), in.FromNumber)
	}
}

func TestForwards(t *testing.T) {
	w := office(t, nil)
	a, b, c, d := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Agent("204")

	pbxtest.Scenario(t, "a forward always rings elsewhere and shows who called and who forwarded", func(t *testing.T) {
		code(t, w, b, "*21203")
		in := reach(t, w, a, "202", c)
		if in.FromNumber != "201" {
			t.Errorf("from %s", in.FromNumber)
		}
		if h := in.Header("Diversion"); !strings.Contains(h, "202") || !strings.Contains(h, "unconditional") {
			t.Errorf("Diversion %q", h)
		}
		quiet(t, w, b)
	})

	pbxtest.Scenario(t, "a lamp shows the forward, and its key turns it off and on again", func(t *testing.T) {
		l := lamp(t, w, b, "*21*202")
		shows(t, l, "confirmed")
		code(t, w, b, "*21*202")
		shows(t, l, "terminated")
		reach(t, w, a, "202", b)
		code(t, w, b, "*21*202")
		shows(t, l, "confirmed")
		reach(t, w, a, "202", c)
		code(t, w, b, "*21")
		shows(t, l, "terminated")
	})

	pbxtest.Scenario(t, "calls are forwarded when nobody answers", func(t *testing.T) {
		l := lamp(t, w, b, "*22*202")
		code(t, w, b, "*22203")
		shows(t, l, "confirmed")
		out, err := a.Dial(w.Context(), "202")
		if err != nil {
			t.Fatal(err)
		}
		rings(t, w, b)
		in := rings(t, w, c)
		if h := in.Header("Diversion"); !strings.Contains(h, "no-answer") {
			t.Errorf("Diversion %q", h)
		}
		out.Cancel(w.Context())
		code(t, w, b, "*20")
		shows(t, l, "terminated")
	})

	pbxtest.Scenario(t, "calls are forwarded when the phone is busy", func(t *testing.T) {
		l := lamp(t, w, b, "*23*202")
		code(t, w, b, "*23203")
		shows(t, l, "confirmed")
		out, err := a.Dial(w.Context(), "202")
		if err != nil {
			t.Fatal(err)
		}
		if err := rings(t, w, b).Decline(w.Context(), 486); err != nil {
			t.Fatal(err)
		}
		rings(t, w, c)
		out.Cancel(w.Context())
		code(t, w, b, "*20")
		shows(t, l, "terminated")
	})

	pbxtest.Scenario(t, "calls are forwarded when the phone is not there", func(t *testing.T) {
		l := lamp(t, w, a, "*24*202")
		code(t, w, b, "*24203")
		shows(t, l, "confirmed")
		if err := b.Unregister(w.Context()); err != nil {
			t.Fatal(err)
		}
		reach(t, w, a, "202", c)
		if err := b.Register(w.Context()); err != nil {
			t.Fatal(err)
		}
		code(t, w, b, "*20")
		shows(t, l, "terminated")
	})

	pbxtest.Scenario(t, "who sets a forward hears it", func(t *testing.T) {
		call, err := b.Call(w.Context(), "*21203")
		if err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error { return speaks(w, call) })
		call.Hangup(w.Context())
		code(t, w, b, "*20")
	})

	pbxtest.Scenario(t, "the codes that Americans know do the same", func(t *testing.T) {
		code(t, w, b, "*72203")
		reach(t, w, a, "202", c)
		code(t, w, b, "*73")
		reach(t, w, a, "202", b)
		code(t, w, b, "*78")
		if got := refused(t, w, a, "202"); got != 486 {
			t.Errorf("%d, want 486", got)
		}
		code(t, w, b, "*79")
		reach(t, w, a, "202", b)
	})

	pbxtest.Scenario(t, "do not disturb: the phone does not ring, and its number is busy for lamps", func(t *testing.T) {
		own, other := lamp(t, w, b, "*25*202"), lamp(t, w, a, "202")
		code(t, w, b, "*25")
		shows(t, own, "confirmed")
		shows(t, other, "confirmed")
		if got := refused(t, w, a, "202"); got != 486 {
			t.Errorf("%d, want 486", got)
		}
		quiet(t, w, b)
		code(t, w, b, "*25*202")
		shows(t, own, "terminated")
		shows(t, other, "terminated")
		reach(t, w, a, "202", b)
	})

	pbxtest.Scenario(t, "a forward in a circle of two ends as busy", func(t *testing.T) {
		code(t, w, b, "*21203")
		code(t, w, c, "*21202")
		if got := refused(t, w, a, "202"); got != 486 {
			t.Errorf("%d, want 486", got)
		}
		quiet(t, w, b)
		quiet(t, w, c)
		code(t, w, b, "*20")
		code(t, w, c, "*20")
	})

	pbxtest.Scenario(t, "who forwards to a number that is not there, or to their own, is refused, and nothing changes", func(t *testing.T) {
		for _, digits := range []string{"*21299", "*21202", "*21112", "*21701", "*210612345678"} {
			code(t, w, b, digits)
		}
		reach(t, w, a, "202", b)
	})

	pbxtest.Scenario(t, "nobody turns somebody else's forward on or off", func(t *testing.T) {
		code(t, w, b, "*21203")
		code(t, w, d, "*21*202")
		code(t, w, d, "*25*202")
		reach(t, w, a, "202", c)
		code(t, w, b, "*20")
	})

	pbxtest.Scenario(t, "forwards and do not disturb hold through a restart, with their lamps", func(t *testing.T) {
		code(t, w, b, "*21203")
		code(t, w, d, "*25")
		w.Restart()
		for _, x := range []*phonesim.Agent{a, b, c, d} {
			if err := x.Register(w.Context()); err != nil {
				t.Fatal(err)
			}
		}
		shows(t, lamp(t, w, b, "*21*202"), "confirmed")
		shows(t, lamp(t, w, d, "*25*204"), "confirmed")
		reach(t, w, a, "202", c)
		if got := refused(t, w, a, "204"); got != 486 {
			t.Errorf("%d, want 486", got)
		}
		code(t, w, b, "*20")
		code(t, w, d, "*25")
	})
}

func TestALongChain(t *testing.T) {
	p := pbxtest.Plan("201", "202", "203", "204", "205", "206", "207", "208")
	no := false
	for _, n := range []string{"202", "203", "204", "205", "206", "207", "208"} {
		pbxtest.Person(&p, "p"+n, "", func(x *pbx.Person) { x.Voicemail = &no }, n)
	}
	w := pbxtest.Open(t, p)
	numbers := []string{"202", "203", "204", "205", "206", "207", "208"}
	for i, n := range numbers[:6] {
		code(t, w, w.Agent(n), "*21"+numbers[i+1])
	}
	pbxtest.Scenario(t, "a call is forwarded five times and no more", func(t *testing.T) {
		reach(t, w, w.Agent("201"), "203", w.Agent("208"))
		if got := refused(t, w, w.Agent("201"), "202"); got != 486 {
			t.Errorf("%d, want 486", got)
		}
		quiet(t, w, w.Agent("208"))
	})
	pbxtest.Scenario(t, "a circle of six ends as busy", func(t *testing.T) {
		code(t, w, w.Agent("207"), "*21202")
		if got := refused(t, w, w.Agent("201"), "202"); got != 486 {
			t.Errorf("%d, want 486", got)
		}
	})
}

func TestForwardToAMailbox(t *testing.T) {
	w := pbxtest.Open(t, pbxtest.Plan("201", "202", "203"))
	a, b, c := w.Agent("201"), w.Agent("202"), w.Agent("203")
	pbxtest.Scenario(t, "calls are forwarded to somebody's mailbox", func(t *testing.T) {
		code(t, w, b, "*21*99203")
		call, err := a.Call(w.Context(), "202")
		if err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error { return speaks(w, call) })
		quiet(t, w, b)
		quiet(t, w, c)
		call.Hangup(w.Context())
	})
	pbxtest.Scenario(t, "a circle of forwards ends in a mailbox", func(t *testing.T) {
		code(t, w, b, "*21203")
		code(t, w, c, "*21202")
		call, err := a.Call(w.Context(), "202")
		if err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error { return speaks(w, call) })
		call.Hangup(w.Context())
	})
}

// speaks reports whether the exchange says something.
func speaks(w *pbxtest.World, c *phonesim.Call) error {
	dB, err := c.Loudness(w.Context(), 500*time.Millisecond)
	if err == nil && dB < -50 {
		err = fmt.Errorf("nothing is said: %.0f dB", dB)
	}
	return err
}

func TestFollowMe(t *testing.T) {
	w := office(t, func(p *pbx.Plan) {
		no := false
		pbxtest.Person(p, "p202", "Person 202", func(x *pbx.Person) {
			x.Voicemail, x.Ring = &no, 5
			x.Follow = pbx.Follow{Numbers: []string{"203"}, Confirm: true, Ring: 20}
		}, "202")
	})
	a, b, c := w.Agent("201"), w.Agent("202"), w.Agent("203")

	pbxtest.Scenario(t, "a person's calls ring elsewhere too, and who presses 1 there takes them", func(t *testing.T) {
		out, err := a.Dial(w.Context(), "202")
		if err != nil {
			t.Fatal(err)
		}
		own := rings(t, w, b)
		other, err := rings(t, w, c).Answer(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error { return speaks(w, other) })
		select {
		case <-own.Gone():
			t.Error("the own phone rings no more before anybody confirmed")
		default:
		}
		if err := other.Press(w.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		call, err := out.Wait(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		call.Speak(440)
		other.Speak(660)
		pbxtest.Hears(t, call, 660, 440)
		pbxtest.Hears(t, other, 440, 660)
		<-own.Gone()
	})

	pbxtest.Scenario(t, "a mailbox that answers elsewhere does not take a person's call", func(t *testing.T) {
		out, err := a.Dial(w.Context(), "202")
		if err != nil {
			t.Fatal(err)
		}
		own := rings(t, w, b)
		mailbox, err := rings(t, w, c).Answer(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		mailbox.Speak(880)
		select {
		case <-mailbox.Done():
		case <-time.After(15 * time.Second):
			t.Fatal("the exchange waits for the mailbox for ever")
		}
		take, err := own.Answer(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		call, err := out.Wait(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		call.Speak(440)
		take.Speak(660)
		pbxtest.Hears(t, call, 660, 440)
	})
}
