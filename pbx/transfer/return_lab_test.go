//go:build lab

package transfer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/group"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
)

// Who sends a caller away without a word has not got rid of them until somebody answers,
// wherever they were sent.
func TestTransfersThatNobodyAnswers(t *testing.T) {
	p := pbxtest.Plan("201", "202", "203")
	no := false
	for _, n := range []string{"201", "202", "203"} {
		pbxtest.Person(&p, "p"+n, "Person "+n, func(x *pbx.Person) {
			x.Ring, x.Voicemail = 5, &no
			if n == "202" {
				x.Class = pbx.RightMobile
			}
		}, n)
	}
	pbxtest.Trunk(&p, "203")
	pbxtest.Put(&p, group.Kind, "sales", "600", "Sales", group.Group{Members: []string{"203"}, Strategy: group.All, Ring: 5, Prefix: "Ventes"})
	pbxtest.Put(&p, queue.Kind, "help", "601", "Help", map[string]any{"members": []queue.Member{{Number: "203"}}, "max_wait": 3})
	w := pbxtest.Open(t, p)
	one, two, three, world := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Outside(mobile)

	// away lets 202 send 201 to a number, and gives 201's call.
	away := func(ctx context.Context, t *testing.T, to string) *phonesim.Call {
		a, b := connect(ctx, t, one, two)
		go b.Refer(ctx, to)
		return a
	}
	back := func(ctx context.Context, t *testing.T, name string) *phonesim.Incoming {
		t.Helper()
		in := rings(ctx, t, two)
		if in.FromName != name {
			t.Errorf("202 sees %q, want %q", in.FromName, name)
		}
		return in
	}
	over := func(ctx context.Context, t *testing.T, c *phonesim.Call) {
		t.Helper()
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
	}

	pbxtest.Scenario(t, "a caller who was sent to a group that nobody answers comes back, once", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		a := away(ctx, t, "600")
		rings(ctx, t, three)
		if err := back(ctx, t, "600: Person 201").Decline(ctx, 486); err != nil {
			t.Error(err)
		}
		ended(ctx, t, "the caller whom nobody wants", a)
	})

	pbxtest.Scenario(t, "a caller who was sent to a queue that nobody answers comes back", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		a := away(ctx, t, "601")
		rings(ctx, t, three)
		talk(t, a, answer(ctx, t, back(ctx, t, "601: Person 201")))
		over(ctx, t, a)
	})

	pbxtest.Scenario(t, "a caller who was sent to a mobile that is busy comes back, and may be sent again", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		a := away(ctx, t, mobile)
		if err := rings(ctx, t, world).Decline(ctx, 486); err != nil {
			t.Error(err)
		}
		b := answer(ctx, t, back(ctx, t, mobile+": Person 201"))
		talk(t, a, b)
		go b.Refer(ctx, mobile)
		if err := rings(ctx, t, world).Decline(ctx, 486); err != nil {
			t.Error(err)
		}
		talk(t, a, answer(ctx, t, back(ctx, t, mobile+": Person 201")))
		over(ctx, t, a)
	})

	pbxtest.Scenario(t, "a caller who was sent by digits to a mobile to which no line is free comes back", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "##,,,"+mobile)
		if err := rings(ctx, t, world).Decline(ctx, 503); err != nil {
			t.Error(err)
		}
		talk(t, a, answer(ctx, t, back(ctx, t, mobile+": Person 201")))
		over(ctx, t, a)
	})

	pbxtest.Scenario(t, "who calls a group that nobody answers is told so", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		out := make(chan error, 1)
		go func() { _, err := one.Call(ctx, "600"); out <- err }()
		rings(ctx, t, three)
		var r *phonesim.Refused
		if err := <-out; !errors.As(err, &r) || r.Code != 480 {
			t.Errorf("%v, want 480", err)
		}
	})
}
