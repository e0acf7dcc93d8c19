//go:build lab

package emergency_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/emergency"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// A loop or an attack that takes all that the exchange has for calls leaves the way to
// help open.
func TestEmergencyInAFullHouse(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203")
	for _, n := range []string{"201", "202", "203"} {
		no := false
		pbxtest.Person(&plan, "p"+n, "", func(x *pbx.Person) { x.Ring, x.Voicemail = 120, &no }, n)
	}
	pbxtest.Trunk(&plan, "202")
	pbxtest.Put(&plan, pbx.KindSettings, "emergency", "", "", emergency.Settings{Members: []string{"202"}}) // who calls: nobody else is told
	w := pbxtest.Open(t, plan)
	one, two, three, world := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Outside("677123456")

	pbxtest.Scenario(t, "with two hundred calls in the house one more is refused, and 112 goes out", func(t *testing.T) {
		ctx := within(t, 90*time.Second)
		var calls []*phonesim.Outgoing
		for range 200 {
			c, err := one.Dial(ctx, "203")
			if err != nil {
				t.Fatal(err)
			}
			calls = append(calls, c)
			if _, err := three.Ring(ctx); err != nil {
				t.Fatalf("call %d: %v", len(calls), err)
			}
		}
		var r *phonesim.Refused
		if _, err := two.Call(ctx, "203"); !errors.As(err, &r) || r.Code != 503 {
			t.Errorf("one call more: %v, want 503", err)
		}
		help := make(chan error, 1)
		go func() {
			c, err := two.Call(ctx, "112")
			if err == nil {
				err = c.Hangup(ctx)
			}
			help <- err
		}()
		in, err := world.Ring(within(t, 20*time.Second))
		if err != nil {
			t.Fatalf("112 does not go out: %v; %v", err, <-help)
		}
		if _, err := in.Answer(ctx); err != nil {
			t.Error(err)
		}
		if err := <-help; err != nil {
			t.Error(err)
		}
		for _, c := range calls {
			if err := c.Cancel(ctx); err != nil {
				t.Fatal(err)
			}
		}
		pbxtest.Eventually(t, 20*time.Second, func() error {
			n, err := w.Manager().Channels(ctx)
			if err == nil && n > 0 {
				err = fmt.Errorf("%d calls are left", n)
			}
			return err
		})
		go func() { // and there is room again
			in, err := three.Ring(ctx)
			if err == nil {
				in.Answer(ctx)
			}
		}()
		if _, err := two.Call(ctx, "203"); err != nil {
			t.Error(err)
		}
	})
}
