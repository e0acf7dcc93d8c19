//go:build lab

package transfer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
)

// The third still rings when the transfer is made.
func TestTransfersToAPhoneThatRings(t *testing.T) {
	w := office(t)

	pbxtest.Scenario(t, "a phone connects a caller with a colleague whose phone still rings", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		if err := b.Hold(ctx); err != nil {
			t.Fatal(err)
		}
		out, err := two.Dial(ctx, "203")
		if err != nil {
			t.Fatal(err)
		}
		in := rings(ctx, t, three)
		if err := b.ReferToRinging(ctx, out); err != nil {
			t.Fatal(err)
		}
		ended(ctx, t, "who transferred", b)
		select {
		case <-in.Gone():
			t.Fatal("203 rings no more")
		default:
		}
		talk(t, a, answer(ctx, t, in))
		if second, err := out.Wait(ctx); err == nil { // answered in the instant in which it was handed over
			ended(ctx, t, "who transferred", second)
		}
	})

	pbxtest.Scenario(t, "a phone that gives up the ringing call and hands the caller over lets the same colleague ring again", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		out, err := two.Dial(ctx, "203")
		if err != nil {
			t.Fatal(err)
		}
		first := rings(ctx, t, three)
		if err := out.Cancel(ctx); err != nil {
			t.Fatal(err)
		}
		sent := make(chan error, 1)
		go func() { sent <- b.Refer(ctx, "203") }()
		<-first.Gone()
		talk(t, a, answer(ctx, t, rings(ctx, t, three)))
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a caller who was connected with a phone that rings, and whom nobody wants back either, reaches the mailbox", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, five := w.Agent("201"), w.Agent("202"), w.Agent("205")
		a, b := connect(ctx, t, one, two)
		out, err := two.Dial(ctx, "205")
		if err != nil {
			t.Fatal(err)
		}
		in := rings(ctx, t, five)
		played := w.WriteDown()
		if err := b.ReferToRinging(ctx, out); err != nil {
			t.Fatal(err)
		}
		select {
		case <-in.Gone():
		case <-ctx.Done():
			t.Fatal("205 rings for ever")
		}
		if err := rings(ctx, t, two).Decline(ctx, 486); err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 20*time.Second, func() error {
			if all := played.Lines(); !strings.Contains(all, "vm-isunavail ") {
				return fmt.Errorf("the mailbox of 205 says %q", all)
			}
			return nil
		})
		if err := speaks(ctx, a); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a caller who was connected with a phone that rings, and whom nobody answers, comes back", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		out, err := two.Dial(ctx, "203")
		if err != nil {
			t.Fatal(err)
		}
		in := rings(ctx, t, three)
		if err := b.ReferToRinging(ctx, out); err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error { // the caller hears the ringing now
			if all := w.CLI("core show channels concise"); strings.Contains(all, "Local/") || !strings.Contains(all, "!Dial!") {
				return fmt.Errorf("the transfer is not over:\n%s", all)
			}
			return nil
		})
		if err := in.Decline(ctx, 486); err != nil {
			t.Fatal(err)
		}
		back := rings(ctx, t, two)
		if back.FromName != "203: Person 201" {
			t.Errorf("202 sees %q", back.FromName)
		}
		talk(t, a, answer(ctx, t, back))
	})

	pbxtest.Scenario(t, "a phone that thinks better of a transfer has the caller back", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		if err := b.Hold(ctx); err != nil {
			t.Fatal(err)
		}
		out, err := two.Dial(ctx, "203")
		if err != nil {
			t.Fatal(err)
		}
		in := rings(ctx, t, three)
		if err := out.Cancel(ctx); err != nil {
			t.Fatal(err)
		}
		<-in.Gone()
		b2, c := connect(ctx, t, two, three)
		if err := b2.Hangup(ctx); err != nil {
			t.Fatal(err)
		}
		ended(ctx, t, "the third", c)
		if err := b.Resume(ctx); err != nil {
			t.Fatal(err)
		}
		talk(t, a, b)
	})

	pbxtest.Scenario(t, "who begins a transfer by digits goes back to the caller while the third rings", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
		a, b := connect(ctx, t, one, two)
		press(ctx, t, b, "*2,,,203")
		in := rings(ctx, t, three)
		press(ctx, t, b, "*0")
		select {
		case <-in.Gone():
		case <-ctx.Done():
			t.Error("203 rings for ever")
		}
		talk(t, a, b)
	})
}
