package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

// A lost NOTIFY is repeated every two minutes, four times in all, and no more for an hour.
func TestAPhoneIsAskedFourTimes(t *testing.T) {
	a := attempts{}
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	asked := func(d time.Duration) (at []time.Duration) {
		for s := time.Duration(0); s < d; s += 2 * time.Second {
			if now := start.Add(s); a.due("phone", "file", now) {
				a.note("phone", "file", now)
				at = append(at, s)
			}
		}
		return at
	}
	want := []time.Duration{0, 2 * time.Minute, 4 * time.Minute, 6 * time.Minute}
	if diff := cmp.Diff(want, asked(time.Hour)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !a.due("phone", "192.0.2.1", start.Add(7*time.Minute)) {
		t.Error("another reason counts as the first")
	}
	if !a.due("phone", "file", start.Add(6*time.Minute+forget)) {
		t.Error("it is never asked again")
	}
	a.keep(map[string]bool{"phone": true, "other": true})
	if len(a) != 1 {
		t.Errorf("%d are remembered, want 1", len(a))
	}
	a.keep(nil)
	if !a.due("phone", "file", start.Add(7*time.Minute)) {
		t.Error("a phone that came is not asked for the next change")
	}
}

func TestTheEventIsTheMakers(t *testing.T) {
	makers := []provision.Vendor{
		{ID: "snom", Resync: "check-sync;reboot=false", Reboot: "check-sync;reboot=true"},
		{ID: "grandstream", Resync: "check-sync"},
		{ID: "quiet"},
	}
	got := map[string][2]string{}
	for _, id := range []string{"snom", "grandstream", "quiet", "nobody", ""} {
		got[id] = [2]string{event(makers, id, false), event(makers, id, true)}
	}
	want := map[string][2]string{
		"snom": {"check-sync;reboot=false", "check-sync;reboot=true"}, "grandstream": {"check-sync", "check-sync"},
		"quiet": {"check-sync", "check-sync"}, "nobody": {"check-sync", "check-sync"}, "": {"check-sync", "check-sync"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("[resync reboot] (-want +got):\n%s", diff)
	}
}
