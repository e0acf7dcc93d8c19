//go:build lab

package offer

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"

	"autocom/provision"
	"autocom/provision/link/linktest"
	"autocom/provision/vendors"
)

const program = "/usr/sbin/dnsmasq"

// The makers that come with autocom are read by the real program, as the goldens are.
//
// In words: the address server dnsmasq takes the settings that are written for it.
func TestDnsmasqReadsWhatIsWritten(t *testing.T) {
	set, err := vendors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s := site()
	s.VoiceVLAN = 20
	all := set.Vendors()
	for i, v := range all {
		if all[i].Options, err = set.Options(provision.Phone{Site: s, Device: provision.Device{Vendor: v.ID}}); err != nil {
			t.Fatal(err)
		}
	}
	text, err := Dnsmasq(s, all, lan())
	if err != nil {
		t.Fatal(err)
	}
	builtin := filepath.Join(t.TempDir(), "builtin.conf")
	if err := os.WriteFile(builtin, text, 0o644); err != nil {
		t.Fatal(err)
	}
	goldens, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("%d goldens, %v", len(goldens), err)
	}
	// What only the real program shows: a text with its signs stays one option.
	odd, err := Dnsmasq(s, []provision.Vendor{{ID: "odd", Options: []provision.Option{
		{Code: 66, Text: "http://h/,3,192.0.2.1 # x; 'y' $z {}"}, {Code: 160, Text: `a"\,#`}, {Code: 161, Text: "/"},
	}}}, lan())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(builtin+".odd", odd, 0o644); err != nil {
		t.Fatal(err)
	}
	goldens = append(goldens, builtin+".odd")
	for _, path := range append(goldens, builtin) {
		if said, err := exec.Command(program, "--test", "-C", path).CombinedOutput(); err != nil {
			t.Errorf("%s (Debian package dnsmasq-base): %v %s", path, err, said)
		}
	}
}

