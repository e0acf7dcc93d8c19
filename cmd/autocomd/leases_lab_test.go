//go:build lab

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/vishvananda/netlink"

	"autocom/phonesim"
)

// roleName makes a copy of the test binary something else, in the box's network.
const roleName = "AUTOCOMD_LAB_ROLE"

// role does not return when there is one.
func role(name string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch name {
	case "":
		return
	case "impatient": // autocomd, but for a DHCP server it waits 3 s instead of 60
		cfg, _, bad := loadConfig(os.Args[1])
		if err = bad; err == nil {
			cfg.Patience = 3 * time.Second
			err = run(ctx, cfg, slog.New(handler(os.Stderr, true)))
		}
	case "dhcp client": // what systemd-networkd does on the card
		err = takeLease(ctx, "eth0")
	default:
		err = fmt.Errorf("%q is no role", name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func takeLease(ctx context.Context, name string) error {
	for ctx.Err() == nil {
		c, err := nclient4.New(name, nclient4.WithTimeout(2*time.Second))
		if err != nil {
			return err
		}
		lease, err := c.Request(ctx)
		c.Close()
		if err != nil {
			continue // nobody answers yet
		}
		l, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		bits, _ := lease.ACK.SubnetMask().Size()
		a, err := netlink.ParseAddr(fmt.Sprintf("%s/%d", lease.ACK.YourIPAddr, bits))
		if err != nil {
			return err
		}
		return netlink.AddrReplace(l, a)
	}
	return ctx.Err()
}

// asOnTheCard is what runs a program with the user and the capabilities of
// autocomd.service, where this namespace has that user.
func (b *box) asOnTheCard(command ...string) []string {
	b.t.Helper()
	if m, err := os.ReadFile("/proc/self/uid_map"); err != nil || len(strings.Fields(string(m))) != 3 || strings.Fields(string(m))[2] == "1" {
		b.t.Logf("as the only user of this namespace, not as user 902: uid_map %q %v", m, err)
		return command
	}
	for _, dir := range []string{filepath.Dir(b.dir), b.dir} {
		must(b.t, os.Chmod(dir, 0o755))
	}
	for _, dir := range []string{"data", "data/asterisk", "run"} {
		must(b.t, os.Chown(filepath.Join(b.dir, dir), 902, 902))
	}
	const caps = "-all,+net_raw,+net_admin,+net_bind_service"
	return append([]string{"setpriv", "--reuid=902", "--regid=902", "--clear-groups", "--no-new-privs",
		"--inh-caps=" + caps, "--bounding-set=" + caps, "--ambient-caps=" + caps}, command...)
}

// TestNoRouterAtAll: on a bare switch the box gives out the addresses, as the card's
// user, and a phone that was never set up registers; then somebody plugs in a router
// and the box's DHCP ends.
//
// In words: without any router the box gives the addresses, until somebody plugs one in.
func TestNoRouterAtAll(t *testing.T) {
	b, wire := newSwitch(t)
	b.configure("auto")
	b.page = "http://192.168.77.1/"
	b.program = filepath.Join(b.dir, "autocomd.test")
	self, err := os.Executable()
	must(t, err)
	must(t, exec.Command("cp", self, b.program).Run())
	bridge, err := netlink.LinkByName("br0")
	must(t, err)
	watcher, err := netlink.ParseAddr("192.168.77.40/24") // the test's own, to ask the API
	must(t, err)
	must(t, netlink.AddrAdd(bridge, watcher))
	client := exec.Command("nsenter", "--net="+b.ns, self)
	client.Env = append(os.Environ(), roleName+"=dhcp client")
	client.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, client.Start())
	t.Cleanup(func() { client.Process.Kill(); client.Wait() })

	t.Setenv(roleName, "impatient")
	b.run(b.asOnTheCard(b.program, filepath.Join(b.dir, "autocom.toml"))...)
	os.Unsetenv(roleName)
	took := b.wait(10*time.Second, "giving out addresses", func() bool { return b.gives() })
	t.Logf("gives out addresses %v after it was ready", took.Round(time.Millisecond))
	b.wait(2*time.Second, "saying so on the screen", func() bool {
		text, err := os.ReadFile(filepath.Join(b.dir, "run", "console"))
		return err == nil && strings.Contains(string(text), "donne elle-même les adresses")
	})
	first := b.newPhone(wire, 1)
	if l := first.Link(); !netip.MustParsePrefix("192.168.77.0/24").Contains(l.Addr.Addr()) || l.Router.IsValid() || l.BootFrom != "http://192.168.77.1/" {
		t.Errorf("the box's lease is %+v", l)
	}
	second := b.newPhone(wire, 2)
	talk(t, first, second)

	stop := router(t)
	defer stop()
	b.page = "http://192.168.88.100/"
	b.wait(60*time.Second, "at the router's address, not giving any", func() bool {
		var s struct{ Address string }
		return b.get("status", &s) == nil && s.Address == "192.168.88.100" && !b.gives()
	})
	if out, err := exec.Command("nsenter", "--net="+b.ns, "ss", "-Hulpn", "sport", "=", ":67").CombinedOutput(); err != nil || len(out) != 0 {
		t.Errorf("somebody still listens to DHCP in the box: %v %s", err, out)
	}
	b.wait(30*time.Second, "ready at the router's address", func() bool {
		var s struct{ Ready bool }
		return b.get("status", &s) == nil && s.Ready
	})
	third := b.newPhone(wire, 3)
	if l := third.Link(); l.Router != netip.MustParseAddr("192.168.88.254") {
		t.Errorf("the third phone's lease is %+v, want the router's", l)
	}
}

// TestTheBoxServesByItsSettings: it does not while a router does, and says whose it
// is; then the router's DHCP is switched off, and the box gives addresses, the way out
// and its own address, and remembers its leases on the card.
//
// In words: the box gives addresses only while no router does, and says whose router it is.
func TestTheBoxServesByItsSettings(t *testing.T) {
	b, wire := newSwitch(t)
	b.program = filepath.Join(b.dir, "autocomd")
	if out, err := exec.Command("go", "build", "-o", b.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build autocomd: %v\n%s", err, out)
	}
	b.configure("192.168.88.10/24")
	path := filepath.Join(b.dir, "autocom.toml")
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(strings.Replace(string(text), "[paths]", "dhcp = \"serve\"\n[paths]", 1)), 0o644))
	stop := router(t)
	b.page = "http://192.168.88.10/"
	b.start()
	b.ip("route", "add", "default", "via", "192.168.88.254")
	conflict := func() string {
		var s struct {
			Conflict string `json:"dhcp_conflict"`
		}
		if b.get("status", &s) != nil {
			return "?"
		}
		return s.Conflict
	}
	b.wait(10*time.Second, "refusing, with the other's address", func() bool { return conflict() == "192.168.88.254" })
	if b.gives() {
		t.Error("two give addresses")
	}
	stop()
	took := b.wait(checkEvery+offerWait+10*time.Second, "giving out addresses", b.gives)
	t.Logf("gives out addresses %v after the router's DHCP was switched off", took.Round(time.Millisecond))
	if c := conflict(); c != "" {
		t.Errorf("the conflict is still shown: %s", c)
	}
	p := b.newPhone(wire, 1)
	if l := p.Link(); !netip.MustParsePrefix("192.168.88.0/24").Contains(l.Addr.Addr()) || l.Router.String() != "192.168.88.254" || l.BootFrom != b.page {
		t.Errorf("the lease is %+v", l)
	}
	kept, err := os.ReadFile(filepath.Join(b.dir, "data", "leases", "dnsmasq.leases"))
	if err != nil || !strings.Contains(string(kept), mac(1).String()) {
		t.Errorf("on the card: %v %s", err, kept)
	}
}

