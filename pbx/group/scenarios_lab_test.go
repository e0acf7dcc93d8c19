//go:build lab

package group_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/group"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// hear checks that who spoke hz is heard, and nothing else.
func hear(t *testing.T, c *phonesim.Call, hz, other float64) {
	t.Helper()
	e, err := c.Hear(within(t, 5*time.Second), 400*time.Millisecond, hz, other)
	if err != nil || !e.Clear() {
		t.Errorf("heard %s, %v", e, err)
	}
}

func TestRingGroups(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204")
	pbxtest.Put(&plan, group.Kind, "sales", "600", "Ventes", group.Group{
		Members: []string{"202", "203"}, Strategy: group.All, Ring: 20, Prefix: "Ventes", Then: pbx.Destination{Kind: pbx.ToNumber, ID: "204"}})
	pbxtest.Put(&plan, group.Kind, "desk", "601", "Accueil", group.Group{
		Members: []string{"202", "203"}, Strategy: group.Order, Ring: 5, Then: pbx.Destination{Kind: pbx.ToNumber, ID: "204"}})
	pbxtest.Put(&plan, group.Kind, "late", "602", "Tard", group.Group{
		Members: []string{"202", "203"}, Strategy: group.All, Ring: 5, Then: pbx.Destination{Kind: pbx.ToNumber, ID: "204"}})
	w := pbxtest.Open(t, plan)

	pbxtest.Scenario(t, "every member of a group rings at once, one answers and the others stop", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		calling, err := one.Dial(ctx, "600")
		if err != nil {
			t.Fatal(err)
		}
		at2, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		at3, err := three.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if at2.FromNumber != "201" || at2.FromName != "Ventes Poste 201" {
			t.Errorf("the member sees %q %q", at2.FromNumber, at2.FromName)
		}
		b, err := at2.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a, err := calling.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-at3.Gone():
		case <-ctx.Done():
			t.Error("the other member rings on")
		}
		a.Speak(440)
		b.Speak(660)
		hear(t, b, 440, 660)
		hear(t, a, 660, 440)
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		select {
		case <-b.Done():
		case <-ctx.Done():
			t.Error("the member is not told that the caller hung up")
		}
	})

	pbxtest.Scenario(t, "members of an ordered group ring one after the other", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		calling, err := one.Dial(ctx, "601")
		if err != nil {
			t.Fatal(err)
		}
		at2, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := at2.Decline(ctx, 486); err != nil {
			t.Fatal(err)
		}
		at3, err := three.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := at3.Answer(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := calling.Wait(ctx); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a member that is switched off does not keep the others from ringing", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, three := w.Agent("201"), w.Agent("203")
		for _, number := range []string{"600", "601"} {
			calling, err := one.Dial(ctx, number)
			if err != nil {
				t.Fatal(err)
			}
			at3, err := three.Ring(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := calling.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			<-at3.Gone()
		}
	})

	pbxtest.Scenario(t, "a group of which nobody can come goes on to where it is told", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, four := w.Agent("201"), w.Agent("204")
		for _, number := range []string{"600", "601"} {
			calling, err := one.Dial(ctx, number)
			if err != nil {
				t.Fatal(err)
			}
			at4, err := four.Ring(ctx)
			if err != nil {
				t.Fatal(err)
			}
			b, err := at4.Answer(ctx)
			if err != nil {
				t.Fatal(err)
			}
			a, err := calling.Wait(ctx)
			if err != nil {
				t.Fatal(err)
			}
			a.Speak(440)
			hear(t, b, 440, 660)
			if err := a.Hangup(ctx); err != nil {
				t.Error(err)
			}
		}
	})

	pbxtest.Scenario(t, "a group in which nobody lifts goes on after its time, and its members ring no more", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		one, two, three, four := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Agent("204")
		began := time.Now()
		if _, err := one.Dial(ctx, "602"); err != nil {
			t.Fatal(err)
		}
		at2, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		at3, err := three.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := four.Ring(ctx); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 4*time.Second {
			t.Errorf("it went on after %s", took)
		}
		for _, in := range []*phonesim.Incoming{at2, at3} {
			select {
			case <-in.Gone():
			case <-ctx.Done():
				t.Error("a member rings on")
			}
		}
	})
}

func TestGroupsInACircle(t *testing.T) {
	plan := pbxtest.Plan("201", "202")
	to := func(id string) pbx.Destination { return pbx.Destination{Kind: group.Kind, ID: id} }
	pbxtest.Put(&plan, group.Kind, "one", "600", "", group.Group{Members: []string{"202"}, Strategy: group.All, Ring: 5, Then: to("two")})
	pbxtest.Put(&plan, group.Kind, "two", "601", "", group.Group{Members: []string{"202"}, Strategy: group.All, Ring: 5, Then: to("one")})
	w := pbxtest.Open(t, plan)

	pbxtest.Scenario(t, "a call that goes round between groups whose phones are off comes to an end", func(t *testing.T) {
		_, err := w.Agent("201").Call(within(t, 20*time.Second), "600")
		var r *phonesim.Refused
		if !errors.As(err, &r) {
			t.Errorf("%v, want a refusal", err)
		}
	})
}
