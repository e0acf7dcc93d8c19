package main

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx/ami"
	"autocom/provision"
)

func TestAPhoneOfAnotherExchangeIsSeen(t *testing.T) {
	phone := provision.MAC{0, 0x15, 0x65, 0xaa, 0xbb, 1}
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var seen []provision.Sighting
	s := &strangers{
		queue:     make(chan stranger, strangersAtOnce),
		neighbour: func(a netip.Addr) (provision.MAC, bool) { return phone, a == netip.MustParseAddr("192.0.2.50") },
		lan:       func() string { return "eth0" }, now: func() time.Time { return at },
		sink: func(x provision.Sighting) { seen = append(seen, x) },
	}
	for _, e := range []struct{ name, service, user, from string }{
		{"InvalidAccountID", "PJSIP", "204\x1b", "IPV4/UDP/192.0.2.50/5060"},
		{"InvalidAccountID", "PJSIP", "204", "IPV4/UDP/203.0.113.9/5060"}, // routed
		{"InvalidAccountID", "AMI", "x", "IPV4/TCP/192.0.2.50/5060"},
		{"InvalidAccountID", "PJSIP", "x", "192.0.2.50"},
		{"ChallengeSent", "PJSIP", "x", "IPV4/UDP/192.0.2.50/5060"},
	} {
		s.event(ami.Event{Name: e.name, Message: ami.Message{{Key: "Service", Value: e.service}, {Key: "AccountID", Value: e.user}, {Key: "RemoteAddress", Value: e.from}}})
	}
	for len(s.queue) > 0 {
		s.report(<-s.queue)
	}
	want := []provision.Sighting{{
		At: at, Sensor: provision.SensorSIP, MAC: phone, Proved: true, IP: netip.MustParseAddr("192.0.2.50"), Interface: "eth0",
		Fields: map[string]string{provision.FieldAccount: "204"},
	}}
	if diff := cmp.Diff(want, seen, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
