//go:build lab

package asteriskconf

import (
	"context"
	"strings"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
	"autocom/pbx/ami"
)

// A phone that waits for approval dials the code beside its name on the page: the
// manager hears which line dialled what, and a phone with a number cannot do it.
//
// In words: a phone that waits for approval dials the code that gives it a number.
func TestAGuestDialsItsCode(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	claims := make(chan string, 4)
	manager(t, plan, func(e ami.Event) {
		if e.Name == "UserEvent" && e.Get("UserEvent") == "Claim" {
			claims <- e.Get("Line") + " " + e.Get("Code")
		}
	})
	ctx := within(t, 20*time.Second)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	guest := newPhone(t, plan.Endpoints[2], carole, 5060, nil)
	for _, p := range []*phone{one, guest} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	d, status, _, err := guest.call(ctx, pbx.ClaimCode+"123456")
	if err != nil {
		t.Fatalf("status %d, %v", status, err)
	}
	if got := next(ctx, t, claims); got != "001565000003-1 123456" {
		t.Errorf("the manager hears %q", got)
	}
	d.Bye(ctx)
	for _, wrong := range []string{pbx.ClaimCode + "12345", pbx.ClaimCode + "1234567", pbx.ClaimCode + "12345x"} {
		// 484: the beginning of a code, as RFC 3261 21.4.22 has it
		if _, status, _, _ := guest.call(ctx, wrong); status != 404 && status != 484 {
			t.Errorf("%s: status %d, want 404 or 484", wrong, status)
		}
	}
	if _, status, _, _ := one.call(ctx, pbx.ClaimCode+"123456"); status != 404 {
		t.Errorf("a phone with a number claims: status %d, want 404", status)
	}
	clean(t, a)
}

// A key with a lamp takes the call that rings at a colleague's.
//
// In words: a key with a lamp takes the call that rings at a colleague's.
func TestAKeyPicksUp(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	ctx := within(t, 20*time.Second)
	rings := make(chan struct{}, 1)
	cancelled := make(chan struct{}, 1)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	two := newPhone(t, plan.Endpoints[1], bob, 5060, func(d incoming) {
		d.Respond(180, "Ringing", nil)
		rings <- struct{}{}
		<-d.Context().Done()
		cancelled <- struct{}{}
	})
	third := plan.Endpoints[0]
	third.ID, third.Secret = plan.Endpoints[3].ID, plan.Endpoints[3].Secret
	soft := newPhone(t, third, carole, 5062, nil) // not registered: only its INVITE matters
	for _, p := range []*phone{one, two} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	answered := make(chan error, 1)
	calling, hangup := context.WithCancel(ctx)
	defer hangup()
	go func() {
		_, _, _, err := one.call(calling, "202")
		answered <- err
	}()
	next(ctx, t, rings)
	if d, status, _, err := soft.call(ctx, pbx.PickupCode+"202"); err != nil || status != 200 {
		t.Fatalf("pick up: status %d, %v, call %v", status, err, d)
	}
	if err := next(ctx, t, answered); err != nil {
		t.Errorf("the caller was not answered: %v", err)
	}
	next(ctx, t, cancelled)
	if strings.Contains(a.Log(), "No target channel") {
		t.Error("nothing was picked up")
	}
	clean(t, a)
}
