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

// Answers to ARP on a LAN take a fraction of a ms; a phone that boots may take longer.
// The table is looked at after 0.5 ms, and then less and less often: a phone's question
// by PnP waits for this.
const (
	arpWait  = 200 * time.Millisecond
	arpFirst = 500 * time.Microsecond
	arpPoll  = 10 * time.Millisecond
)

// maxAsking bounds the questions by ARP that wait at one time: each is a frame to
// everybody and an entry in the kernel's table. A phone that is refused asks again.
const maxAsking = 32

// Neighbour gives the hardware address behind an IPv4 address on the interface
// of that index, as the kernel's neighbour table knows it. When the table has
// none, it provokes an ARP request and waits up to 200 ms. False means that the
// address is routed, gone, or not IPv4.
//
// This proves a hardware address as far as ARP does: whoever spoofs ARP on the
// LAN is believed.
func Neighbour(index int, ip netip.Addr) (provision.MAC, bool) {
	if mac, ok := lookup(index, ip); ok {
		return mac, true
	}
	return ask(index, ip)
}

// ask is for what the table does not have.
func ask(index int, ip netip.Addr) (provision.MAC, bool) {
	if ip = ip.Unmap(); !host(ip) {
		return provision.MAC{}, false
	}
	provoke(ip)
	deadline := time.Now().Add(arpWait)
	for pause := arpFirst; time.Now().Before(deadline); pause = min(2*pause, arpPoll) {
		time.Sleep(pause)
		if mac, ok := lookup(index, ip); ok {
			return mac, true
		}
	}
	return provision.MAC{}, false
}

// host reports whether ip may be another machine's on the LAN.
func host(ip netip.Addr) bool {
	return ip.Is4() && !ip.IsLoopback() && !ip.IsMulticast() && !ip.IsUnspecified()
}

func lookup(index int, ip netip.Addr) (provision.MAC, bool) {
	ip = ip.Unmap()
	if !host(ip) {
		return provision.MAC{}, false
	}
	n, ok := kernelNeighbour(index, ip)
	if !ok || !n.proves(ip) {
		return provision.MAC{}, false
	}
	return n.mac, true
}

// proves reports whether the kernel is sure of who has ip.
func (n neighbour) proves(ip netip.Addr) bool {
	return n.ip == ip && n.state&confirmed != 0 && !n.mac.IsZero() && !n.mac.Multicast()
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
