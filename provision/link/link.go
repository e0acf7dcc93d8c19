// Package link turns the kernel's interfaces, addresses and neighbours into what
// the agent has to know of its LAN: which interface it is, which addresses it
// has, and whose hardware address stands behind an IP address.
package link

import (
	"net/netip"
	"slices"

	"autocom/provision"
)

// Auto lets Pick choose the LAN interface.
const Auto = "auto"

// Interface is one network interface.
type Interface struct {
	Name      string
	Index     int
	MAC       provision.MAC
	Up        bool           // administratively up and with a carrier
	Wired     bool           // an Ethernet card: not loopback, virtual or wireless
	Addresses []netip.Prefix // IPv4, in the kernel's order

	Parent  int    // index of the interface that this one is a VLAN of, 0 when it is none
	VLAN    uint16 // its 802.1Q id
	Bridge  int    // index of the bridge that this one is a port of, 0 when it is none
	Gateway bool   // the default route leaves here
}

// Address is the interface's first IPv4 address, the zero Addr when it has none.
func (i Interface) Address() netip.Addr {
	if len(i.Addresses) == 0 {
		return netip.Addr{}
	}
	return i.Addresses[0].Addr()
}

// near reports whether an address is in one of the interface's networks.
func (i Interface) near(ip netip.Addr) bool {
	return slices.ContainsFunc(i.Addresses, func(p netip.Prefix) bool { return p.Contains(ip.Unmap()) })
}

// Equal compares everything but the routes, which come and go by themselves.
func (i Interface) Equal(o Interface) bool {
	return i.Name == o.Name && i.Index == o.Index && i.MAC == o.MAC && i.Up == o.Up &&
		i.Wired == o.Wired && i.Parent == o.Parent && i.VLAN == o.VLAN && i.Bridge == o.Bridge &&
		slices.Equal(i.Addresses, o.Addresses)
}

// Pick chooses the LAN interface: the one named want, or with Auto the first
// wired one that is up, by index. The choice is stable: current stays as long as
// it is up or holds an address, and when no other is up, so that a pulled cable
// does not move the telephone system to the uplink.
func Pick(list []Interface, want, current string) (Interface, bool) {
	if want != Auto && want != "" {
		return named(list, want)
	}
	var first, firstUp *Interface
	for i := range list {
		c := &list[i]
		if !c.Wired {
			continue
		}
		if first == nil || c.Index < first.Index {
			first = c
		}
		if c.Up && (firstUp == nil || c.Index < firstUp.Index) {
			firstUp = c
		}
	}
	if now, ok := named(list, current); ok && now.Wired && (now.Up || len(now.Addresses) > 0 || firstUp == nil) {
		return now, true
	}
	switch {
	case firstUp != nil:
		return *firstUp, true
	case first != nil:
		return *first, true
	}
	return Interface{}, false
}

// Others are the further interfaces that are up where phones may be too: the VLANs and
// the bridge of the LAN interface, the ports of a LAN that is a bridge, and all other wired
// ones; never the uplink, which with Auto is where the default route leaves. One that hangs
// on the uplink (its VLAN, its bridge) is the uplink's. They are sorted by index.
func Others(list []Interface, lan Interface, uplink string) []Interface {
	if lan.Index == 0 {
		return nil
	}
	// Whom an interface hangs on, up to the top; tables of the kernel have no rings, but a
	// listing taken during a change may.
	hangsOn := func(i Interface, is func(Interface) bool) bool {
		for range len(list) + 1 {
			if is(i) {
				return true
			}
			on := i.Parent
			if on == 0 {
				on = i.Bridge
			}
			at := slices.IndexFunc(list, func(c Interface) bool { return c.Index == on })
			if on == 0 || at < 0 {
				return false
			}
			i = list[at]
		}
		return false
	}
	isLAN := func(i Interface) bool { return i.Index == lan.Index }
	isUplink := func(i Interface) bool {
		if isLAN(i) {
			return false // one network for all
		}
		if uplink == Auto || uplink == "" {
			return i.Gateway
		}
		return i.Name == uplink
	}
	var out []Interface
	for _, i := range list {
		bridge := hangsOn(lan, func(c Interface) bool { return c.Index == i.Index })
		related := i.Wired || hangsOn(i, isLAN) || bridge
		if i.Up && related && !isLAN(i) && (bridge || !hangsOn(i, isUplink)) {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b Interface) int { return a.Index - b.Index })
	return out
}

func named(list []Interface, name string) (Interface, bool) {
	i := slices.IndexFunc(list, func(c Interface) bool { return c.Name == name })
	if i < 0 {
		return Interface{}, false
	}
	return list[i], true
}
