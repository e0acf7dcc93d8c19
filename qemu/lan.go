package qemu

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// LAN is a switch that machines and phones are plugged into: a Linux bridge in the
// network namespace we run in.
type LAN struct {
	Bridge string

	link netlink.Link
	taps []netlink.Link
}

// OpenLAN makes the bridge and gives our end of it addr, the address of the router.
// Inside Isolated it vanishes with the process; elsewhere Close removes it.
func OpenLAN(bridge string, addr netip.Prefix) (*LAN, error) {
	// No spanning tree and no learning delay: a port works when it is up.
	br := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridge, HardwareAddr: net.HardwareAddr{0x02, 0, 0, 0xac, 0, 1}}}
	if err := netlink.LinkAdd(br); err != nil {
		return nil, fmt.Errorf("make bridge %s: %w", bridge, err)
	}
	ip := &netlink.Addr{IPNet: &net.IPNet{IP: addr.Addr().AsSlice(), Mask: net.CIDRMask(addr.Bits(), 32)}}
	if addr.IsValid() {
		if err := netlink.AddrAdd(br, ip); err != nil {
			return nil, fmt.Errorf("give %s to bridge %s: %w", addr, bridge, err)
		}
	}
	if err := netlink.LinkSetUp(br); err != nil {
		return nil, fmt.Errorf("raise bridge %s: %w", bridge, err)
	}
	return &LAN{Bridge: bridge, link: br}, nil
}

// Tap makes a socket for one machine and gives its name for Machine.Tap.
func (l *LAN) Tap() (string, error) {
	name := fmt.Sprintf("%s-%d", l.Bridge, len(l.taps)+1)
	tap := &netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: name}, Mode: netlink.TUNTAP_MODE_TAP}
	if err := netlink.LinkAdd(tap); err != nil {
		return "", fmt.Errorf("make tap %s (is /dev/net/tun there and readable?): %w", name, err)
	}
	l.taps = append(l.taps, tap)
	if err := netlink.LinkSetMaster(tap, l.link); err != nil {
		return "", fmt.Errorf("plug tap %s into bridge %s: %w", name, l.Bridge, err)
	}
	if err := netlink.LinkSetUp(tap); err != nil {
		return "", fmt.Errorf("raise tap %s: %w", name, err)
	}
	return name, nil
}

// Close removes the bridge and what Tap made.
func (l *LAN) Close() error {
	var errs []error
	for _, link := range append(l.taps, l.link) {
		errs = append(errs, netlink.LinkDel(link))
	}
	return errors.Join(errs...)
}
