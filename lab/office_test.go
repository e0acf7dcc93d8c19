//go:build lab

// Package lab turns autocomd, a real Asterisk, a real dnsmasq and virtual phones
// into a small office, in network namespaces on one machine: the thin line without
// a virtual machine, for daily work.
//
// It needs root and the root file system that `make rootfs` unpacks; `make lab` does both.
package lab

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
	"autocom/phonesim"
	"autocom/qemu"

	"github.com/vishvananda/netlink"
)

// daemonPath tells the isolated process where the freshly built autocomd is.
const daemonPath = "AUTOCOM_LAB_DAEMON"

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "lab: root is needed for network namespaces: sudo make lab")
		return 1
	}
	if os.Getenv(daemonPath) == "" { // still on the machine's own network
		dir, err := os.MkdirTemp("", "autocom-lab-")
		if err != nil {
			fmt.Fprintln(os.Stderr, "lab:", err)
			return 1
		}
		defer os.RemoveAll(dir)
		bin := filepath.Join(dir, "autocomd")
		if out, err := exec.Command("go", "build", "-o", bin, "autocom/cmd/autocomd").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "lab: build autocomd: %v\n%s", err, out)
			return 1
		}
		os.Setenv(daemonPath, bin)
		restore, err := roomForNeighbours()
		if err != nil {
			fmt.Fprintln(os.Stderr, "lab: raise the limits of the neighbour table:", err)
			return 1
		}
		defer restore()
	}
	return qemu.Isolated(m.Run)
}

// roomForNeighbours lets the kernel, whose table is one for all namespaces, know as many
// neighbours as on the card (overlay): 500 phones are too many for its defaults.
func roomForNeighbours() (restore func(), err error) {
	const dir = "/proc/sys/net/ipv4/neigh/default/"
	old := map[string][]byte{}
	restore = func() {
		for name, text := range old {
			// What is left is only more generous than it was.
			_ = os.WriteFile(dir+name, text, 0o644)
		}
	}
	for name, limit := range map[string]string{"gc_thresh1": "4096", "gc_thresh2": "8192", "gc_thresh3": "16384"} {
		if old[name], err = os.ReadFile(dir + name); err != nil {
			return nil, err
		}
		if err = os.WriteFile(dir+name, []byte(limit), 0o644); err != nil {
			return nil, err
		}
	}
	return restore, nil
}

// world is what differs between scenarios.
type world struct {
	box      netip.Prefix // the box's address; zero: nobody gives it one
	router   netip.Prefix // gives addresses to phones; zero: there is none
	leases   string       // of the router
	network  string       // further lines of [network] in autocom.toml
	settings string       // further sections: "[phones]\nmode = …"
}

// usual is an office with a router.
var usual = world{
	box: netip.MustParsePrefix("192.168.60.10/24"), router: netip.MustParsePrefix("192.168.60.1/24"),
	leases: "192.168.60.100,192.168.60.250",
}

// serving is an office whose box gives the addresses: it tells each maker's phones where
// their settings are.
var serving = world{
	box:     netip.MustParsePrefix("192.168.62.1/24"),
	network: "address = \"192.168.62.1/24\"\ndhcp = \"serve\"\n",
}

// large is one for many phones.
var large = world{
	box: netip.MustParsePrefix("10.60.0.10/16"), router: netip.MustParsePrefix("10.60.0.1/16"),
	leases:   "10.60.1.1,10.60.9.250",
	settings: "[phones]\nextensions = \"2001-2999\"\nopen_reservations = 1000\nnew_per_minute = 1000\nnew_per_day = 1000\n",
}

// deadDNS names a server behind the router that never answers: no internet.
const deadDNS = "nameserver 198.51.100.53\n"

// office is one box, its router and a wire for phones.
type office struct {
	t    *testing.T
	wire *phonesim.Wire
	box  string // network namespace
	data string
	run  string
	at   netip.Addr // the box

	daemon *daemon

	mu   sync.Mutex
	pbx  *asterisktest.Asterisk
	stop context.CancelFunc
}

