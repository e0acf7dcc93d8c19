//go:build lab

package pickup_test

import (
	"context"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/group"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// pick lets a phone ring, another dial a code, and wants both callers connected.
func pick(ctx context.Context, t *testing.T, from *phonesim.Agent, number string, to, by *phonesim.Agent, code string) {
	t.Helper()
	out, err := from.Dial(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	in, err := to.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	took, err := by.Call(ctx, code)
	if err != nil {
		t.Fatalf("%s takes nothing: %v", by.Number(), err)
	}
	caller, err := out.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	caller.Speak(440)
	took.Speak(660)
	pbxtest.Hears(t, caller, 660, 440)
	pbxtest.Hears(t, took, 440, 660)
	select {
	case <-in.Gone():
	case <-ctx.Done():
		t.Error("it still rings")
	}
	caller.Hangup(ctx)
}

func TestPickup(t *testing.T) {
	p := pbxtest.Plan("201", "202", "203", "204")
	pbxtest.Person(&p, "shop", "Shop", func(x *pbx.Person) { x.Pickup = []string{"shop"} }, "204")
	pbxtest.Put(&p, group.Kind, "sales", "600", "Sales", group.Group{Members: []string{"202"}, Strategy: group.All, Ring: 20})
	w := pbxtest.Open(t, p)
	one, two, three, four := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Agent("204")

	pbxtest.Scenario(t, "a call that rings at a colleague is taken by the code alone", func(t *testing.T) {
		pick(within(t, 30*time.Second), t, one, "202", two, three, "*8")
	})
	pbxtest.Scenario(t, "a call that rings at a number is taken by the code and the number", func(t *testing.T) {
		pick(within(t, 30*time.Second), t, one, "202", two, three, "*8202")
		pick(within(t, 30*time.Second), t, one, "202", two, three, "**202")
	})
	pbxtest.Scenario(t, "a call of a group is taken elsewhere too", func(t *testing.T) {
		pick(within(t, 30*time.Second), t, one, "600", two, three, "*8")
		pick(within(t, 30*time.Second), t, one, "600", two, three, "**202")
	})
	pbxtest.Scenario(t, "the code alone takes no call of another group", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		out, err := one.Dial(ctx, "202")
		if err != nil {
			t.Fatal(err)
		}
		in, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := four.Call(ctx, "*8"); err == nil {
			c.Hangup(ctx)
			t.Error("204 took it")
		}
		select {
		case <-in.Gone():
			t.Error("it rings no more")
		default:
		}
		out.Cancel(ctx)
	})
	pbxtest.Scenario(t, "where nothing rings there is nothing to take", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		for _, code := range []string{"*8", "*8202", "**202"} {
			if c, err := three.Call(ctx, code); err == nil {
				c.Hangup(ctx)
				t.Errorf("%s is answered", code)
			}
		}
	})
}
