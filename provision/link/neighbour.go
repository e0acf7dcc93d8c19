package link

import (
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"autocom/provision"
)

// neighbour is one entry of the kernel's ARP table.
type neighbour struct {
	ip    netip.Addr
	mac   provision.MAC
	state int
}

// confirmed are the states in which the kernel has heard the neighbour's own
// answer: not while it still asks (incomplete) or got none (failed).
const confirmed = unix.NUD_REACHABLE | unix.NUD_STALE | unix.NUD_DELAY | unix.NUD_PROBE | unix.NUD_PERMANENT

// Answers to ARP on a LAN take a few ms; a phone that boots may take longer.
const (
	arpWait = 200 * time.Millisecond
	arpPoll = 10 * time.Millisecond
)

// Neighbour gives the hardware address behind an IPv4 address on the interface
// of that index (0: any), as the kernel's neighbour table knows it. When the
// table has none, it provokes an ARP request and waits up to 200 ms. False means
// that the address is routed, gone, or not IPv4.
//
// This proves a hardware address as far as ARP does: whoever spoofs ARP on the
// LAN is believed.
func Neighbour(index int, ip netip.Addr) (provision.MAC, bool) {
	ip = ip.Unmap()
	if !ip.Is4() || ip.IsLoopback() || ip.IsMulticast() || ip.IsUnspecified() {
		return provision.MAC{}, false
	}
	if mac, ok := lookup(index, ip); ok {
		return mac, true
	}
	provoke(ip)
	for deadline := time.Now().Add(arpWait); time.Now().Before(deadline); {
		time.Sleep(arpPoll)
		if mac, ok := lookup(index, ip); ok {
			return mac, true
		}
	}
	return provision.MAC{}, false
}

func lookup(index int, ip netip.Addr) (provision.MAC, bool) {
	list, err := neighbours(index)
	if err != nil {
		return provision.MAC{}, false
	}
	return find(list, ip)
}

func find(list []neighbour, ip netip.Addr) (provision.MAC, bool) {
	for _, n := range list {
		if n.ip == ip && n.state&confirmed != 0 && !n.mac.IsZero() && !n.mac.Multicast() {
			return n.mac, true
		}
	}
	return provision.MAC{}, false
}

// provoke makes the kernel ask for ip by ARP: any datagram does. Port 9 is
// "discard" (RFC 863); nobody needs to listen.
func provoke(ip netip.Addr) {
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
	if err != nil {
		return // no route: then there is no neighbour either
	}
	defer c.Close()
	_, _ = c.Write([]byte{0}) // an error means the same
}
