//go:build lab

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	asteriskconf "autocom/asterisk-conf"
	"autocom/asterisk-conf/asterisktest"
	"autocom/phonesim"
	"autocom/provision/link"
)

// The office is the network namespace of the test: a bridge, a router, phones. The
// box is another namespace with one cable into the bridge.
const (
	routerAddress = "192.168.88.254/24"
	boxAddress    = "192.168.88.1/24"
	page          = "http://192.168.88.1/"
)

func TestMain(m *testing.M) {
	role(os.Getenv(roleName))
	asterisktest.InOwnNetwork(m)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// box is a machine with autocomd and Asterisk, without a virtual machine.
type box struct {
	t       testing.TB
	dir     string
	program string
	ns      string
	page    string
	mu      sync.Mutex
	pbx     *asterisktest.Asterisk
	daemon  *exec.Cmd
	log     bytes.Buffer
}

// newBox is a box with an address of its own, in an office with a router.
func newBox(t testing.TB) (*box, *phonesim.Wire) {
	t.Helper()
	b, wire := newSwitch(t)
	b.program = filepath.Join(b.dir, "autocomd")
	if out, err := exec.Command("go", "build", "-o", b.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build autocomd: %v\n%s", err, out)
	}
	b.configure(boxAddress)
	router := &phonesim.Router{Interface: "br0", Addr: netip.MustParsePrefix(routerAddress), Log: slog.New(slog.DiscardHandler)}
	go router.Run(t.Context())
	return b, wire
}

// newSwitch is a box without a program on a switch without a router.
func newSwitch(t testing.TB) (*box, *phonesim.Wire) {
	t.Helper()
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}
	must(t, netlink.LinkAdd(bridge))
	t.Cleanup(func() { netlink.LinkDel(bridge) })
	must(t, netlink.LinkSetUp(bridge))
	address, err := netlink.ParseAddr(routerAddress)
	must(t, err)
	must(t, netlink.AddrAdd(bridge, address))
	// Who lives in the namespace keeps it alive.
	keeper := exec.Command("sleep", "infinity")
	keeper.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	must(t, keeper.Start())
	t.Cleanup(func() { keeper.Process.Kill(); keeper.Wait() })
	must(t, netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0", MasterIndex: 0}, PeerName: "box"}))
	inside, err := netlink.LinkByName("eth0")
	must(t, err)
	must(t, netlink.LinkSetNsPid(inside, keeper.Process.Pid))
	outside, err := netlink.LinkByName("box")
	must(t, err)
	t.Cleanup(func() { netlink.LinkDel(outside) }) // the kernel takes its time with a dead namespace
	must(t, errors.Join(netlink.LinkSetMaster(outside, bridge), netlink.LinkSetUp(outside)))
	b := &box{t: t, dir: t.TempDir(), page: page, ns: fmt.Sprintf("/proc/%d/ns/net", keeper.Process.Pid)}
	b.ip("link", "set", "lo", "up")
	b.ip("link", "set", "eth0", "up")
	for _, d := range append([]string{"asterisk"}, asteriskconf.StateDirs...) {
		must(t, os.MkdirAll(filepath.Join(b.dir, "data", d), 0o755))
	}
	must(t, os.MkdirAll(filepath.Join(b.dir, "run"), 0o755))
	wire, err := phonesim.OpenWire("br0")
	must(t, err)
	go b.restarts(t.Context())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("autocomd:\n%s", b.log.String())
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.pbx != nil {
				t.Logf("asterisk:\n%s", b.pbx.Log())
			}
		}
	})
	return b, wire
}

func (b *box) ip(args ...string) {
	b.t.Helper()
	if out, err := exec.Command("nsenter", append([]string{"--net=" + b.ns, "ip"}, args...)...).CombinedOutput(); err != nil {
		b.t.Fatalf("ip %v: %v %s: install iproute2 and util-linux", args, err, out)
	}
}

func (b *box) configure(address string) {
	b.t.Helper()
	must(b.t, os.WriteFile(filepath.Join(b.dir, "autocom.toml"), fmt.Appendf(nil, `
[network]
interface = "eth0"
address = %q
[paths]
data = %q
run = %q
[asterisk]
ami = "127.0.0.1:5038"
`, address, filepath.Join(b.dir, "data"), filepath.Join(b.dir, "run")), 0o644))
}

// restarts is autocom-asterisk-restart.path of the card.
func (b *box) restarts(ctx context.Context) {
	for ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
		if os.Remove(filepath.Join(b.dir, "run", "restart-asterisk")) != nil {
			continue
		}
		b.mu.Lock()
		if b.pbx == nil {
			b.pbx = asterisktest.Start(b.t, asterisktest.Options{NetNS: b.ns, DataDir: filepath.Join(b.dir, "data")})
		} else {
			b.pbx.Restart()
		}
		b.mu.Unlock()
	}
}

