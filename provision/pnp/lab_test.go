//go:build lab

package pnp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"autocom/provision"
	"autocom/provision/link"
	"autocom/provision/link/linktest"
)

// A phone asks the group, gets its 200 and its NOTIFY, confirms the second copy
// only; all while somebody else owns port 5060 of the LAN address.
//
// In words: a phone that asks the whole network for its settings is answered.
func TestAPhoneAsksTheGroup(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	phoneMAC, atPhone := linktest.TwoHosts(t)
	asterisk, err := net.ListenPacket("udp4", "192.0.2.10:5060")
	if err != nil {
		t.Fatal(err)
	}
	defer asterisk.Close()
	lan, err := net.InterfaceByName("lan0")
	if err != nil {
		t.Fatal(err)
	}
	var seen []provision.Sighting
	r := &Responder{
		Interface: "lan0",
		Local:     func() netip.Addr { return netip.MustParseAddr("192.0.2.10") },
		Neighbour: func(ip netip.Addr) (provision.MAC, bool) { return link.Neighbour(lan.Index, ip) },
		Answer: func(_ context.Context, s provision.Sighting) (string, bool) {
			seen = append(seen, s)
			return "http://192.0.2.10/p/" + s.MAC.Hex() + "/", s.Proved
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	<-r.Ready()

	var phone *net.UDPConn
	atPhone(func() {
		phone, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 50), Port: 5059})
	})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	ask := strings.ReplaceAll(yealinkSubscribe, "001565aabb01", phoneMAC.Hex())
	// Twice at once, as a phone does that hears nothing: answered once.
	for range 2 {
		if _, err := phone.WriteTo(wire(ask), &net.UDPAddr{IP: Group.AsSlice(), Port: Port}); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (sip.Message, *net.UDPAddr) {
		t.Helper()
		buf := make([]byte, 4096)
		if err := phone.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, from, err := phone.ReadFromUDP(buf)
		if err != nil {
			t.Fatal(err)
		}
		m, err := sip.ParseMessage(buf[:n])
		if err != nil {
			t.Fatal(err)
		}
		return m, from
	}
	first, _ := read()
	if res, ok := first.(*sip.Response); !ok || res.StatusCode != 200 {
		t.Fatalf("first comes %v, not the 200", first)
	}
	second, _ := read()
	third, from := read()
	notify, ok := third.(*sip.Request)
	if !ok || notify.Method != sip.NOTIFY || second.String() != third.String() {
		t.Fatalf("the NOTIFY and its copy differ:\n%v\n%v", second, third)
	}
	if want := "http://192.0.2.10/p/" + phoneMAC.Hex() + "/"; string(notify.Body()) != want {
		t.Errorf("body %q, want %q", notify.Body(), want)
	}
	ok200 := sip.NewResponseFromRequest(notify, 200, "OK", nil).String()
	if _, err := phone.WriteTo([]byte(ok200), from); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for r.Counters().Answered == 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(Counters{Datagrams: 2, Dropped: 1, Notifies: 2, Answered: 1}, r.Counters()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	event := `ua-profile;profile-type="device";vendor="yealink";model="W52P";version="25.81.0.10"`
	want := []provision.Sighting{{
		Sensor: provision.SensorPnP, MAC: phoneMAC, Proved: true, IP: netip.MustParseAddr("192.0.2.50"), Interface: "lan0",
		Fields: map[string]string{
			"event": event, "user-agent": "Yealink W52P 25.81.0.10", "vendor": "yealink", "model": "W52P", "firmware": "25.81.0.10",
		},
	}}
	for i := range seen {
		seen[i].At = time.Time{}
	}
	if diff := cmp.Diff(want, seen, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("sightings (-want +got):\n%s", diff)
	}
}

// A phone that names another's MAC is a claim and gets no answer here.
//
// In words: a phone that pretends to be another one gets no answer.
func TestAPhoneThatNamesAnothersMAC(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	_, atPhone := linktest.TwoHosts(t)
	lan, err := net.InterfaceByName("lan0")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan provision.Sighting, 1)
	r := &Responder{
		Interface: "lan0",
		Local:     func() netip.Addr { return netip.MustParseAddr("192.0.2.10") },
		Neighbour: func(ip netip.Addr) (provision.MAC, bool) { return link.Neighbour(lan.Index, ip) },
		Answer: func(_ context.Context, s provision.Sighting) (string, bool) {
			seen <- s
			return "http://192.0.2.10/", s.Proved
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	<-r.Ready()
	atPhone(func() {
		var phone *net.UDPConn
		if phone, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 50), Port: 5059}); err == nil {
			defer phone.Close()
			_, err = phone.WriteTo(wire(yealinkSubscribe), &net.UDPAddr{IP: Group.AsSlice(), Port: Port})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case s := <-seen:
		if s.Proved || s.MAC != mac("00:15:65:aa:bb:01") {
			t.Errorf("seen as %v, proved %v", s.MAC, s.Proved)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("nothing was seen for 5 s")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(Counters{Datagrams: 1, Silent: 1}, r.Counters()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// The group is heard on the phone LAN only, also after the membership was
// renewed and while another program listens to it on the uplink.
//
// In words: who asks from the side of the internet is not heard.
func TestTheUplinkIsNotHeard(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	for i, name := range []string{"lan0", "uplink0"} {
		far := name + "-far"
		if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: far}); err != nil {
			t.Fatal(err)
		}
		if l, err := netlink.LinkByName(far); err != nil || netlink.LinkSetUp(l) != nil {
			t.Fatalf("%s does not come up: %v", far, err)
		}
		l, err := netlink.LinkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		addr, err := netlink.ParseAddr([]string{"192.0.2.10/24", "198.51.100.10/24"}[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(netlink.AddrAdd(l, addr), netlink.LinkSetUp(l)); err != nil {
			t.Fatal(err)
		}
	}
	lan, err := join("lan0")
	if err != nil {
		t.Fatal(err)
	}
	defer lan.Close()
	other, err := join("uplink0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := errors.Join(lan.rejoin(), lan.rejoin()); err != nil {
		t.Fatal(err)
	}
	heard := func(c *groupConn) string {
		t.Helper()
		buf := make([]byte, 64)
		if err := c.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, _, err := c.ReadFrom(buf)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
	for i, source := range []string{"192.0.2.10", "198.51.100.10"} {
		// A multicast sent from an address leaves by its interface and comes back by it.
		c, err := net.ListenPacket("udp4", source+":0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := sendBy(c, netip.MustParseAddr(source)); err != nil {
			t.Fatal(err)
		}
		want := [2]string{}
		want[i] = "hello"
		if diff := cmp.Diff(want, [2]string{heard(lan), heard(other)}); diff != "" {
			t.Errorf("from %s, [lan uplink] (-want +got):\n%s", source, diff)
		}
	}
}

func sendBy(c net.PacketConn, source netip.Addr) error {
	raw, err := c.(*net.UDPConn).SyscallConn()
	if err != nil {
		return err
	}
	var opErr error
	err = raw.Control(func(fd uintptr) {
		opErr = errors.Join(
			unix.SetsockoptInet4Addr(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_IF, source.As4()),
			unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 1),
		)
	})
	if err := errors.Join(err, opErr); err != nil {
		return err
	}
	_, err = c.WriteTo([]byte("hello"), &net.UDPAddr{IP: Group.AsSlice(), Port: Port})
	return err
}
