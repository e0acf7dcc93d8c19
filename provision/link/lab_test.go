//go:build lab

package link

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"autocom/provision"
	"autocom/provision/link/linktest"
)

// Requests in the name of many addresses must not make as many broadcasts, and who is
// known is still told from a table of thousands.
//
// In words: a phone is still known among thousands of strangers that flood the network.
func TestAFloodOfStrangers(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	linktest.TwoHosts(t)
	lan, err := netlink.LinkByName("lan0")
	if err != nil {
		t.Fatal(err)
	}
	wide := netip.MustParsePrefix("10.1.0.1/16")
	if err := AddAddress("lan0", wide); err != nil {
		t.Fatal(err)
	}
	w := &Watch{Name: "lan0", lan: Interface{Name: "lan0", Index: lan.Attrs().Index, Addresses: []netip.Prefix{wide}}}
	table := func(state int) (n int) {
		t.Helper()
		list, err := netlink.NeighList(lan.Attrs().Index, netlink.FAMILY_V4)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.State&state != 0 {
				n++
			}
		}
		return n
	}
	var all sync.WaitGroup
	for i := range 500 {
		all.Go(func() { w.Neighbour(netip.AddrFrom4([4]byte{10, 1, 1 + byte(i/250), byte(i % 250)})) })
	}
	all.Wait()
	if n := table(netlink.NUD_INCOMPLETE | netlink.NUD_FAILED); n == 0 || n > maxAsking {
		t.Errorf("%d addresses were asked for, want 1 to %d", n, maxAsking)
	}
	for i := range 800 { // below the kernel's default limit of 1024
		mac := net.HardwareAddr{0, 0, 0x5e, 0, byte(i >> 8), byte(i)}
		err := netlink.NeighSet(&netlink.Neigh{LinkIndex: lan.Attrs().Index, State: netlink.NUD_PERMANENT,
			IP: net.IPv4(10, 1, 8+byte(i>>8), byte(i)), HardwareAddr: mac})
		if err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	for i := range 800 {
		want := provision.MAC{0, 0, 0x5e, 0, byte(i >> 8), byte(i)}
		if got, ok := w.Neighbour(netip.AddrFrom4([4]byte{10, 1, 8 + byte(i>>8), byte(i)})); !ok || got != want {
			t.Fatalf("neighbour %d of 800: %v %v, want %v", i, got, ok, want)
		}
	}
	t.Logf("a look-up in a table of %d takes %v", table(0xff), time.Since(start)/800)
}

// In words: the cable, the addresses and the neighbours of the box are known as they change.
func TestTheKernelTells(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	phoneMAC, _ := linktest.TwoHosts(t)
	states := make(chan Interface, 16)
	w := &Watch{Name: "lan0", OnChange: func(i Interface) { states <- i }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	<-w.Ready()
	next := func() []string {
		t.Helper()
		select {
		case s := <-states:
			out := []string{s.Name}
			if s.Up {
				out = append(out, "up")
			}
			for _, a := range s.Addresses {
				out = append(out, a.String())
			}
			return out
		case <-time.After(5 * time.Second):
			t.Fatal("the kernel told nothing for 5 s")
			panic("unreachable")
		}
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, next()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	expect("at first", "lan0", "up", "192.0.2.10/24")

	second := netip.MustParsePrefix("192.168.77.1/24")
	for range 2 { // twice is once
		if err := AddAddress("lan0", second); err != nil {
			t.Fatal(err)
		}
	}
	expect("a second address", "lan0", "up", "192.0.2.10/24", "192.168.77.1/24")
	for range 2 {
		if err := DelAddress("lan0", second); err != nil {
			t.Fatal(err)
		}
	}
	expect("one address", "lan0", "up", "192.0.2.10/24")

	// The table is empty at first, so both answers need a question by ARP.
	start := time.Now()
	if got, ok := w.Neighbour(netip.MustParseAddr("192.0.2.50")); !ok || got != phoneMAC {
		t.Errorf("neighbour %v %v, want %v", got, ok, phoneMAC)
	}
	if got, ok := w.Neighbour(netip.MustParseAddr("192.0.2.51")); ok {
		t.Errorf("an address that nobody has belongs to %v", got)
	}
	if got, ok := w.Neighbour(netip.MustParseAddr("198.51.100.1")); ok {
		t.Errorf("a routed address belongs to %v", got)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("three questions took %v", d)
	}

	l, err := netlink.LinkByName("lan0")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetDown(l); err != nil {
		t.Fatal(err)
	}
	expect("down", "lan0", "192.0.2.10/24")
	if err := netlink.LinkDel(l); err != nil {
		t.Fatal(err)
	}
	expect("gone", "")
	if err := AddAddress("lan0", second); err == nil {
		t.Error("an interface that is gone got an address")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
