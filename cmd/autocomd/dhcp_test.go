package main

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"autocom/provision"
	"autocom/provision/offer"
	"autocom/provision/vendors"
)

// What the makers' data says of DHCP can be written for dnsmasq, every maker of it, with
// a VLAN and without; nothing in it is of one phone.
func TestAllMakersCanBeToldByDHCP(t *testing.T) {
	set, err := vendors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{makers: set, log: slog.New(slog.DiscardHandler)}
	lan := offer.LAN{Interface: "eth0", Address: netip.MustParsePrefix("192.0.2.10/24"), Lease: time.Hour, LeaseFile: "/data/leases/x"}
	for _, vlan := range []uint16{0, 20} {
		site := provision.Site{Address: lan.Address.Addr(), HTTPPort: 80, VoiceVLAN: vlan}
		told := d.told(site)
		text, err := offer.Dnsmasq(site, told, lan)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range told {
			if v.Unsupported == "" && !v.Generic && v.Kind != provision.KindGateway && !strings.Contains(string(text), "\n# "+v.ID+"\n") {
				t.Errorf("%s is not told anything", v.ID)
			}
		}
		if strings.Contains(string(text), "/p/") {
			t.Errorf("there is an address with a token:\n%s", text)
		}
		if n := len(offer.Router(site, told)); n < 10 {
			t.Errorf("advice for %d makers", n)
		}
	}
}