// open builds the office and waits until the box's page answers.
func open(t *testing.T, w world) *office {
	t.Helper()
	bridge := fmt.Sprintf("br%d", os.Getpid()%1000)
	if old, err := netlink.LinkByName(bridge); err == nil { // of the scenario before
		if err := netlink.LinkDel(old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := qemu.OpenLAN(bridge, netip.Prefix{}); err != nil {
		t.Fatal(err)
	}
	wire, err := phonesim.OpenWire(bridge)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// Asterisk's user is another one than ours: it must reach its files.
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, wire: wire, data: filepath.Join(dir, "data"), run: filepath.Join(dir, "run"), at: w.box.Addr()}
	for _, d := range []string{o.data, o.run} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	o.box = namespace(t)
	plugIn(t, bridge, o.box, w.box)
	sysctl(t, o.box, "net.ipv4.ip_nonlocal_bind", "1")
	if w.router.IsValid() {
		router := namespace(t)
		plugIn(t, bridge, router, w.router)
		dnsmasq(t, router, w)
		run(t, "nsenter", "--net="+o.box, "ip", "route", "add", "default", "via", w.router.Addr().String())
	}
	if !w.box.IsValid() {
		o.at = netip.MustParseAddr("192.168.77.1")
	}
	o.writeConfig(w)
	ctx, stop := context.WithCancel(context.Background())
	o.stop = stop
	done := make(chan struct{})
	go func() { defer close(done); o.supervise(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	o.daemon = startDaemon(t, o)
	return o
}

func (o *office) writeConfig(w world) {
	o.t.Helper()
	config := fmt.Sprintf("[network]\ninterface = \"eth0\"\n%s[paths]\ndata = %q\nrun = %q\n[asterisk]\nami = \"127.0.0.1:5038\"\n%s",
		w.network, o.data, o.run, w.settings)
	if err := os.WriteFile(filepath.Join(o.run, "autocom.toml"), []byte(config), 0o644); err != nil {
		o.t.Fatal(err)
	}
}

// supervise stands in for autocom-asterisk-restart.path: it starts Asterisk when
// autocomd asks, and again at each request.
func (o *office) supervise(ctx context.Context) {
	request := filepath.Join(o.run, "restart-asterisk")
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
		if _, err := os.Stat(request); err != nil {
			continue
		}
		if err := os.Remove(request); err != nil {
			o.t.Error(err)
			return
		}
		o.mu.Lock()
		if o.pbx == nil {
			host, err := os.Hostname()
			if err != nil {
				o.t.Error(err)
			}
			o.pbx = asterisktest.Start(o.t, asterisktest.Options{NetNS: o.box, DataDir: o.data, Hostname: host, ResolvConf: deadDNS})
		} else {
			o.pbx.Restart()
		}
		o.mu.Unlock()
	}
}

// asterisk is the running exchange.
func (o *office) asterisk() *asterisktest.Asterisk {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pbx
}

// ready waits until the box's page answers and Asterisk runs.
func (o *office) ready(patience time.Duration) {
	o.t.Helper()
	c := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DialContext: dialFrom(o.box), DisableKeepAlives: true}}
	start := time.Now()
	for {
		res, err := c.Get("http://" + o.at.String() + "/")
		if err == nil {
			res.Body.Close()
		}
		if err == nil && res.StatusCode == http.StatusOK && o.asterisk() != nil {
			o.t.Logf("the box is ready at %s after %.1f s", o.at, time.Since(start).Seconds())
			return
		}
		if time.Since(start) > patience {
			o.t.Fatalf("the box is not ready at %s after %v: %v\n%s", o.at, patience, err, o.daemon.log())
		}
		time.Sleep(200 * time.Millisecond)
	}
}
