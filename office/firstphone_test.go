package office

import (
	"slices"
	"testing"
	"time"

	"autocom/provision"
)

// The setup code is told to the phone that registered first, whatever comes later.
func TestTheFirstPhone(t *testing.T) {
	d := open(t, nil)
	told := func(want ...string) {
		t.Helper()
		if got := d.FirstPhone(); !slices.Equal(got, want) {
			t.Errorf("%q may hear the setup code, want %q", got, want)
		}
	}
	register := func(n int) {
		t.Helper()
		id := d.phone(n).MAC.String()
		d.clock = d.clock.Add(time.Minute)
		d.do(Registered{d.device(id).SIPUser(1)})
	}
	told()
	d.do(GetNumber{Token: "a smartphone that is there first", Kind: "linphone"})
	d.do(Registered{SoftID("a smartphone that is there first") + "-1"})
	told() // it needed nobody near the box
	d.do(Sighted{d.phone(1)})
	d.do(Sighted{d.phone(2)})
	told() // they hold numbers, and have proved nothing
	register(2)
	told("001565aa0002-1")
	register(1)
	told("001565aa0002-1")
	d.do(Unregistered{"001565aa0002-1"})
	register(2)
	told("001565aa0002-1") // it keeps its place when it comes back
	d.reopen()
	told("001565aa0002-1")
	d.do(Release{d.phone(2).MAC.String()})
	told("001565aa0001-1")
	d.do(Sighted{d.phone(2)})
	register(2)
	told("001565aa0001-1")
}

func TestNoGuestIsTheFirstPhone(t *testing.T) {
	d := open(t, asking)
	d.do(Sighted{d.phone(1)})
	d.do(Registered{"001565aa0001-1"})
	if got := d.FirstPhone(); len(got) != 0 {
		t.Errorf("a phone that waits for approval may hear the setup code: %q", got)
	}
	d.do(Approve{d.phone(1).MAC.String()})
	d.do(Registered{"001565aa0001-1"})
	if got := d.FirstPhone(); len(got) != 1 {
		t.Errorf("approved: %q", got)
	}
}

// Phones that were bound before it was written down when are older than all others.
func TestPhonesOfAnOlderVersion(t *testing.T) {
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	old, older := provision.Device{ID: "a", FirstSeen: at}, provision.Device{ID: "b", FirstSeen: at.Add(-time.Hour)}
	newer := provision.Device{ID: "0", FirstSeen: at.Add(-2 * time.Hour), BoundAt: at}
	if earlier(old, newer) >= 0 || earlier(older, old) >= 0 || earlier(newer, older) <= 0 {
		t.Error("the order of phones is another one")
	}
}
