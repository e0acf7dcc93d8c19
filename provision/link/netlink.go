package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"autocom/provision"
)

// netlinkKernel is the running kernel.
type netlinkKernel struct{}

func (netlinkKernel) Interfaces() ([]Interface, error) {
	links, err := netlink.LinkList()
	// An interrupted dump is complete enough: another message follows the change that broke it.
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return nil, err
	}
	gateways, err := gateways()
	if err != nil {
		return nil, err
	}
	bridges := map[int]bool{}
	for _, l := range links {
		bridges[l.Attrs().Index] = l.Type() == "bridge"
	}
	var out []Interface
	for _, l := range links {
		i := described(l)
		i.Gateway = gateways[i.Index]
		if master := l.Attrs().MasterIndex; bridges[master] {
			i.Bridge = master
		}
		addrs, err := netlink.AddrList(l, netlink.FAMILY_V4)
		if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
			return nil, fmt.Errorf("addresses of %s: %w", i.Name, err)
		}
		for _, addr := range addrs {
			ip, ok := netip.AddrFromSlice(addr.IP)
			if !ok || addr.IPNet == nil {
				continue
			}
			ones, _ := addr.Mask.Size()
			i.Addresses = append(i.Addresses, netip.PrefixFrom(ip.Unmap(), ones))
		}
		out = append(out, i)
	}
	return out, nil
}

// described is what the link itself tells.
func described(l netlink.Link) Interface {
	a := l.Attrs()
	i := Interface{
		Name:  a.Name,
		Index: a.Index,
		// Drivers that do not tell their carrier leave the state unknown.
		Up:    a.Flags&net.FlagUp != 0 && (a.OperState == netlink.OperUp || a.OperState == netlink.OperUnknown),
		Wired: l.Type() == "device" && a.EncapType == "ether" && a.Flags&net.FlagLoopback == 0 && !wireless(a.Name),
	}
	copy(i.MAC[:], a.HardwareAddr)
	if v, ok := l.(*netlink.Vlan); ok {
		i.Parent, i.VLAN = a.ParentIndex, uint16(v.VlanId)
	}
	return i
}

// gateways tells through which interfaces the IPv4 default routes leave.
func gateways() (map[int]bool, error) {
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Dst: nil}, netlink.RT_FILTER_DST)
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return nil, fmt.Errorf("default routes: %w", err)
	}
	out := map[int]bool{}
	for _, r := range routes {
		out[r.LinkIndex] = true
		for _, hop := range r.MultiPath {
			out[hop.LinkIndex] = true
		}
	}
	return out, nil
}

// wireless asks sysfs: for netlink a Wi-Fi card is a device like an Ethernet card.
func wireless(name string) bool {
	_, err := os.Stat(filepath.Join("/sys/class/net", filepath.Base(name), "phy80211"))
	return err == nil
}

func (netlinkKernel) Changes(ctx context.Context) (<-chan struct{}, error) {
	links, addrs, routes := make(chan netlink.LinkUpdate), make(chan netlink.AddrUpdate), make(chan netlink.RouteUpdate)
	done := make(chan struct{})
	if err := netlink.LinkSubscribeWithOptions(links, done, netlink.LinkSubscribeOptions{ErrorCallback: func(error) {}}); err != nil {
		close(done)
		return nil, err
	}
	if err := netlink.AddrSubscribeWithOptions(addrs, done, netlink.AddrSubscribeOptions{ErrorCallback: func(error) {}}); err != nil {
		close(done)
		return nil, err
	}
	if err := netlink.RouteSubscribeWithOptions(routes, done, netlink.RouteSubscribeOptions{ErrorCallback: func(error) {}}); err != nil {
		close(done)
		return nil, err
	}
	out := make(chan struct{}, 1)
	go func() {
		defer close(out)
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case _, ok := <-links:
				if !ok {
					return
				}
			case _, ok := <-addrs:
				if !ok {
					return
				}
			case _, ok := <-routes:
				if !ok {
					return
				}
			}
			select {
			case out <- struct{}{}:
			default: // one is waiting already
			}
		}
	}()
	return out, nil
}

// AddAddress gives an interface an IPv4 address. Twice is once.
func AddAddress(name string, p netip.Prefix) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("add %s to %s: %w", p, name, err)
	}
	if err := netlink.AddrReplace(l, address(p)); err != nil {
		return fmt.Errorf("add %s to %s: %w", p, name, err)
	}
	return nil
}

// DelAddress takes an IPv4 address from an interface. Twice is once.
func DelAddress(name string, p netip.Prefix) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("remove %s from %s: %w", p, name, err)
	}
	if err := netlink.AddrDel(l, address(p)); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
		return fmt.Errorf("remove %s from %s: %w", p, name, err)
	}
	return nil
}

func address(p netip.Prefix) *netlink.Addr {
	return &netlink.Addr{IPNet: &net.IPNet{
		IP:   p.Addr().AsSlice(),
		Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen()),
	}}
}

// kernelNeighbour asks the kernel for one entry of its IPv4 neighbour table (since
// Linux 5.0): with 500 phones the whole table is 60 kB.
func kernelNeighbour(index int, ip netip.Addr) (n neighbour, ok bool) {
	req := nl.NewNetlinkRequest(unix.RTM_GETNEIGH, 0)
	req.AddData(&netlink.Ndmsg{Family: unix.AF_INET, Index: uint32(index)})
	req.AddData(nl.NewRtAttr(netlink.NDA_DST, ip.AsSlice()))
	answers, err := req.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWNEIGH)
	if err != nil || len(answers) != 1 { // ENOENT: it is not there
		return neighbour{}, false
	}
	got, err := netlink.NeighDeserialize(answers[0])
	if err != nil || len(got.HardwareAddr) != len(provision.MAC{}) {
		return neighbour{}, false
	}
	at, _ := netip.AddrFromSlice(got.IP)
	return neighbour{ip: at.Unmap(), mac: provision.MAC(got.HardwareAddr), state: got.State}, true
}
