//go:build lab

package link

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"autocom/provision"
)

// inNamespace runs the calling test again in a process with a network namespace
// of its own, and reports whether this is that process. No packet leaves it.
func inNamespace(t *testing.T) bool {
	t.Helper()
	const mark = "AUTOCOM_TEST_NAMESPACE"
	if os.Getenv(mark) == t.Name() {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), mark+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("in a network namespace of its own (needs root or user namespaces): %v\n%s", err, out)
	}
	return false
}

// twoHosts makes a LAN of two hosts: lan0 with 192.0.2.10 here, and phone0 with
// 192.0.2.50 in another namespace. atPhone runs a function in that one.
func twoHosts(t *testing.T) (phoneMAC provision.MAC, atPhone func(func())) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	here, err := netns.Get()
	must(err)
	var phone netns.NsHandle
	made := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and its namespace with it.
		runtime.LockOSThread()
		var err error
		phone, err = netns.New()
		made <- err
	}()
	must(<-made)
	atPhone = func(f func()) {
		done := make(chan error)
		go func() {
			runtime.LockOSThread()
			err := netns.Set(phone)
			if err == nil {
				f()
			}
			done <- err
		}()
		must(<-done)
	}
	must(netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "lan0"}, PeerName: "phone0"}))
	lan, err := netlink.LinkByName("lan0")
	must(err)
	far, err := netlink.LinkByName("phone0")
	must(err)
	must(netlink.LinkSetNsFd(far, int(phone)))
	must(netlink.LinkSetUp(lan))
	addr, err := netlink.ParseAddr("192.0.2.10/24")
	must(err)
	must(netlink.AddrAdd(lan, addr))
	h, err := netlink.NewHandleAt(phone)
	must(err)
	far, err = h.LinkByName("phone0")
	must(err)
	addr, err = netlink.ParseAddr("192.0.2.50/24")
	must(err)
	must(h.AddrAdd(far, addr))
	must(h.LinkSetUp(far))
	for far.Attrs().OperState != netlink.OperUp || lan.Attrs().OperState != netlink.OperUp {
		time.Sleep(10 * time.Millisecond) // the cable's carrier comes a moment later
		far, err = h.LinkByName("phone0")
		must(err)
		lan, err = netlink.LinkByName("lan0")
		must(err)
	}
	must(h.RouteAdd(&netlink.Route{LinkIndex: far.Attrs().Index, Scope: netlink.SCOPE_LINK,
		Dst: &net.IPNet{IP: net.IPv4(224, 0, 0, 0), Mask: net.CIDRMask(4, 32)}}))
	t.Cleanup(func() { h.Close(); phone.Close(); here.Close() })
	copy(phoneMAC[:], far.Attrs().HardwareAddr)
	return phoneMAC, atPhone
}

// Requests in the name of many addresses must not make as many broadcasts, and who is
// known is still told from a table of thousands.
func TestAFloodOfStrangers(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	twoHosts(t)
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

func TestTheKernelTells(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	phoneMAC, _ := twoHosts(t)
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