// gives reports whether the box says that it gives out addresses.
func (b *box) gives() bool {
	var s struct {
		Gives bool `json:"gives_addresses"`
	}
	return b.get("status", &s) == nil && s.Gives
}

// newPhone is plugged in, asks for everything by itself and registers.
func (b *box) newPhone(wire *phonesim.Wire, n int) *phonesim.Phone {
	b.t.Helper()
	p := phonesim.NewYealink(mac(n))
	p.Log = slog.New(slog.NewTextHandler(testWriter{b.t}, nil))
	p.Retry = time.Second
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	must(b.t, wire.Plug(ctx, p))
	b.t.Cleanup(func() { wire.Unplug(p) })
	must(b.t, p.Provision(ctx))
	must(b.t, p.Register(ctx))
	return p
}

// router is a real one's DHCP server on the bridge: dnsmasq, told nothing of telephones.
func router(t *testing.T) (stop func()) {
	t.Helper()
	cmd := exec.Command(dnsmasq, "--conf-file=/dev/null", "--keep-in-foreground", "--log-facility=-", "--user=root", "--pid-file=",
		"--port=0", "--interface=br0", "--bind-interfaces", "--dhcp-authoritative", "--no-ping", "--dhcp-sequential-ip",
		"--dhcp-range=192.168.88.100,192.168.88.200,1h", "--dhcp-leasefile="+filepath.Join(t.TempDir(), "leases"))
	cmd.Stderr = testWriter{t}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: install dnsmasq-base", err)
	}
	return func() { cmd.Process.Kill(); cmd.Wait() }
}
