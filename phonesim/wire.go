package phonesim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Wire is a switch that phones are plugged into: a Linux bridge in the network
// namespace we run in. Every phone has an interface and a hardware address of its
// own, and a routing table that is used for what it sends, so that all phones live
// in one namespace and each is alone on its cable.
type Wire struct {
	bridge netlink.Link

	mu    sync.Mutex
	next  int
	ports map[*Phone]port
}

type port struct {
	name string
	rule *netlink.Rule
}

// OpenWire uses the bridge of that name. It changes settings of the whole network
// namespace: call it only in one made for the purpose.
func OpenWire(bridge string) (*Wire, error) {
	l, err := netlink.LinkByName(bridge)
	if err != nil {
		return nil, fmt.Errorf("find bridge %s: %w", bridge, err)
	}
	for _, conf := range []string{"all", "default"} {
		// Phones answer ARP only for their own address, speak with their own, and
		// accept what comes by a path the main routing table does not know.
		for key, value := range map[string]string{"rp_filter": "0", "arp_ignore": "1", "arp_announce": "2"} {
			path := filepath.Join("/proc/sys/net/ipv4/conf", conf, key)
			if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
				return nil, err
			}
		}
	}
	return &Wire{bridge: l, ports: map[*Phone]port{}}, nil
}

// firstTable is the first routing table used for phones; lower ones belong to the system.
const firstTable = 1000

// Plug connects the phone and lets it ask for an address by DHCP until ctx ends.
func (w *Wire) Plug(ctx context.Context, p *Phone) error {
	start := time.Now()
	name, table, mac, err := w.connect(p)
	if err != nil {
		return fmt.Errorf("plug in %s: %w", p, err)
	}
	l, err := lease(ctx, name, mac, p.maker.dhcp())
	if err == nil {
		err = w.settle(p, l, table)
	}
	if err != nil {
		return fmt.Errorf("plug in %s: %w", p, errors.Join(err, w.Unplug(p)))
	}
	p.mark("address "+l.Addr.Addr().String(), start)
	return nil
}

// PlugStatic connects the phone with an address somebody typed in.
func (w *Wire) PlugStatic(p *Phone, addr netip.Prefix) error {
	name, table, _, err := w.connect(p)
	if err == nil {
		err = w.settle(p, Link{Interface: name, Addr: addr}, table)
	}
	if err != nil {
		return fmt.Errorf("plug in %s: %w", p, errors.Join(err, w.Unplug(p)))
	}
	return nil
}

// connect makes the cable: one end in the bridge, the other is the phone's.
func (w *Wire) connect(p *Phone) (name string, table int, mac net.HardwareAddr, err error) {
	if name, table, err = w.number(p); err != nil {
		return "", 0, nil, err
	}
	if mac = p.MAC; mac == nil { // a smartphone makes one up for each network
		mac = net.HardwareAddr{0x02, 0, 0, 0, 0, 0}
		for i := 1; i < 6; i++ {
			mac[i] = byte(rand.Uint32())
		}
	}
	veth := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: name, HardwareAddr: mac},
		PeerName:         fmt.Sprintf("socket%d", table-firstTable),
		PeerHardwareAddr: nil,
	}
	if err := netlink.LinkAdd(veth); err != nil {
		return "", 0, nil, fmt.Errorf("make cable %s: %w", name, err)
	}
	// No IPv6: its own chatter would only cost time.
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0o644); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", 0, nil, err
	}
	peer, err := netlink.LinkByName(veth.PeerName)
	if err != nil {
		return "", 0, nil, err
	}
	if err := errors.Join(netlink.LinkSetMaster(peer, w.bridge), netlink.LinkSetUp(peer), netlink.LinkSetUp(veth)); err != nil {
		return "", 0, nil, err
	}
	return name, table, mac, linked(name, veth.PeerName)
}

// number gives the phone a socket of the switch.
func (w *Wire) number(p *Phone) (name string, table int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old, plugged := w.ports[p]; plugged {
		return "", 0, fmt.Errorf("its cable %s is plugged in already", old.name)
	}
	w.next++
	name = fmt.Sprintf("phone%d", w.next)
	w.ports[p] = port{name: name}
	return name, firstTable + w.next, nil
}

// linkPatience is how long both ends of a cable may take to agree; on real copper
// it is two to three seconds.
const linkPatience = 3 * time.Second

// linked waits until a cable carries frames: a bridge drops what comes before.
func linked(ends ...string) error {
	deadline := time.Now().Add(linkPatience)
	for _, name := range ends {
		for {
			dev, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			if dev.Attrs().OperState == netlink.OperUp {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("cable %s has no link after %v", name, linkPatience)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	return nil
}

// settle gives the cable's end its address and a routing table of its own.
func (w *Wire) settle(p *Phone, l Link, table int) error {
	dev, err := netlink.LinkByName(l.Interface)
	if err != nil {
		return err
	}
	ip := l.Addr.Addr().AsSlice()
	network := &net.IPNet{IP: l.Addr.Masked().Addr().AsSlice(), Mask: net.CIDRMask(l.Addr.Bits(), 32)}
	addr := &netlink.Addr{IPNet: &net.IPNet{IP: ip, Mask: network.Mask}, Flags: unix.IFA_F_NOPREFIXROUTE}
	if err := netlink.AddrAdd(dev, addr); err != nil {
		return fmt.Errorf("give %s to %s: %w", l.Addr, l.Interface, err)
	}
	index := dev.Attrs().Index
	routes := []netlink.Route{
		{LinkIndex: index, Dst: network, Src: ip, Scope: netlink.SCOPE_LINK, Table: table},
		{LinkIndex: index, Dst: &net.IPNet{IP: net.IPv4(224, 0, 0, 0).To4(), Mask: net.CIDRMask(4, 32)}, Src: ip, Scope: netlink.SCOPE_LINK, Table: table},
	}
	if l.Router.IsValid() {
		routes = append(routes, netlink.Route{LinkIndex: index, Dst: &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
			Gw: l.Router.AsSlice(), Src: ip, Table: table})
	}
	for _, r := range routes {
		if err := netlink.RouteAdd(&r); err != nil {
			return fmt.Errorf("route %s by %s: %w", r.Dst, l.Interface, err)
		}
	}
	rule := netlink.NewRule()
	rule.Src, rule.Table, rule.Priority = &net.IPNet{IP: ip, Mask: net.CIDRMask(32, 32)}, table, table
	if err := netlink.RuleAdd(rule); err != nil {
		return fmt.Errorf("route what %s sends: %w", l.Addr.Addr(), err)
	}
	w.mu.Lock()
	w.ports[p] = port{name: l.Interface, rule: rule}
	w.mu.Unlock()
	p.Attach(l)
	return nil
}

// Unplug pulls the phone's plug and its cable, with everything that hung on it.
func (w *Wire) Unplug(p *Phone) error {
	p.PullPlug()
	w.mu.Lock()
	at, plugged := w.ports[p]
	delete(w.ports, p)
	w.mu.Unlock()
	if !plugged {
		return nil
	}
	var errs []error
	if at.rule != nil {
		errs = append(errs, netlink.RuleDel(at.rule))
	}
	if dev, err := netlink.LinkByName(at.name); err == nil {
		errs = append(errs, netlink.LinkDel(dev))
	}
	return errors.Join(errs...)
}
