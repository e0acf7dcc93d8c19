//go:build lab

package leases

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"autocom/provision"
	"autocom/provision/link/linktest"
)

// office is a LAN with a real DHCP server at lan0, which the box shares, and clients at phone0.
type office struct {
	t       *testing.T
	atPhone func(func())
	dir     string
	file    string
	seen    chan provision.Sighting
	udhcpc  string
	dhclient,
	hook string
}

func newOffice(t *testing.T) *office {
	_, atPhone := linktest.TwoHosts(t)
	o := &office{
		t: t, atPhone: atPhone, dir: t.TempDir(), seen: make(chan provision.Sighting, 64),
		udhcpc: linktest.Program(t, "udhcpc", "udhcpc"), dhclient: linktest.Program(t, "dhclient", "isc-dhcp-client"),
	}
	// dhcpd and dnsmasq may leave root; the folder is the test's alone all the same.
	if err := os.Chmod(o.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	o.hook = filepath.Join(o.dir, "hook")
	if err := os.WriteFile(o.hook, []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	o.file = filepath.Join(o.dir, "leases")
	o.watch(o.seen)
	return o
}

// watch follows the file, which is not there yet, until the test's end.
func (o *office) watch(seen chan provision.Sighting) *Watch {
	w := &Watch{Paths: []string{filepath.Join(o.dir, "nothing"), o.file}, Sink: func(s provision.Sighting) { seen <- s }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	o.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			o.t.Error(err)
		}
	})
	return w
}

