package main

import (
	"net/netip"
	"testing"

	"autocom/provision/link"
)

func TestDecideAddress(t *testing.T) {
	p := netip.MustParsePrefix
	var none netip.Prefix
	lease, chosen, own := p("192.168.1.23/24"), p("10.0.0.5/24"), fallback
	for name, tt := range map[string]struct {
		addresses []netip.Prefix
		down      bool
		static    netip.Prefix
		waited    bool
		want      addressing
	}{
		"no answer yet":                       {want: addressing{}},
		"no answer for a minute":              {waited: true, want: addressing{use: own.Addr(), add: own, why: "no DHCP server answered within 1m0s"}},
		"no answer for a minute, no cable":    {waited: true, down: true, want: addressing{}},
		"a lease":                             {addresses: []netip.Prefix{lease}, want: addressing{use: lease.Addr()}},
		"a lease, a minute later":             {addresses: []netip.Prefix{lease}, waited: true, want: addressing{use: lease.Addr()}},
		"ours, still nobody":                  {addresses: []netip.Prefix{own}, waited: true, want: addressing{use: own.Addr(), give: true}},
		"ours, and the cable is out":          {addresses: []netip.Prefix{own}, down: true, want: addressing{use: own.Addr()}},
		"ours, then a lease":                  {addresses: []netip.Prefix{own, lease}, want: addressing{use: lease.Addr(), drop: own}},
		"an address that the host made up":    {addresses: []netip.Prefix{p("169.254.3.4/16")}, want: addressing{}},
		"made up, a minute later":             {addresses: []netip.Prefix{p("169.254.3.4/16")}, waited: true, want: addressing{use: own.Addr(), add: own, why: "no DHCP server answered within 1m0s"}},
		"the owner's choice":                  {static: chosen, want: addressing{use: chosen.Addr(), add: chosen, why: "network.address of the settings"}},
		"the owner's choice, set already":     {static: chosen, addresses: []netip.Prefix{lease, chosen}, want: addressing{use: chosen.Addr()}},
		"the owner's choice after ours":       {static: chosen, addresses: []netip.Prefix{own, chosen}, want: addressing{use: chosen.Addr(), drop: own}},
		"the owner chose ours":                {static: own, addresses: []netip.Prefix{own}, want: addressing{use: own.Addr()}},
		"the lease goes with the cable: none": {down: true, want: addressing{}},
	} {
		t.Run(name, func(t *testing.T) {
			i := link.Interface{Name: "eth0", Index: 2, Up: !tt.down, Wired: true, Addresses: tt.addresses}
			if got := decideAddress(i, tt.static, tt.waited); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
	if got := decideAddress(link.Interface{}, chosen, true); got != (addressing{drop: none}) {
		t.Errorf("no interface: %+v, want nothing to do", got)
	}
}
