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
}

// Address is the interface's first IPv4 address, the zero Addr when it has none.
func (i Interface) Address() netip.Addr {
	if len(i.Addresses) == 0 {
		return netip.Addr{}
	}
	return i.Addresses[0].Addr()
}

// Equal compares everything.
func (i Interface) Equal(o Interface) bool {
	return i.Name == o.Name && i.Index == o.Index && i.MAC == o.MAC && i.Up == o.Up &&
		i.Wired == o.Wired && slices.Equal(i.Addresses, o.Addresses)
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

func named(list []Interface, name string) (Interface, bool) {
	i := slices.IndexFunc(list, func(c Interface) bool { return c.Name == name })
	if i < 0 {
		return Interface{}, false
	}
	return list[i], true
}
