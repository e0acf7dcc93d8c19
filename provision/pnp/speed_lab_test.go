//go:build lab

package pnp

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"autocom/provision"
	"autocom/provision/link"
	"autocom/provision/link/linktest"
)

// From the SUBSCRIBE to the NOTIFY, as each maker's phone asks: the median is bounded,
// what is common to all of them is that the NOTIFY comes and that the MAC is proved.
//
// In words: a phone that asks is answered quickly.
func TestTheAnswerIsQuick(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	mac, atPhone := linktest.TwoHosts(t)
	lan, err := net.InterfaceByName("lan0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Responder{
		Interface: "lan0", Log: slog.New(slog.DiscardHandler),
		Local:     func() netip.Addr { return netip.MustParseAddr("192.0.2.10") },
		Neighbour: func(ip netip.Addr) (provision.MAC, bool) { return link.Neighbour(lan.Index, ip) },
		Answer: func(_ context.Context, s provision.Sighting) (string, bool) {
			return "http://192.0.2.10/" + s.MAC.Hex(), s.Proved && s.MAC == mac
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	<-r.Ready()
	var all []time.Duration
	for name, text := range captured {
		s, err := Decode(wire(text))
		if err != nil {
			t.Fatal(err)
		}
		// The phone is at 192.0.2.50 and has its own MAC, in its maker's spelling.
		for _, hex := range []string{s.MAC.Hex(), strings.ToUpper(s.MAC.Hex())} {
			own := mac.Hex()
			if hex != s.MAC.Hex() {
				own = strings.ToUpper(own)
			}
			if !s.MAC.IsZero() {
				text = strings.ReplaceAll(text, hex, own)
			}
		}
		text = strings.NewReplacer("192.0.2.67", "192.0.2.50", "192.0.2.2:", "192.0.2.50:", "192.0.2.3:", "192.0.2.50:", "192.0.2.4:", "192.0.2.50:").Replace(text)
		if s, err = Decode(wire(text)); err != nil {
			t.Fatal(err)
		}
		contact := s.notifyTo(netip.MustParseAddrPort("192.0.2.50:5060"))
		var phone *net.UDPConn
		atPhone(func() {
			phone, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 50), Port: int(contact.Port())})
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			ask := strings.Replace(text, "Call-ID: ", fmt.Sprintf("Call-ID: %d-", i), 1)
			took, err := notified(phone, wire(ask), mac)
			if err != nil {
				t.Fatalf("%s, question %d: %v, %+v", name, i, err, r.Counters())
			}
			all = append(all, took)
			time.Sleep(5 * time.Millisecond) // no phone asks twice before its own answer has arrived
		}
		phone.Close()
	}
	slices.Sort(all)
	median, worst := all[len(all)/2], all[len(all)-1]
	t.Logf("SUBSCRIBE to NOTIFY, %d times: median %v, worst %v", len(all), median, worst)
	if median > 20*time.Millisecond {
		t.Errorf("the median is %v, 20 ms are allowed", median)
	}
}

func notified(phone *net.UDPConn, ask []byte, mac provision.MAC) (time.Duration, error) {
	start := time.Now()
	if _, err := phone.WriteTo(ask, &net.UDPAddr{IP: Group.AsSlice(), Port: Port}); err != nil {
		return 0, err
	}
	buf := make([]byte, 4096)
	for {
		if err := phone.SetReadDeadline(time.Now().Add(3 * time.Second)); err != nil {
			return 0, err
		}
		n, from, err := phone.ReadFromUDP(buf)
		if err != nil {
			return 0, err
		}
		m, err := sip.ParseMessage(buf[:n])
		if err != nil {
			return 0, err
		}
		q, ok := m.(*sip.Request)
		if !ok {
			continue
		}
		took := time.Since(start)
		if want := "http://192.0.2.10/" + mac.Hex(); string(q.Body()) != want {
			return 0, fmt.Errorf("the address is %q, want %q", q.Body(), want)
		}
		_, err = phone.WriteTo([]byte(sip.NewResponseFromRequest(q, 200, "OK", nil).String()), from)
		return took, err
	}
}

// Another box answers a phone: the wire shows it.
//
// In words: another box that answers phones is noticed.
func TestARivalOnTheWire(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	mac, atPhone := linktest.TwoHosts(t)
	type found struct {
		ip  netip.Addr
		mac provision.MAC
	}
	told := make(chan found, 8)
	r := &Rivals{
		Interface: "lan0", Log: slog.New(slog.DiscardHandler),
		Local: func() netip.Addr { return netip.MustParseAddr("192.0.2.10") },
		Rival: func(ip netip.Addr, mac provision.MAC) { told <- found{ip, mac} },
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	defer func() { cancel(); <-done }()
	s, err := Decode(wire(yealinkSubscribe))
	if err != nil {
		t.Fatal(err)
	}
	notify := newDialog(s, netip.MustParseAddrPort("192.0.2.10:5059"), netip.MustParseAddrPort("192.0.2.50:5060")).notify("http://192.0.2.50/")
	var rival *net.UDPConn
	atPhone(func() { rival, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 50)}) })
	if err != nil {
		t.Fatal(err)
	}
	defer rival.Close()
	for range 50 {
		if _, err := rival.WriteTo(notify, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 10), Port: 5059}); err != nil {
			t.Fatal(err)
		}
		select {
		case f := <-told:
			if f.ip.String() != "192.0.2.50" || f.mac != mac {
				t.Errorf("told of %v %v", f.ip, f.mac)
			}
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Error("not told of it in 5 s")
}
