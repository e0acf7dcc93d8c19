//go:build lab

package paging_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"autocom/pbx/paging"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func hears(t *testing.T, w *pbxtest.World, c *phonesim.Call, tone float64) {
	t.Helper()
	pbxtest.Eventually(t, 10*time.Second, func() error {
		e, err := c.Hear(w.Context(), 400*time.Millisecond, tone, 0)
		if err == nil && (e.Level < -30 || e.Level < e.Noise+10) {
			err = fmt.Errorf("%s", e)
		}
		return err
	})
}

// deaf checks that a tone is not heard for a second.
func deaf(t *testing.T, w *pbxtest.World, c *phonesim.Call, tone float64) {
	t.Helper()
	if e, err := c.Hear(w.Context(), time.Second, tone, 0); err != nil || e.Level > -40 {
		t.Errorf("%s, %v", e, err)
	}
}

// lifted waits for the call that a phone answered by itself.
func lifted(t *testing.T, w *pbxtest.World, number string) *phonesim.Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 10*time.Second)
	defer cancel()
	c, err := w.Agent(number).Lifted(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ended(t *testing.T, c *phonesim.Call) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the call lasts")
	}
}

// refused calls and wants that answer.
func refused(t *testing.T, w *pbxtest.World, from, number string, code int) {
	t.Helper()
	c, err := w.Agent(from).Call(w.Context(), number)
	if err == nil {
		c.Hangup(w.Context())
	}
	var r *phonesim.Refused
	if !errors.As(err, &r) || r.Code != code {
		t.Errorf("%s calls %s: %v, want %d", from, number, err, code)
	}
}

func TestPaging(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "203", "204")
	pbxtest.Put(&plan, paging.Kind, "floor", "610", "Étage", paging.Paging{Members: []string{"201", "202", "203", "204"}})
	pbxtest.Put(&plan, paging.Kind, "gate", "611", "Portail", paging.Paging{Members: []string{"202"}, Duplex: true})
	w := pbxtest.Open(t, plan)
	for _, n := range []string{"201", "202", "203", "203/2"} { // 204 has no phone now
		w.Agent(n).AutoAnswer(true)
	}

	pbxtest.Scenario(t, "a page speaks out of every phone of its group at once, and they are not heard", func(t *testing.T) {
		a, err := w.Agent("201").Call(w.Context(), "610")
		if err != nil {
			t.Fatal(err)
		}
		a.Speak(440)
		var phones []*phonesim.Call
		for i, n := range []string{"202", "203", "203/2"} {
			c := lifted(t, w, n)
			c.Speak(700 + 200*float64(i))
			phones = append(phones, c)
		}
		for _, c := range phones {
			hears(t, w, c, 440)
		}
		deaf(t, w, a, 700)
		deaf(t, w, phones[1], 700)
		a.Hangup(w.Context())
		for _, c := range phones {
			ended(t, c)
		}
	})

	pbxtest.Scenario(t, "a page in both directions is answered from the phone", func(t *testing.T) {
		a, err := w.Agent("201").Call(w.Context(), "611")
		if err != nil {
			t.Fatal(err)
		}
		a.Speak(440)
		b := lifted(t, w, "202")
		b.Speak(700)
		hears(t, w, b, 440)
		hears(t, w, a, 700)
		a.Hangup(w.Context())
		ended(t, b)
	})

	pbxtest.Scenario(t, "an intercom call is answered by the phone itself, and both sides speak", func(t *testing.T) {
		a, err := w.Agent("201").Call(w.Context(), "*80202")
		if err != nil {
			t.Fatal(err)
		}
		b := lifted(t, w, "202")
		a.Speak(440)
		b.Speak(700)
		hears(t, w, a, 700)
		hears(t, w, b, 440)

		refused(t, w, "203", "*80202", 486) // it speaks
		a.Hangup(w.Context())
		ended(t, b)
	})

	pbxtest.Scenario(t, "an intercom call does not disturb who wants to be left alone, nor does a page", func(t *testing.T) {
		w.CLI("database put ac 202/dnd 1")
		defer w.CLI("database del ac 202/dnd")
		refused(t, w, "201", "*80202", 486)
		refused(t, w, "201", "611", 480)
		refused(t, w, "201", "*80204", 480) // no phone
	})
}
