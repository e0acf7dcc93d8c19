//go:build lab

package sniff

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"autocom/provision"
	"autocom/provision/link/linktest"
)

// cable makes a LAN of two ends, both up.
func cable(t *testing.T) {
	t.Helper()
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "lan0"}, PeerName: "phone0"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lan0", "phone0"} {
		l, err := netlink.LinkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := netlink.LinkSetUp(l); err != nil {
			t.Fatal(err)
		}
	}
}

func send(t *testing.T, ifname string, frame []byte) {
	t.Helper()
	ifi, err := net.InterfaceByName(ifname)
	if err != nil {
		t.Fatal(err)
	}
	c, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.WriteTo(frame, &packet.Addr{HardwareAddr: net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}); err != nil {
		t.Fatal(err)
	}
}

// In words: phones are seen as soon as they ask for an address.
func TestPhonesOnACable(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	cable(t)
	seen := make(chan provision.Sighting, 16)
	d := &DHCP{Interface: "lan0", Sink: func(s provision.Sighting) { seen <- s }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	<-d.Ready()

	send(t, "lan0", client{chaddr: provision.MAC{0, 0, 0x5e, 0, 0x53, 9}, options: options(discover, end)}.frame()) // sent by us: not seen
	send(t, "phone0", client{chaddr: snomMAC, dstPort: 53}.frame())                                                 // not DHCP
	send(t, "phone0", client{options: options(discover, end)}.frame())                                              // malformed
	send(t, "phone0", frames["a Yealink discovers"].frame())
	send(t, "phone0", frames["tagged with VLAN 20"].frame())
	send(t, "phone0", frames["two tags, the inner one counts"].frame())

	want := []provision.Sighting{
		{Sensor: provision.SensorDHCP, MAC: yealinkMAC, Proved: true, Interface: "lan0", Fields: map[string]string{"message": "discover",
			"option60": "yealink", "option55": "1,3,6,66,43", "hostname": "SIP-T46G"}},
		{Sensor: provision.SensorDHCP, MAC: yealinkMAC, Proved: true, Interface: "lan0", VLAN: 20, Fields: map[string]string{"message": "discover"}},
		{Sensor: provision.SensorDHCP, MAC: yealinkMAC, Proved: true, Interface: "lan0", VLAN: 20, Fields: map[string]string{"message": "discover"}},
	}
	got := []provision.Sighting{next(t, seen), next(t, seen), next(t, seen)}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("sightings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Counters{Frames: 4, Sightings: 3, Malformed: 1, Faults: map[string]uint64{FaultHardware: 1}}, d.Counters()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}

	// The cable is changed while we listen.
	l, err := netlink.LinkByName("lan0")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkDel(l); err != nil {
		t.Fatal(err)
	}
	cable(t)
	deadline := time.Now().Add(10 * time.Second)
	for len(seen) == 0 && time.Now().Before(deadline) {
		send(t, "phone0", frames["a Snom requests after a reboot"].frame())
		time.Sleep(200 * time.Millisecond)
	}
	if s := next(t, seen); s.MAC != snomMAC {
		t.Errorf("after the interface came back: %v", s)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// next takes one sighting without its time.
func next(t *testing.T, seen chan provision.Sighting) provision.Sighting {
	t.Helper()
	select {
	case s := <-seen:
		if since := time.Since(s.At); since < 0 || since > time.Second {
			t.Errorf("seen at %v", s.At)
		}
		s.At = time.Time{}
		return s
	case <-time.After(5 * time.Second):
		t.Fatal("nothing was seen for 5 s")
		panic("unreachable")
	}
}
