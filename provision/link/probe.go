package link

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"autocom/provision"
)

// RFC 5227 2.1.1 has three probes and seven seconds; a switch of a small office
// carries an answer in a millisecond.
const (
	probes    = 3
	probeWait = 300 * time.Millisecond
)

// Taken asks by ARP whether somebody else on the interface has an IPv4 address,
// or is about to take it, and gives their hardware address. It takes a second.
func Taken(ctx context.Context, name string, ip netip.Addr) (by provision.MAC, taken bool, err error) {
	failed := func(err error) (provision.MAC, bool, error) {
		return by, false, fmt.Errorf("ask who has %s on %s: %w", ip, name, err)
	}
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return failed(err)
	}
	if len(ifi.HardwareAddr) != len(by) {
		return failed(errors.New("it is no Ethernet"))
	}
	own := provision.MAC(ifi.HardwareAddr)
	c, err := packet.Listen(ifi, packet.Datagram, unix.ETH_P_ARP, nil)
	if err != nil {
		return failed(fmt.Errorf("open a packet socket (needs CAP_NET_RAW): %w", err))
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	everybody := &packet.Addr{HardwareAddr: net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	buf := make([]byte, 128)
	for range probes {
		if _, err := c.WriteTo(probe(own, ip), everybody); err != nil {
			return failed(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(probeWait)); err != nil {
			return failed(err)
		}
		for {
			n, _, err := c.ReadFrom(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return failed(errors.Join(ctx.Err(), err))
			}
			if mac, claims := claim(buf[:n], ip, own); claims {
				return mac, true, nil
			}
		}
	}
	return by, false, nil
}

// The parts of an ARP packet for IPv4 on Ethernet (RFC 826).
const (
	arpLen    = 28
	senderMAC = 8
	senderIP  = 14
	targetIP  = 24
)

// arpHead is Ethernet, IPv4, the lengths of their addresses.
var arpHead = [6]byte{0, 1, 8, 0, 6, 4}

// probe asks for ip without saying who asks: nobody's table learns from it.
func probe(own provision.MAC, ip netip.Addr) []byte {
	b := make([]byte, arpLen)
	copy(b, arpHead[:])
	binary.BigEndian.PutUint16(b[6:], 1) // request
	copy(b[senderMAC:], own[:])
	copy(b[targetIP:], ip.AsSlice())
	return b
}

// claim reads an ARP packet: who speaks, and whether ip is theirs: any packet that
// has it as the sender's says so (RFC 5227 2.1.1). Of two that probe for it at one
// time, as two boxes after a power cut do, the lower hardware address goes first.
func claim(b []byte, ip netip.Addr, own provision.MAC) (mac provision.MAC, claims bool) {
	if len(b) < arpLen || [6]byte(b) != arpHead {
		return mac, false
	}
	mac = provision.MAC(b[senderMAC:senderIP])
	from, _ := netip.AddrFromSlice(b[senderIP : senderIP+4])
	to, _ := netip.AddrFromSlice(b[targetIP : targetIP+4])
	probes := from.IsUnspecified() && to == ip
	return mac, mac != own && (from == ip || probes && bytes.Compare(mac[:], own[:]) < 0)
}
