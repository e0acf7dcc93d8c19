//go:build lab

package forward_test

import (
	"context"
	"errors"
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

// code dials a code and listens until the exchange hangs up: it has said what it did.
func code(t *testing.T, w *pbxtest.World, a *phonesim.Agent, digits string) {
	t.Helper()
	c, err := a.Call(w.Context(), digits)
	if err != nil {
		t.Fatalf("%s: %v", digits, err)
	}
	select {
	case <-c.Done():
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: the exchange does not hang up", digits)
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

func TestForwards(t *testing.T) {
	w := office(t, nil)
	a, b, c, d := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Agent("204")

	pbxtest.Scenario(t, "a forward always rings elsewhere and shows who called and who forwarded", func(t *testing.T) {
		code(t, w, b, "*21203")
		defer code(t, w, b, "*20")
		out, err := a.Dial(w.Context(), "202")
		if err != nil {
			t.Fatal(err)
		}
		in := rings(t, w, c)
		if in.FromNumber != "201" {
			t.Errorf("from %s", in.FromNumber)
		}
		if h := in.Header("Diversion"); !strings.Contains(h, "202") || !strings.Contains(h, "unconditional") {
			t.Errorf("Diversion %q", h)
		}
		out.Cancel(w.Context())
	})
	_ = d
}