func (b *box) start() {
	b.t.Helper()
	b.run(b.program, "-debug", "-config", filepath.Join(b.dir, "autocom.toml"))
}

// run starts a program in the box that becomes autocomd, and waits until it is ready.
func (b *box) run(command ...string) {
	b.t.Helper()
	b.daemon = exec.Command("nsenter", append([]string{"--net=" + b.ns}, command...)...)
	b.daemon.Stdout, b.daemon.Stderr = &b.log, &b.log
	b.daemon.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(b.t, b.daemon.Start())
	b.t.Cleanup(b.leave)
	b.wait(20*time.Second, "ready", func() bool {
		var s struct{ Ready bool }
		return b.get("status", &s) == nil && s.Ready
	})
}

// kill is a crash: nothing is told to the daemon.
// leave ends what a test has left running by SIGTERM: the DHCP server changes its
// credentials, which clears its parent-death signal (prctl(2)), and outlives a kill.
func (b *box) leave() {
	if b.daemon == nil {
		return
	}
	b.daemon.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(10*time.Second, func() { b.daemon.Process.Kill() })
	b.daemon.Wait()
	late.Stop()
	b.daemon = nil
}

func (b *box) kill() {
	if b.daemon != nil {
		b.daemon.Process.Kill()
		b.daemon.Wait()
		b.daemon = nil
	}
}

func (b *box) get(path string, into any) error { return b.call("GET", path, into) }

func (b *box) call(method, path string, into any) error {
	key, err := os.ReadFile(filepath.Join(b.dir, "data", "api-token"))
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, b.page+"api/v1/"+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return fs.ErrNotExist
	}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// files is how many files were given since the start, with and without account keys.
func (b *box) files() int {
	var s struct {
		Counters struct {
			Files map[string]int
		}
	}
	must(b.t, b.get("status", &s))
	return s.Counters.Files["files_secret"] + s.Counters.Files["files_plain"]
}

func (b *box) wait(d time.Duration, what string, done func() bool) time.Duration {
	b.t.Helper()
	start := time.Now()
	for !done() {
		if time.Since(start) > d {
			b.t.Fatalf("not %s after %v", what, d)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return time.Since(start)
}

type shownDevice struct {
	ID, State, Extension, Reason string
}

func (b *box) devices() map[string]shownDevice {
	b.t.Helper()
	var list []shownDevice
	must(b.t, b.get("devices", &list))
	out := map[string]shownDevice{}
	for _, d := range list {
		out[d.ID] = d
	}
	return out
}

func mac(n int) net.HardwareAddr {
	return net.HardwareAddr{0x00, 0x15, 0x65, 0xab, byte(n >> 8), byte(n)}
}

// TestTheStraightLine: three phones of three kinds get numbers by themselves, are
// bound, call each other, and are the same after autocomd and Asterisk died.
//
// In words: three phones of three makers get numbers by themselves, call each other, and keep their numbers when the box crashes.
func TestTheStraightLine(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	yealink := phonesim.NewYealink(mac(1))
	snom := phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 0xab, 0x00, 0x02})
	soft := phonesim.NewSoftphone(page)
	phones := []*phonesim.Phone{yealink, snom, soft}
	for _, p := range phones {
		start := time.Now()
		p.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
		p.Retry = time.Second
		must(t, wire.Plug(t.Context(), p))
		t.Cleanup(func() { wire.Unplug(p) })
		must(t, p.Provision(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if err := p.Register(ctx); err != nil {
			t.Fatalf("%s: first REGISTER: %v", p, err)
		}
		cancel()
		t.Logf("%s: number %s, registered %v after its plug", p, p.Number(), time.Since(start).Round(time.Millisecond))
	}
	registered := func() bool {
		n := 0
		for _, d := range b.devices() {
			if d.State == "registered" {
				n++
			}
		}
		return n == len(phones)
	}
	b.wait(5*time.Second, "registered in the API", registered)
	before := b.devices()
	given := b.files()
	var answer shownDevice
	must(t, b.call("POST", "devices/"+yealink.MAC.String()+"/resync", &answer))
	b.wait(10*time.Second, "fetched again after resync", func() bool { return b.files() > given })
	talk(t, yealink, snom)
	talk(t, soft, yealink)

	b.kill()
	talk(t, snom, soft) // without autocomd
	b.mu.Lock()
	b.pbx.Kill()
	b.pbx.Restart()
	b.mu.Unlock()
	b.start()
	b.wait(10*time.Second, "registered after the restart", registered)
	for id, d := range b.devices() {
		if d.Extension != before[id].Extension {
			t.Errorf("%s had %s, has %s", id, before[id].Extension, d.Extension)
		}
	}
	talk(t, yealink, soft)

	soft.PullPlug()
	must(t, wire.Unplug(snom))
}

func talk(t *testing.T, from, to *phonesim.Phone) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	heard, err := phonesim.Talk(ctx, from, to, to.Number())
	if err = errors.Join(err, heard.Err()); err != nil {
		t.Fatalf("%s calls %s: %v", from, to, err)
	}
	t.Logf("%s calls %s: answered after %v", from, to, heard.Answered.Round(time.Millisecond))
}

// TestABurst: sixty phones within two seconds; then autocomd dies and knows them all.
//
// In words: sixty phones that are switched on within two seconds get sixty numbers.
func TestABurst(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	const phones = 60
	start := time.Now()
	var wg sync.WaitGroup
	took := make([]time.Duration, phones)
	errs := make([]error, phones)
	for n := range phones {
		p := phonesim.NewYealink(mac(n))
		p.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
		must(t, wire.PlugStatic(p, netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, 88, byte(100 + n)}), 24)))
		t.Cleanup(func() { wire.Unplug(p) })
		wg.Go(func() {
			time.Sleep(time.Duration(n) * 2 * time.Second / phones)
			at := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			if errs[n] = p.Provision(ctx); errs[n] == nil {
				errs[n] = p.Register(ctx)
			}
			took[n] = time.Since(at)
		})
	}
	wg.Wait()
	t.Logf("%d phones in %v", phones, time.Since(start).Round(time.Millisecond))
	slowest := time.Duration(0)
	for n := range phones {
		if errs[n] != nil {
			t.Errorf("phone %d: %v", n, errs[n])
		}
		slowest = max(slowest, took[n])
	}
	t.Logf("slowest from boot to registered: %v", slowest.Round(time.Millisecond))
	numbers := map[string]string{}
	b.wait(10*time.Second, "all registered", func() bool {
		n := 0
		for _, d := range b.devices() {
			if d.State == "registered" {
				n++
			}
		}
		return n == phones
	})
	for id, d := range b.devices() {
		if d.State == "seen" { // in the neighbour table, and no phone: the router
			continue
		}
		if other, twice := numbers[d.Extension]; twice || d.Extension == "" {
			t.Errorf("%s and %s both have %q", id, other, d.Extension)
		}
		numbers[d.Extension] = id
	}
	if len(numbers) != phones {
		t.Errorf("%d numbers, want %d", len(numbers), phones)
	}
	b.kill()
	b.start()
	for id, d := range b.devices() {
		if d.State != "seen" && numbers[d.Extension] != id {
			t.Errorf("after the kill %s has %s", id, d.Extension)
		}
	}
}

