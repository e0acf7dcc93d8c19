//go:build lab

package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"autocom/phonesim"
)

// A phone that says nothing of itself by DHCP or PnP is known all the same: by who it is
// on the wire, by LLDP, by a server's lease file, and by an account of another exchange.
//
// In words: a phone that says nothing of itself is known all the same, in each of four ways.
func TestEverySenseIsHeard(t *testing.T) {
	leases := filepath.Join(t.TempDir(), "dnsmasq.leases")
	w := usual
	w.network = fmt.Sprintf("leases = [%q]\n", leases)
	o := open(t, w)
	o.ready(30 * time.Second)
	// A switch that lets LLDP through, as cheap ones do; the kernel's keeps it by default.
	run(t, "ip", "link", "set", fmt.Sprintf("br%d", os.Getpid()%1000), "type", "bridge", "group_fwd_mask", "0x4000")
	p := one(t, "yealink")
	t.Cleanup(func() { o.wire.Unplug(p) })
	if err := o.wire.PlugStatic(p, netip.MustParsePrefix("192.168.60.60/24")); err != nil {
		t.Fatal(err)
	}
	has := func(sensor, field string) func() bool {
		return func() bool {
			d := o.device(p, p)
			return slices.ContainsFunc(d.Evidence, func(e evidence) bool { return e.Sensor == sensor && e.Field == field })
		}
	}
	// Asking the API was its first word: the box has it in its neighbour table.
	o.until(5*time.Second, "it is seen in the neighbour table", has("arp", "oui"))
	if d := o.device(p, p); d.State != "seen" || d.Extension != "" {
		t.Errorf("by its hardware address alone it is %s with number %q", d.State, d.Extension)
	}

	conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 168, 60, 60)}, &net.UDPAddr{IP: o.at.AsSlice(), Port: 5060})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	register := fmt.Sprintf("REGISTER sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"+
		"From: <sip:204@%[1]s>;tag=1\r\nTo: <sip:204@%[1]s>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: <sip:204@%[2]s>\r\nContent-Length: 0\r\n\r\n",
		o.at, conn.LocalAddr())
	o.until(20*time.Second, "its account of another exchange is seen", func() bool {
		if _, err := conn.Write([]byte(register)); err != nil { // again, as phones do: Asterisk may be starting
			t.Logf("REGISTER: %v", err)
		}
		return has("sip", "account")()
	})

	line := fmt.Sprintf("%d %s 192.168.60.60 SIP-T46S *\n", time.Now().Add(time.Hour).Unix(), p.MAC)
	if err := os.WriteFile(leases, []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}
	o.until(5*time.Second, "its lease is read", has("lease", "oui"))

	if err := p.Announce(phonesim.Inventory{Manufacturer: "Yealink", Model: "T46S", Firmware: "66.86.0.15", Class: 3}); err != nil {
		t.Fatal(err)
	}
	o.until(5*time.Second, "LLDP says that it is a telephone", has("lldp", "class"))
	if d := o.device(p, p); d.State != "allocated" || d.Extension == "" || d.Vendor != "yealink" || d.Model != "T46S" {
		t.Errorf("now it is %s, %s %s, with number %q: %s", d.State, d.Vendor, d.Model, d.Extension, d.Reason)
	}
}