// Real dnsmasq, and a client that says what each maker's phones say: two forms of
// option 43 side by side, and no address of ours for what loads an operating system.
//
// In words: each maker's phone is told where its settings are, in its maker's form.
func TestPhonesAreToldTheirForm(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	_, atPhone := linktest.TwoHosts(t)
	l := lan()
	dir := t.TempDir()
	l.Interface, l.LeaseFile = "lan0", filepath.Join(dir, "leases")
	s := site()
	s.VoiceVLAN = 20
	serve(t, dir, s, l)

	const url = "http://192.0.2.10/"
	type told struct{ Server, File, Vendor, Cisco, Polycom, VLAN string }
	got := map[string]told{}
	want := map[string]told{
		"00:15:65:aa:bb:01 yealink": {Server: url, Vendor: url, VLAN: "20"},
		"02:00:00:aa:bb:02 yealink": {Server: url, Vendor: url, VLAN: "20"}, // by its class alone
		"00:15:65:aa:bb:03 ":        {Server: url, Vendor: url, VLAN: "20"}, // by its OUI alone
		"00:04:13:aa:bb:04 snomD735": {Server: "http://192.0.2.10", File: "/",
			Vendor: "B\x11http://192.0.2.10C\x01/\x84\x0220", VLAN: "20"},
		"00:08:5d:aa:bb:05 AastraIPPhone6731i":                    {Vendor: "\x02\x12" + url, VLAN: "20"},
		"0c:38:3e:aa:bb:06 Fanvil X4":                             {Server: url + "$mac.cfg", Vendor: url + "$mac.cfg", VLAN: "20"},
		"00:26:99:aa:bb:07 Cisco Systems, Inc. IP Phone CP-7911G": {Server: "192.0.2.10", Cisco: "\xc0\x00\x02\x0a", VLAN: "20"},
		"00:26:99:aa:bb:08 Cisco Systems, Inc. IP Phone SPA508G":  {Server: url + "spa$PSN.cfg", VLAN: "20"},
		"00:04:f2:aa:bb:09 Polycom-VVX410":                        {Polycom: url, VLAN: "VLAN-A=20;"},
		"00:26:99:aa:bb:0a ":                                      {Server: url}, // two makers share its OUI
		"00:00:5e:00:53:01 MSFT 5.0":                              {Server: url}, // nobody we know
		"00:15:65:aa:bb:0b PXEClient:Arch:00000:UNDI:002001":      {},
		"00:00:5e:00:53:02 HTTPClient:Arch:00016:UNDI:003001":     {},
	}
	for who := range want {
		mac, err := net.ParseMAC(who[:17])
		if err != nil {
			t.Fatal(err)
		}
		var ack *dhcpv4.DHCPv4
		atPhone(func() { ack, err = lease(mac, who[18:]) })
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		text := func(code uint8) string { return string(ack.Options.Get(dhcpv4.GenericOptionCode(code))) }
		// RFC 2132 2: receivers remove the NUL that dnsmasq adds.
		got[who] = told{strings.TrimRight(text(66), "\x00"), strings.TrimRight(text(67), "\x00"), text(43), text(150), text(160), text(132)}
		if ntp := text(42); ntp != "\xc0\x00\x02\x0a" {
			t.Errorf("%s: clock %x", who, ntp)
		}
		if ack.Options.Has(dhcpv4.OptionRouter) || ack.Options.Has(dhcpv4.OptionDomainNameServer) {
			t.Errorf("%s is told of a way out", who)
		}
		if ack.BootFileName != "" && got[who].File == "" || ack.ServerHostName != "" && got[who].Server == "" {
			t.Errorf("%s: header fields %q %q", who, ack.ServerHostName, ack.BootFileName)
		}
		if first, last, _ := Range(l.Address); netip.AddrFrom4([4]byte(ack.YourIPAddr.To4())).Less(first) || last.Less(netip.AddrFrom4([4]byte(ack.YourIPAddr.To4()))) {
			t.Errorf("%s: address %v", who, ack.YourIPAddr)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// With a way out it is told, as router and as DNS server.
//
// In words: phones are told the way to the internet when there is one.
func TestTheWayOutIsTold(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	_, atPhone := linktest.TwoHosts(t)
	l := lan()
	dir := t.TempDir()
	l.Interface, l.LeaseFile, l.Router = "lan0", filepath.Join(dir, "leases"), netip.MustParseAddr("192.0.2.1")
	serve(t, dir, site(), l)
	var ack *dhcpv4.DHCPv4
	var err error
	atPhone(func() { ack, err = lease(net.HardwareAddr{0, 0x15, 0x65, 0xaa, 0xbb, 1}, "yealink") })
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(ack.Router(), ack.DNS(), ack.SubnetMask())
	if want := "[192.0.2.1] [192.0.2.1] ffffff00"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func serve(t *testing.T, dir string, s provision.Site, l LAN) {
	t.Helper()
	text, err := Dnsmasq(s, makers, l)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "dnsmasq.conf")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-C", path, "--keep-in-foreground", "--log-facility=-", "--user=", "--pid-file=", "--no-ping")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: install dnsmasq-base", err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("dnsmasq: %s", said.String())
		}
	})
}

func lease(mac net.HardwareAddr, class string) (*dhcpv4.DHCPv4, error) {
	c, err := nclient4.New("phone0", nclient4.WithHWAddr(mac), nclient4.WithTimeout(time.Second), nclient4.WithRetry(5))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ask := []dhcpv4.Modifier{dhcpv4.WithBroadcast(true), dhcpv4.WithRequestedOptions(
		dhcpv4.OptionRouter, dhcpv4.OptionDomainNameServer, dhcpv4.OptionNTPServers, dhcpv4.OptionTFTPServerName, dhcpv4.OptionBootfileName,
		dhcpv4.OptionVendorSpecificInformation, dhcpv4.GenericOptionCode(132), dhcpv4.GenericOptionCode(150), dhcpv4.GenericOptionCode(160))}
	if class != "" {
		ask = append(ask, dhcpv4.WithOption(dhcpv4.OptClassIdentifier(class)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	l, err := c.Request(ctx, ask...)
	if err != nil {
		return nil, err
	}
	return l.ACK, nil
}
