//go:build lab

package sniff

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"autocom/provision"
	"autocom/provision/link/linktest"
)

// Real clients in another namespace; we are the LAN's dnsmasq, so what is not broadcast
// is seen too.
//
// In words: other makers' programs that ask for an address are seen.
func TestRealDHCPClients(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	phone, atPhone := linktest.TwoHosts(t)
	dir := t.TempDir()
	server := linktest.Start(t, nil, linktest.Program(t, "dnsmasq", "dnsmasq-base"), "--keep-in-foreground", "--conf-file=/dev/null", "--port=0",
		"--interface=lan0", "--bind-interfaces", "--dhcp-range=192.0.2.100,192.0.2.200,1h", "--dhcp-authoritative", "--no-ping",
		"--user=root", "--pid-file=", "--dhcp-leasefile="+filepath.Join(dir, "leases"), "--log-facility=-")
	seen, d := hear(t)
	hook := filepath.Join(dir, "hook")
	// What a client's script does at the least: set the address, so that it can renew.
	err := os.WriteFile(hook, []byte("#!/bin/sh\n[ \"$1\" != bound ] || exec ip addr add $ip/24 dev $interface\n"), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	next := func(message string) provision.Sighting {
		t.Helper()
		for {
			select {
			case s := <-seen:
				// A client repeats itself when the server is slow.
				if s.MAC == phone && s.Fields["message"] != message && s.Fields["message"] == "discover" {
					continue
				}
				if s.MAC != phone || !s.Proved || s.Interface != "lan0" || s.Fields["message"] != message {
					t.Fatalf("%s is %+v", message, s)
				}
				return s
			case <-time.After(10 * time.Second):
				t.Fatalf("no %s for 10 s; %+v\n%s", message, d.Counters(), server.Said())
			}
		}
	}
	says := func(s provision.Sighting, want map[string]string) {
		t.Helper()
		for field, text := range want {
			if s.Fields[field] != text {
				t.Errorf("%s of %s is %q, want %q", field, s.Fields["message"], s.Fields[field], text)
			}
		}
	}

	var udhcpc *linktest.Running
	path := linktest.Program(t, "udhcpc", "udhcpc")
	atPhone(func() {
		udhcpc = linktest.Start(t, nil, path, "-f", "-R", "-i", "phone0", "-s", hook, "-t", "5", "-T", "2",
			"-V", "yealink", "-x", "hostname:SIP-T46G", "-x", "0x4d:0566697273740673", "-o", "-O", "tftp", "-O", "3", "-O", "subnet")
	})
	yealink := map[string]string{"option60": "yealink", "hostname": "SIP-T46G", "option61": "01" + phone.Hex()}
	says(next("discover"), yealink)
	s := next("request")
	says(s, yealink)
	if !s.IP.IsValid() || !strings.HasPrefix(s.Fields["option55"], "1,3,") || !strings.Contains(s.Fields["option55"], "66") {
		t.Errorf("udhcpc's request is %+v", s)
	}
	address := s.IP
	deadline := time.Now().Add(5 * time.Second)
	for !strings.Contains(udhcpc.Said(), "obtained") && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // its script sets the address
	udhcpc.Signal(t, syscall.SIGUSR1)
	if s := next("request"); s.IP != address {
		t.Errorf("the renewal is %+v, want %s", s, address)
	}
	udhcpc.Stop()
	if s := next("release"); s.IP.IsValid() {
		t.Errorf("a released address is told: %+v", s)
	}

	// dhclient comes twice: the second time it asks for what it had, without DISCOVER.
	conf := filepath.Join(dir, "dhclient.conf")
	err = os.WriteFile(conf, []byte(`send host-name "snom";
send vendor-class-identifier "snomD735";
send dhcp-client-identifier 1:0:4:13:aa:bb:cc;
send user-class "\005first\006second";
request subnet-mask, routers, domain-name-servers, host-name, domain-name, ntp-servers, tftp-server-name, bootfile-name;
`), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	snom := map[string]string{
		"option60": "snomD735", "hostname": "snom", "option61": "01000413aabbcc", "option77": "first,second", "option55": "1,3,6,12,15,42,66,67",
	}
	dhclient := linktest.Program(t, "dhclient", "isc-dhcp-client")
	run := func(how string) (r *linktest.Running) {
		atPhone(func() {
			r = linktest.Start(t, nil, dhclient, how, "-d", "-cf", conf, "-lf", filepath.Join(dir, "dhclient.leases"),
				"-pf", filepath.Join(dir, "dhclient.pid"), "-sf", hook, "phone0")
		})
		return r
	}
	r := run("-1")
	says(next("discover"), snom)
	s = next("request")
	says(s, snom)
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(r.Said(), "bound to") && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	r.Stop()
	for len(seen) > 0 {
		<-seen
	}
	run("-1")
	again := <-seen // the first frame of all
	says(again, snom)
	if again.Fields["message"] != "request" || again.IP != s.IP || !s.IP.IsValid() {
		t.Errorf("after a reboot: %+v, want a request for %s", again, s.IP)
	}
	if c := d.Counters(); c.Malformed != 0 || len(c.Faults) != 0 {
		t.Errorf("counters %+v", c)
	}
}

// hear runs the DHCP sense on lan0 until the test's end.
func hear(t *testing.T) (chan provision.Sighting, *DHCP) {
	seen := make(chan provision.Sighting, 64)
	d := &DHCP{Interface: "lan0", Sink: func(s provision.Sighting) { seen <- s }}
	background(t, d.Run)
	<-d.Ready()
	return seen, d
}

func background(t *testing.T, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// In words: a device that says its name on the cable is seen (LLDP).
func TestARealLLDPDaemon(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	phone, atPhone := linktest.TwoHosts(t)
	seen := make(chan provision.Sighting, 64)
	l := &LLDP{Interface: "lan0", Sink: func(s provision.Sighting) { seen <- s }}
	background(t, l.Run)
	<-l.Ready()
	// A real card drops frames to groups that nobody joined; this cable does not.
	joined, err := exec.Command("ip", "maddr", "show", "dev", "lan0").CombinedOutput()
	if err != nil {
		t.Fatalf("ip maddr (apt install iproute2): %v %s", err, joined)
	}
	for _, group := range lldpGroups {
		if !strings.Contains(string(joined), group.String()) {
			t.Errorf("the card does not take in %s:\n%s", group, joined)
		}
	}
	socket := filepath.Join(t.TempDir(), "s")
	bin, cli := linktest.Program(t, "lldpd", "lldpd"), linktest.Program(t, "lldpcli", "lldpd")
	var daemon *linktest.Running
	atPhone(func() {
		daemon = linktest.Start(t, nil, bin, "-d", "-I", "phone0", "-M", "3", "-u", socket, "-S", "Yealink SIP-T46G", "-L", "/bin/true")
	})
	until := func(what string, is func(provision.Sighting) bool) provision.Sighting {
		t.Helper()
		var last provision.Sighting
		for deadline := time.After(20 * time.Second); ; {
			select {
			case last = <-seen:
				if is(last) {
					return last
				}
			case <-deadline:
				t.Fatalf("%s: not within 20 s; last %+v; %+v\n%s", what, last, l.Counters(), daemon.Said())
			}
		}
	}
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			break
		}
	}
	for _, command := range []string{
		"configure med policy application voice tagged vlan 20 priority voice dscp 46",
		"configure med policy application voice-signaling tagged vlan 21 priority voice dscp 24",
		"configure inventory manufacturer Yealink",
		"configure inventory model T46G",
		"configure inventory serial-number 0123456789",
		"configure inventory software-revision 28.72.0.1",
		"configure system hostname SIP-T46G",
		"configure lldp tx-interval 1",
		"resume", // it waits for its settings, which -L gives it from nowhere
	} {
		var out []byte
		var err error
		atPhone(func() {
			out, err = exec.Command(cli, append([]string{"-u", socket}, strings.Fields(command)...)...).CombinedOutput()
		})
		if err != nil {
			t.Fatalf("%s: %v %s", command, err, out)
		}
	}
	s := until("everything", func(s provision.Sighting) bool {
		return s.Fields["firmware"] == "28.72.0.1" && s.MAC == phone && s.Proved
	})
	for field, want := range map[string]string{
		"class": "3", "vendor": "Yealink", "model": "T46G", "serial": "0123456789", "policy": "voice:20,signalling:21", "system": "Yealink SIP-T46G",
		"system-name": "SIP-T46G",
	} {
		if s.Fields[field] != want {
			t.Errorf("%s is %q, want %q", field, s.Fields[field], want)
		}
	}
	if s.IP.String() != "192.0.2.50" || !strings.Contains(s.Fields["capability"], "telephone") {
		t.Errorf("the phone is %+v", s)
	}
	if c := l.Counters(); c.Malformed != 0 || len(c.Faults) != 0 {
		t.Errorf("counters %+v", c)
	}
}
