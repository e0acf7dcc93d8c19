package main

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"autocom/pbx/ami"
	"autocom/provision"
)

// decodeStranger reads who asked as a user that Asterisk does not know:
//
//	Event: InvalidAccountID
//	Service: PJSIP
//	AccountID: 204
//	RemoteAddress: IPV4/UDP/192.168.1.50/5060
func decodeStranger(ev ami.Event) (user string, from netip.Addr, ok bool) {
	if ev.Name != "InvalidAccountID" || ev.Get("Service") != "PJSIP" {
		return "", netip.Addr{}, false
	}
	parts := strings.Split(ev.Get("RemoteAddress"), "/")
	if len(parts) != 4 {
		return "", netip.Addr{}, false
	}
	from, err := netip.ParseAddr(parts[2])
	return ev.Get("AccountID"), from.Unmap(), err == nil
}

// strangers are phones with an account of another exchange, seen by what they send to
// ours. The neighbour table says whose address it is; without it nothing is seen.
type strangers struct {
	neighbour func(netip.Addr) (provision.MAC, bool)
	lan       func() string // the phones' interface
	sink      func(provision.Sighting)
	now       func() time.Time
	queue     chan stranger
}

type stranger struct {
	user string
	from netip.Addr
}

// strangersAtOnce bounds those who wait for the neighbour table: a scanner sends
// hundreds a second, and a phone repeats itself.
const strangersAtOnce = 64

func (s *strangers) String() string { return "strangers" }

// event takes an event of Asterisk; it never waits.
func (s *strangers) event(ev ami.Event) {
	user, from, ok := decodeStranger(ev)
	if !ok {
		return
	}
	select {
	case s.queue <- stranger{user, from}:
	default:
	}
}

// Run reports strangers until ctx ends.
func (s *strangers) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case x := <-s.queue:
			s.report(x)
		}
	}
}

func (s *strangers) report(x stranger) {
	mac, ok := s.neighbour(x.from)
	if !ok {
		return
	}
	s.sink(provision.Sighting{
		At: s.now(), Sensor: provision.SensorSIP, MAC: mac, Proved: true, IP: x.from, Interface: s.lan(),
		Fields: map[string]string{provision.FieldAccount: provision.Clean(x.user)},
	})
}