// plug puts another phone on the cable.
func (o *office) plug(mac provision.MAC) {
	o.t.Helper()
	var err error
	o.atPhone(func() {
		var l netlink.Link
		if l, err = netlink.LinkByName("phone0"); err != nil {
			return
		}
		for _, do := range []func() error{
			func() error { return netlink.LinkSetDown(l) },
			func() error { return netlink.LinkSetHardwareAddr(l, mac[:]) },
			func() error { return netlink.LinkSetUp(l) },
		} {
			if err = do(); err != nil {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// ask takes an address by udhcpc, as a Yealink would.
func (o *office) ask(server *linktest.Running) {
	o.t.Helper()
	var r *linktest.Running
	o.atPhone(func() {
		r = linktest.Start(o.t, nil, o.udhcpc, "-f", "-n", "-q", "-i", "phone0", "-s", o.hook, "-V", "yealink", "-x", "hostname:SIP-T46G", "-t", "5", "-T", "1")
	})
	o.until("udhcpc has an address", func() bool { return strings.Contains(r.Said(), "obtained") }, func() string { return r.Said() + server.Said() })
}

func (o *office) until(what string, is func() bool, why func() string) {
	o.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(o.file)
			o.t.Fatalf("not within 20 s: %s\n%s\n%s", what, why(), text)
		}
	}
}

func (o *office) expect(what string, mac provision.MAC, fields ...string) provision.Sighting {
	o.t.Helper()
	select {
	case s := <-o.seen:
		got := fmt.Sprint(s.MAC, s.Sensor, s.Proved, s.Fields[provision.FieldHostname], s.Fields[provision.FieldOption60])
		want := fmt.Sprint(mac, provision.SensorLease, false, fields[0], fields[1])
		if got != want || !netip.MustParsePrefix("192.0.2.0/24").Contains(s.IP) {
			o.t.Errorf("%s: %+v, want %s", what, s, want)
		}
		return s
	case <-time.After(5 * time.Second):
		text, _ := os.ReadFile(o.file)
		o.t.Fatalf("%s: nothing was seen for 5 s in:\n%s", what, text)
		panic("unreachable")
	}
}

func (o *office) quiet(what string) {
	o.t.Helper()
	select {
	case s := <-o.seen:
		o.t.Errorf("%s: %+v", what, s)
	case <-time.After(3500 * time.Millisecond):
	}
}

// day is what happens with each server: a phone comes, comes again, another comes and
// leaves properly and comes again, then again makes the server write its file anew.
func (o *office) day(server *linktest.Running, class string, again func() *linktest.Running) {
	o.t.Helper()
	o.plug(first)
	o.ask(server)
	name := "SIP-T46G"
	s := o.expect("the first phone", first, o.spelled(name), class)
	o.ask(server)
	o.quiet("it asks again")

	o.plug(second)
	state, pid := filepath.Join(o.dir, "dhclient.leases"), filepath.Join(o.dir, "dhclient.pid")
	conf := filepath.Join(o.dir, "dhclient.conf")
	if err := os.WriteFile(conf, []byte("send host-name \"snom\"; send vendor-class-identifier \"snomD735\";\n"), 0o644); err != nil {
		o.t.Fatal(err)
	}
	dhclient := func(args ...string) (r *linktest.Running) {
		args = append(args, "-cf", conf, "-lf", state, "-pf", pid, "-sf", o.hook, "-d", "phone0")
		o.atPhone(func() { r = linktest.Start(o.t, nil, o.dhclient, args...) })
		return r
	}
	snom := ""
	if class != "" {
		snom = "snomD735"
	}
	r := dhclient("-1")
	o.expect("the second phone", second, "snom", snom)
	dhclient("-r")
	o.until("the second phone's release", func() bool {
		var t table
		text, _ := os.ReadFile(o.file)
		if f, ok := sense(string(text)); ok {
			f.read(&t, string(text))
		}
		for _, l := range t.by {
			if l.mac == second && l.live(time.Now()) {
				return false
			}
		}
		return true
	}, func() string { return r.Said() + server.Said() })
	o.quiet("a release is no sighting")
	r = dhclient("-1")
	o.expect("the second phone is back", second, "snom", snom)
	r.Stop()

	server = again()
	o.quiet("the file is written anew")
	o.plug(provision.MAC{0, 0, 0x5e, 0, 0x53, 3})
	o.ask(server)
	o.expect("a third phone", provision.MAC{0, 0, 0x5e, 0, 0x53, 3}, o.spelled(name), class)

	// A daemon that starts now knows all three.
	fresh := make(chan provision.Sighting, 64)
	w := o.watch(fresh)
	o.until("all three are known", func() bool { return w.Counters().Sightings == 3 }, func() string { return fmt.Sprintf("%+v", w.Counters()) })
	known := map[provision.MAC]netip.Addr{}
	for range 3 {
		s := <-fresh
		known[s.MAC] = s.IP
	}
	if len(known) != 3 || known[first] != s.IP {
		o.t.Errorf("known are %v, the first phone was at %s", known, s.IP)
	}
	if c := w.Counters(); c.Leases != 3 || c.Malformed != 0 || c.Errors != 0 {
		o.t.Errorf("counters %+v", c)
	}
}

// spelled is how the server writes a name: Kea in lower case.
func (o *office) spelled(name string) string {
	text, _ := os.ReadFile(o.file)
	if strings.HasPrefix(string(text), "address,") {
		return strings.ToLower(name)
	}
	return name
}

// In words: phones are found in the address list of the server dnsmasq.
func TestDnsmasq(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	o := newOffice(t)
	bin := linktest.Program(t, "dnsmasq", "dnsmasq-base")
	start := func() *linktest.Running {
		r := linktest.Start(t, nil, bin, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=lan0", "--bind-interfaces",
			"--dhcp-range=192.0.2.100,192.0.2.200,1h", "--dhcp-authoritative", "--no-ping", "--user=root", "--pid-file=",
			"--dhcp-leasefile="+o.file, "--log-facility=-")
		o.until("dnsmasq runs", func() bool { return strings.Contains(r.Said(), "IP range") }, r.Said)
		return r
	}
	server := start()
	o.day(server, "", func() *linktest.Running {
		server.Stop()
		return start()
	})
}

// In words: phones are found in the address list of the server Kea.
func TestKea(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	o := newOffice(t)
	conf := filepath.Join(o.dir, "kea.conf")
	// Kea cleans up its file every 5 s here; by default every hour.
	err := os.WriteFile(conf, []byte(fmt.Sprintf(`{"Dhcp4": {
		"interfaces-config": {"interfaces": ["lan0"], "service-sockets-max-retries": 20, "service-sockets-retry-wait-time": 200},
		"lease-database": {"type": "memfile", "persist": true, "name": %q, "lfc-interval": 5},
		"valid-lifetime": 3600,
		"subnet4": [{"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100-192.0.2.200"}]}],
		"loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stdout"}]}]
	}}`, o.file)), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{
		"KEA_PIDFILE_DIR=" + o.dir, "KEA_LOCKFILE_DIR=" + o.dir, "KEA_DHCP_DATA_DIR=" + o.dir, "KEA_LOG_FILE_DIR=" + o.dir,
		"KEA_LFC_EXECUTABLE=" + linktest.Program(t, "kea-lfc", "kea-dhcp4-server"),
	}
	r := linktest.Start(t, env, linktest.Program(t, "kea-dhcp4", "kea-dhcp4-server"), "-c", conf)
	o.until("Kea runs", func() bool { return strings.Contains(r.Said(), "DHCP4_STARTED") }, r.Said)
	o.day(r, "", func() *linktest.Running {
		// The clean-up empties the file: the leases are in the one beside it.
		o.until("Kea cleans up", func() bool {
			text, _ := os.ReadFile(o.file)
			old, _ := os.ReadFile(o.file + ".2")
			return strings.Count(string(text), "\n") == 1 && strings.Count(string(old), "192.0.2.") >= 2
		}, r.Said)
		return r
	})
}

// In words: phones are found in the address list of the server dhcpd.
func TestDHCPD(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	o := newOffice(t)
	conf, bin := filepath.Join(o.dir, "dhcpd.conf"), linktest.Program(t, "dhcpd", "isc-dhcp-server")
	err := os.WriteFile(conf, []byte(`authoritative;
		default-lease-time 3600;
		ping-check false;
		set vendor-string = option vendor-class-identifier;
		subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.100 192.0.2.200; }
	`), 0o644)
	if err == nil {
		err = os.WriteFile(o.file, nil, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	start := func() *linktest.Running {
		r := linktest.Start(t, nil, bin, "-4", "-f", "-d", "-cf", conf, "-lf", o.file, "-pf", filepath.Join(o.dir, "dhcpd.pid"), "lan0")
		o.until("dhcpd runs", func() bool { return strings.Contains(r.Said(), "Server starting") }, r.Said)
		return r
	}
	server := start()
	o.day(server, "yealink", func() *linktest.Running {
		before, _ := os.Stat(o.file)
		server.Stop()
		r := start()
		if after, err := os.Stat(o.file); err != nil || os.SameFile(before, after) {
			t.Errorf("dhcpd did not write its file anew (%v)", err)
		}
		return r
	})
}