// TestKilledInABurst: autocomd dies while sixty phones boot; what a phone had read
// from its file by then is still its number afterwards, and the others get theirs.
//
// In words: when the box crashes while sixty phones start, no phone loses its number.
func TestKilledInABurst(t *testing.T) {
	const phones = 60
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			b, wire := newBox(t)
			b.start()
			var mu sync.Mutex
			told := map[string]string{} // MAC → number in the file that the phone read
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			list := make([]*phonesim.Phone, phones)
			for n := range phones {
				p := phonesim.NewYealink(mac(n))
				list[n] = p
				must(t, wire.PlugStatic(p, netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, 88, byte(100 + n)}), 24)))
				t.Cleanup(func() { wire.Unplug(p) })
			}
			for n, p := range list {
				wg.Go(func() {
					time.Sleep(time.Duration(n) * 2 * time.Second / phones)
					if p.Provision(ctx) == nil {
						mu.Lock()
						defer mu.Unlock()
						told[p.MAC.String()] = p.Number()
					}
				})
			}
			time.Sleep(time.Duration(rand.New(rand.NewPCG(seed, 0)).IntN(1800)+200) * time.Millisecond)
			b.kill()
			cancel() // who has no file by now boots again below
			wg.Wait()
			t.Logf("killed when %d phones had their file", len(told))
			b.start()
			for _, p := range list {
				if told[p.MAC.String()] != "" {
					continue
				}
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
					defer cancel()
					if err := p.Provision(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			devices, holder := b.devices(), map[string]string{}
			for _, p := range list {
				id := p.MAC.String()
				d := devices[id]
				if was := told[id]; was != "" && d.Extension != was || d.Extension != p.Number() {
					t.Errorf("%s: told %q, its file says %q, the box says %q", id, was, p.Number(), d.Extension)
				}
				if other := holder[d.Extension]; other != "" {
					t.Errorf("%s and %s both have %s", other, id, d.Extension)
				}
				holder[d.Extension] = id
			}
		})
	}
}

