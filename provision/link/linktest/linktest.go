// Package linktest turns a test into one that has a LAN to itself: a network namespace of
// its own, and a cable to a second host in another.
package linktest

import (
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"autocom/provision"
)

// InNamespace runs the calling test again in a process with a network namespace
// of its own, and reports whether this is that process. No packet leaves it.
func InNamespace(t *testing.T) bool {
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

// TwoHosts makes a LAN of two hosts: lan0 with 192.0.2.10 here, and phone0 with
// 192.0.2.50 in another namespace. atPhone runs a function in that one.
func TwoHosts(t *testing.T) (phoneMAC provision.MAC, atPhone func(func())) {
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
