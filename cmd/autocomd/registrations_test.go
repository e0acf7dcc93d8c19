package main

import (
	"fmt"
	"testing"
	"time"

	"autocom/office"
	"autocom/pbx/ami"
	"autocom/provision"
)

// A phone's number is taken back while it is registered, and the phone is plugged in
// again: the registration of before does not make the new number its own, neither as
// an event nor in the list; the new password does.
func TestARegistrationOfBeforeBindsNothing(t *testing.T) {
	b := newBureau(t)
	b.start()
	b.do(seen())
	b.confirmed()
	b.manager.do(func() { b.manager.proof(user); b.manager.contact(user) })
	b.eventually("bound", func() bool { return b.phone().Allocation == provision.AllocationBound })
	b.do(office.Release{ID: b.phone().ID})
	b.do(seen())
	b.confirmed()
	lists := 0
	b.manager.do(func() { b.manager.contact(user); lists = b.manager.lists })
	poke(b.mirrors)
	b.eventually("listed", func() (done bool) { b.manager.do(func() { done = b.manager.lists > lists }); return })
	time.Sleep(200 * time.Millisecond)
	if d := b.phone(); d.Allocation != provision.AllocationReserved || d.State() != "allocated" {
		t.Errorf("%s, %s: want reserved and allocated, for the phone has not shown its new password", d.Allocation, d.State())
	}
	b.manager.do(func() { b.manager.proof(user) }) // it registers from where it was: no other event
	b.eventually("bound by the new password", func() bool {
		d := b.phone()
		return d.Allocation == provision.AllocationBound && d.State() == "registered"
	})
}

// After a restart of autocomd a bound phone in the list is there, and a reserved one
// is still to prove itself.
func TestTheListAfterARestart(t *testing.T) {
	b := newBureau(t)
	b.do(seen())
	b.manager.do(func() { b.manager.here[user] = true })
	b.start()
	b.confirmed()
	time.Sleep(time.Second)
	if d := b.phone(); d.Allocation != provision.AllocationReserved {
		t.Errorf("a registration that was there before: %s, want reserved", d.Allocation)
	}
	b.do(office.Registered{SIPUser: user})
	b.do(office.Unregistered{SIPUser: user})
	poke(b.mirrors)
	b.eventually("registered", func() bool { return b.phone().State() == "registered" })
}

// What is heard between a list and its use is younger than the list; a list that is
// refused is asked for again.
func TestALateListUndoesNothing(t *testing.T) {
	b := newBureau(t)
	b.do(seen())
	b.start()
	b.confirmed()
	lists := 0
	b.manager.do(func() {
		lists = b.manager.lists
		b.manager.refuse = true
	})
	poke(b.mirrors)
	b.eventually("asked again", func() (done bool) { b.manager.do(func() { done = b.manager.lists >= lists+2 }); return })

	e := b.exchange
	e.news.begin()
	e.news.note(user, func() {})
	if e.news.unless(user, func() { t.Error("an old list is acted on") }) {
		t.Error("an old list is thought to be young")
	}
	// The list is made before the phone comes, and given after.
	b.manager.do(func() {
		b.manager.listing = func() { b.manager.proof(user); b.manager.contact(user) }
	})
	poke(b.mirrors)
	b.eventually("registered", func() bool { return b.phone().State() == "registered" })
	time.Sleep(time.Second)
	if d := b.phone(); d.State() != "registered" {
		t.Errorf("%s, want registered", d.State())
	}
}

func TestProofs(t *testing.T) {
	b := newBureau(t)
	b.do(seen())
	first := b.full()
	var p proofs
	p.show(user)
	p.give(first)
	p.show(user) // whoever ran before us may have given it another password
	if p.has(user, first.Endpoints[0].Secret) {
		t.Error("shown before Asterisk had confirmed anything")
	}
	p.confirm(first)
	p.show(user)
	if !p.has(user, first.Endpoints[0].Secret) || p.has(user, "another") || p.has("nobody", "") {
		t.Error("shown and confirmed: want this password and no other")
	}
	second := b.full()
	second.Endpoints[0].Secret = "another"
	p.give(second)
	p.show(user) // with the first or the second
	if p.has(user, "another") {
		t.Error("shown before Asterisk has confirmed the new password")
	}
	p.confirm(second)
	if p.has(user, first.Endpoints[0].Secret) || p.has(user, "another") {
		t.Error("a proof of the old password is left")
	}
	third := b.full()
	third.Endpoints[0].ID, third.Endpoints[0].Secret = "001565aa0002-1", "new"
	p.give(third)
	p.show("001565aa0002-1") // Asterisk has read it, and is still being asked
	if !p.has("001565aa0002-1", "new") {
		t.Error("a line that Asterisk did not know before has one password only")
	}
}

func TestAClaimIsRead(t *testing.T) {
	claim := ami.Message{{Key: "UserEvent", Value: "Claim"}, {Key: "Line", Value: "001565aabb01-1"}, {Key: "Code", Value: "123456"}}
	for name, tt := range map[string]struct {
		ev   ami.Event
		want string
	}{
		"a claim":            {ami.Event{Name: "UserEvent", Message: claim}, "001565aabb01-1 123456 true"},
		"another user event": {ami.Event{Name: "UserEvent", Message: ami.Message{{Key: "UserEvent", Value: "Other"}}}, "  false"},
		"another event":      {ami.Event{Name: "Newchannel", Message: ami.Message{}}, "  false"},
	} {
		user, code, ok := decodeClaim(tt.ev)
		if got := fmt.Sprintf("%s %s %t", user, code, ok); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
