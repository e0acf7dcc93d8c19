//go:build lab

package transfer_test

import (
	"errors"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// mobile is a telephone in the world outside; there is one, and it calls and is called.
const mobile = "677123456"

func TestTransfersAndTheOutside(t *testing.T) {
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
	w := pbxtest.Open(t, p)
	w.Expect("attempted blind transfer to", "transfer attempt blocked")
	one, two, three, world := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Outside(mobile)

	pbxtest.Scenario(t, "a caller from outside transfers nobody by digits", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		out, err := world.Dial(ctx, "222000000")
		if err != nil {
			t.Fatal(err)
		}
		in := answer(ctx, t, rings(ctx, t, three))
		far, err := out.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		talk(t, far, in)
		for _, keys := range []string{"##,,,201", "*2,,,201", "*7"} {
			press(ctx, t, far, keys)
			pbxtest.Silent(t, one, time.Second)
			talk(t, far, in)
		}
		far.Hangup(ctx)
	})

	pbxtest.Scenario(t, "a caller from outside transfers nobody by a transfer key", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		out, err := world.Dial(ctx, "222000000")
		if err != nil {
			t.Fatal(err)
		}
		in := answer(ctx, t, rings(ctx, t, three))
		far, err := out.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		talk(t, far, in)
		var refused *phonesim.Refused
		if err := far.Refer(ctx, "201"); !errors.As(err, &refused) {
			t.Errorf("%v, want a refusal", err)
		}
		pbxtest.Silent(t, one, time.Second)
		talk(t, far, in)
		far.Hangup(ctx)
	})

	pbxtest.Scenario(t, "a colleague is transferred to a mobile by who may call there, not by who may not", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		a, c := connect(ctx, t, one, three)
		var refused *phonesim.Refused
		if err := c.Refer(ctx, mobile); !errors.As(err, &refused) {
			t.Errorf("203 may not: %v, want a refusal", err)
		}
		talk(t, a, c)
		a.Hangup(ctx)
		a, b := connect(ctx, t, one, two)
		go b.Refer(ctx, mobile)
		talk(t, a, answer(ctx, t, rings(ctx, t, world)))
		a.Hangup(ctx)
	})

	pbxtest.Scenario(t, "by digits a colleague is transferred to a mobile after a word with it", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "*2,,,"+mobile)
		far := answer(ctx, t, rings(ctx, t, world))
		talk(t, b, far)
		if err := b.Hangup(ctx); err != nil {
			t.Error(err)
		}
		talk(t, a, far)
	})
}
