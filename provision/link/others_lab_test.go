//go:build lab

package link

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"autocom/provision"
	"autocom/provision/link/linktest"
)

// In words: who is on the same cable is known.
func TestNeighboursOnACable(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	phoneMAC, atPhone := linktest.TwoHosts(t)
	seen := make(chan provision.Sighting, 64)
	n := &Neighbours{Interface: "lan0", Sink: func(s provision.Sighting) { seen <- s }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- n.Run(ctx) }()
	<-n.Ready()
	expect := func(what string, mac provision.MAC) {
		t.Helper()
		select {
		case s := <-seen:
			if s.MAC != mac || s.IP.String() != "192.0.2.50" || !s.Proved || s.Sensor != provision.SensorARP || s.Interface != "lan0" {
				t.Errorf("%s: %+v", what, s)
			}
		case <-time.After(8 * time.Second):
			t.Fatalf("%s: nothing was told for 8 s; %+v", what, n.Counters())
		}
	}
	quiet := func(what string) {
		t.Helper()
		select {
		case s := <-seen:
			t.Errorf("%s: %+v", what, s)
		case <-time.After(500 * time.Millisecond):
		}
	}
	talk := func() {
		atPhone(func() {
			c, err := net.Dial("udp4", "192.0.2.10:9")
			if err == nil {
				c.Write([]byte{0})
				c.Close()
			}
		})
	}
	quiet("nobody has spoken")
	talk()
	expect("the phone asked who we are", phoneMAC)
	talk()
	quiet("the phone spoke again")

	// The phone is replaced by another that takes over its address.
	another := provision.MAC{0, 0, 0x5e, 0, 0x53, 0x77}
	atPhone(func() {
		l, err := netlink.LinkByName("phone0")
		if err == nil {
			err = netlink.LinkSetDown(l)
		}
		if err == nil {
			err = netlink.LinkSetHardwareAddr(l, another[:])
		}
		if err == nil {
			err = netlink.LinkSetUp(l)
		}
		if err != nil {
			t.Error(err)
		}
	})
	deadline := time.Now().Add(5 * time.Second)
	for len(seen) == 0 && time.Now().Before(deadline) {
		talk()
		time.Sleep(100 * time.Millisecond)
	}
	expect("another phone has the address", another)

	// The interface goes and comes back as another.
	lan, err := netlink.LinkByName("lan0")
	if err == nil {
		err = netlink.LinkDel(lan)
	}
	if err == nil {
		err = netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "lan0"}, PeerName: "far0"})
	}
	if err != nil {
		t.Fatal(err)
	}
	lan, err = netlink.LinkByName("lan0")
	if err == nil {
		err = netlink.LinkSetUp(lan)
	}
	if err == nil {
		err = netlink.NeighSet(&netlink.Neigh{LinkIndex: lan.Attrs().Index, State: netlink.NUD_REACHABLE,
			IP: net.IPv4(192, 0, 2, 50), HardwareAddr: net.HardwareAddr(phoneMAC[:])})
	}
	if err != nil {
		t.Fatal(err)
	}
	expect("on the new interface", phoneMAC)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What comes and goes beside the LAN interface while we run.
//
// In words: other network interfaces that come and go disturb nothing.
func TestFurtherInterfacesComeAndGo(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	phone, atPhone := linktest.TwoHosts(t)
	told := make(chan []Interface, 16)
	lans := make(chan Interface, 16)
	w := &Watch{Name: "lan0", Uplink: Auto, OnChange: func(i Interface) { lans <- i }, OnOthers: func(o []Interface) { told <- o }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	<-w.Ready()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	names := func(list []Interface) string {
		var out []string
		for _, i := range list {
			out = append(out, i.Name)
		}
		return strings.Join(out, " ")
	}
	expect := func(what, want string) {
		t.Helper()
		for deadline := time.After(5 * time.Second); ; {
			select {
			case got := <-told:
				if names(got) == want && names(w.Others()) == want {
					return
				}
			case <-deadline:
				t.Fatalf("%s: others are %q, want %q", what, names(w.Others()), want)
			}
		}
	}
	lan, err := netlink.LinkByName("lan0")
	must(err)
	// Without the delay it would wait 15 s for other bridges before it is up.
	if out, err := exec.Command("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0").CombinedOutput(); err != nil {
		t.Fatalf("make a bridge (apt install iproute2): %v %s", err, out)
	}
	bridge, err := netlink.LinkByName("br0")
	must(err)
	must(netlink.LinkSetUp(bridge))
	must(netlink.LinkSetMaster(lan, bridge))
	expect("the LAN becomes the port of a bridge", "br0")
	if got := w.Others()[0]; got.Address().IsValid() || got.Index != bridge.Attrs().Index {
		t.Errorf("the bridge is %+v", got)
	}
	must(AddAddress("br0", netip.MustParsePrefix("198.51.100.10/24")))
	expect("the bridge gets an address", "br0")
	if got := w.Others()[0].Address().String(); got != "198.51.100.10" {
		t.Errorf("its address is %s", got)
	}
	atPhone(func() { err = AddAddress("phone0", netip.MustParsePrefix("198.51.100.50/24")) })
	must(err)
	if mac, ok := w.Neighbour(netip.MustParseAddr("198.51.100.50")); !ok || mac != phone {
		t.Errorf("behind the bridge's address is %s %v, want %s", mac, ok, phone)
	}
	must(netlink.LinkSetDown(bridge))
	expect("it goes down", "")
	must(netlink.LinkSetUp(bridge))
	expect("and up", "br0")
	must(netlink.LinkSetNoMaster(lan))
	expect("the LAN is no port any more", "")

	gateway := func() bool {
		t.Helper()
		list, err := netlinkKernel{}.Interfaces()
		must(err)
		i, _ := named(list, "lan0")
		return i.Gateway
	}
	route := &netlink.Route{LinkIndex: lan.Attrs().Index, Gw: net.IPv4(192, 0, 2, 1)}
	if gateway() {
		t.Error("a default route without one")
	}
	must(netlink.RouteAdd(route))
	if !gateway() {
		t.Error("the default route is not seen")
	}
	must(netlink.RouteDel(route))

	err = netlink.LinkAdd(&netlink.Vlan{LinkAttrs: netlink.LinkAttrs{Name: "lan0.20", ParentIndex: lan.Attrs().Index}, VlanId: 20})
	if errors.Is(err, unix.EOPNOTSUPP) {
		t.Log("this kernel has no VLANs: that one appears is only tried with a bridge")
	} else {
		must(err)
		vlan, err := netlink.LinkByName("lan0.20")
		must(err)
		must(netlink.LinkSetUp(vlan))
		expect("a VLAN appears", "lan0.20")
		must(netlink.LinkDel(vlan))
		expect("it is taken away", "")
	}

	var states []string
	for len(lans) > 0 {
		states = append(states, (<-lans).Name)
	}
	for _, name := range states {
		if name != "lan0" {
			t.Errorf("the LAN interface moved: %q", states)
		}
	}
	cancel()
	must(<-done)
}
