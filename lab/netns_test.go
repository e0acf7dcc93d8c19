//go:build lab

package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// run runs a command of the machine, which must work.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// namespace makes a network namespace that lives as long as the test and gives its path.
func namespace(t *testing.T) string {
	t.Helper()
	holder := exec.Command("sleep", "infinity")
	holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if err := holder.Start(); err != nil {
		t.Fatalf("make a network namespace: %v", err)
	}
	t.Cleanup(func() { holder.Process.Kill(); holder.Wait() })
	path := fmt.Sprintf("/proc/%d/ns/net", holder.Process.Pid)
	run(t, "nsenter", "--net="+path, "ip", "link", "set", "lo", "up")
	return path
}

// dialFrom gives a dialler whose sockets are in another network namespace.
func dialFrom(ns string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		runtime.LockOSThread()
		home, err := netns.Get()
		if err != nil {
			return nil, err
		}
		defer home.Close()
		there, err := netns.GetFromPath(ns)
		if err != nil {
			runtime.UnlockOSThread()
			return nil, err
		}
		defer there.Close()
		if err := netns.Set(there); err != nil {
			runtime.UnlockOSThread()
			return nil, err
		}
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if back := netns.Set(home); back != nil {
			panic(back) // this thread would do other tests' work in the wrong place
		}
		// A thread must not end here: what it started has Pdeathsig and would be killed.
		runtime.UnlockOSThread()
		return conn, err
	}
}

var cables atomic.Int32

// plugIn runs a cable from the bridge into a namespace, where it is eth0 with addr.
func plugIn(t *testing.T, bridge, ns string, addr netip.Prefix) {
	t.Helper()
	n := cables.Add(1)
	br, err := netlink.LinkByName(bridge)
	if err != nil {
		t.Fatal(err)
	}
	veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: fmt.Sprintf("cable%d", n), MasterIndex: br.Attrs().Index}, PeerName: fmt.Sprintf("far%d", n)}
	if err := netlink.LinkAdd(veth); err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetUp(veth); err != nil {
		t.Fatal(err)
	}
	far, err := netlink.LinkByName(veth.PeerName)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(ns)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := netlink.LinkSetNsFd(far, int(f.Fd())); err != nil {
		t.Fatal(err)
	}
	in := func(args ...string) { t.Helper(); run(t, "nsenter", append([]string{"--net=" + ns, "ip"}, args...)...) }
	in("link", "set", veth.PeerName, "name", "eth0")
	if addr.IsValid() {
		in("addr", "add", addr.String(), "dev", "eth0")
	}
	in("link", "set", "eth0", "up")
}

func sysctl(t *testing.T, ns, key, value string) {
	t.Helper()
	path := "/proc/sys/" + strings.ReplaceAll(key, ".", "/")
	run(t, "nsenter", "--net="+ns, "sh", "-c", "echo "+value+" > "+path)
}

// dnsmasq is the office's router as many are: it gives addresses, and its DNS has nobody to ask.
func dnsmasq(t *testing.T, ns string, w world) {
	t.Helper()
	bin, err := exec.LookPath("dnsmasq")
	if err != nil {
		t.Fatal("dnsmasq is missing: apt install dnsmasq-base")
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "dnsmasq.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nsenter", "--net="+ns, bin, "--keep-in-foreground", "--conf-file=/dev/null", "--user=root",
		"--port=0", "--interface=eth0", "--bind-interfaces", "--dhcp-range="+w.leases+",1h", "--dhcp-lease-max=2000",
		"--dhcp-option=option:router,"+w.router.Addr().String(), "--dhcp-option=option:dns-server,"+w.router.Addr().String(),
		"--dhcp-authoritative", "--no-ping", "--dhcp-leasefile="+log.Name()+".leases", "--log-facility=-")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); log.Close() })
	for range 50 { // until it says that it serves
		if b, err := os.ReadFile(log.Name()); err == nil && strings.Contains(string(b), "DHCP, IP range") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b, _ := os.ReadFile(log.Name())
	t.Fatalf("dnsmasq does not serve:\n%s", b)
}