// TestNobodyGivesAnAddress: a switch without a router, then a router comes.
//
// In words: phones behind a switch without a router get addresses, and go on when a router comes.
func TestNobodyGivesAnAddress(t *testing.T) {
	cable := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "port0"}, PeerName: "port1"}
	must(t, netlink.LinkAdd(cable))
	t.Cleanup(func() { netlink.LinkDel(cable) })
	must(t, netlink.LinkSetUp(cable))
	far, err := netlink.LinkByName("port1")
	must(t, err)
	must(t, netlink.LinkSetUp(far))
	told := make(chan netip.Addr, 10)
	l := &lan{
		moved: func(a netip.Addr) { told <- a }, senses: func(string) []task { return nil },
		wait: 500 * time.Millisecond, log: slog.New(slog.DiscardHandler), changes: make(chan link.Interface, 1),
	}
	watch := &link.Watch{Name: "port0", OnChange: l.Changed, Log: l.log}
	ctx, cancel := context.WithCancel(t.Context())
	var tasks sync.WaitGroup
	tasks.Go(func() { watch.Run(ctx) })
	tasks.Go(func() { l.Run(ctx) })
	defer tasks.Wait()
	defer cancel()
	next := func(what, want string) {
		t.Helper()
		select {
		case a := <-told:
			if a.String() != want {
				t.Errorf("%s: told %s, want %s", what, a, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: nothing told within 5 s, want %s", what, want)
		}
	}
	next("nobody answers", "192.168.77.1")
	lease, err := netlink.ParseAddr("10.20.30.40/24") // as systemd-networkd does with a lease
	must(t, err)
	must(t, netlink.AddrAdd(cable, lease))
	next("a router came", "10.20.30.40")
	for range 50 {
		addrs, err := netlink.AddrList(cable, netlink.FAMILY_V4)
		must(t, err)
		if len(addrs) == 1 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	addrs, err := netlink.AddrList(cable, netlink.FAMILY_V4)
	must(t, err)
	if len(addrs) != 1 || addrs[0].IP.String() != "10.20.30.40" {
		t.Errorf("addresses %v, want the lease alone", addrs)
	}
	must(t, netlink.AddrDel(cable, lease))
	next("the router went", "192.168.77.1")
}

// TestTheAddressChanges: Asterisk follows to the new address, and a new phone works there.
//
// In words: the box gets another address, and phones that come then work.
func TestTheAddressChanges(t *testing.T) {
	b, wire := newBox(t)
	b.configure("auto")
	b.ip("addr", "add", boxAddress, "dev", "eth0")
	b.start()
	b.ip("addr", "del", boxAddress, "dev", "eth0")
	b.ip("addr", "add", "192.168.88.9/24", "dev", "eth0")
	b.page = "http://192.168.88.9/"
	b.wait(30*time.Second, "ready at the new address", func() bool {
		var s struct {
			Ready    bool
			Address  string
			Revision int `json:"revision"`
		}
		return b.get("status", &s) == nil && s.Ready && s.Address == "192.168.88.9"
	})
	p := phonesim.NewYealink(mac(1))
	p.Retry = time.Second
	must(t, wire.Plug(t.Context(), p))
	t.Cleanup(func() { wire.Unplug(p) })
	must(t, p.Provision(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	must(t, p.Register(ctx))
	if got := p.Memory.Account.Server; got != "192.168.88.9" {
		t.Errorf("the phone registers at %s, want 192.168.88.9", got)
	}
}

// TestTheAddressIsTaken: somebody else has the address that the box would take; the
// box says who, and takes it as soon as it is free.
//
// In words: somebody else has the address that the box wants: it says who, and takes it when it is free.
func TestTheAddressIsTaken(t *testing.T) {
	b, _ := newSwitch(t)
	bridge, err := netlink.LinkByName("br0")
	must(t, err)
	squatter, err := netlink.ParseAddr(fallback.String())
	must(t, err)
	must(t, netlink.AddrAdd(bridge, squatter))
	b.configure("auto")
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command("nsenter", "--net="+b.ns, self, filepath.Join(b.dir, "autocom.toml"))
	cmd.Env = append(os.Environ(), roleName+"=impatient")
	cmd.Stdout, cmd.Stderr = &b.log, &b.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	b.daemon = cmd
	t.Cleanup(b.leave)
	screen := func(has string) func() bool {
		return func() bool {
			text, err := os.ReadFile(filepath.Join(b.dir, "run", "console"))
			return err == nil && strings.Contains(string(text), has)
		}
	}
	b.wait(10*time.Second, "saying who has the address", screen(bridge.Attrs().HardwareAddr.String()))
	must(t, netlink.AddrDel(bridge, squatter))
	b.wait(15*time.Second, "at the free address", screen("http://192.168.77.1/"))
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}
