package main

import (
	"net/netip"
	"path/filepath"
	"time"

	"github.com/vishvananda/netlink"

	"autocom/office"
	"autocom/provision"
	"autocom/provision/offer"
)

// How long an address is given for. Alone on a bare switch five minutes: after a power
// cut a slow router comes up after us, and everything that asked meanwhile has to
// follow it soon. For good half a day, and written to the card.
const (
	shortLease = 5 * time.Minute
	longLease  = 12 * time.Hour
)

// leases gives out addresses of a network on an interface where nobody else does.
func (d *daemon) leases(name string, network netip.Prefix) task {
	lan := offer.LAN{
		Interface: name, Address: network,
		Lease: shortLease, LeaseFile: filepath.Join(d.cfg.Paths.Run, "dnsmasq.leases"), // in memory: wears no card
	}
	if d.cfg.serves() {
		lan.Lease, lan.LeaseFile = longLease, filepath.Join(d.leasesDir(), "dnsmasq.leases")
	}
	return &leases{
		iface: name, network: network, every: checkEvery, log: d.log,
		path: filepath.Join(d.cfg.Paths.Run, "dnsmasq.conf"),
		on: func(giving bool, other netip.Addr) {
			d.lan.noted(func() { d.lan.giving, d.lan.rival = giving, other })
		},
		config: func() ([]byte, error) {
			lan.Router = gateway(name, network)
			return d.dnsmasq(lan)
		},
	}
}

func (d *daemon) leasesDir() string { return filepath.Join(d.cfg.Paths.Data, "leases") }

// dnsmasq is what that program is told. A maker's data that cannot be used must not
// leave the LAN without addresses: then all phones are told the same.
func (d *daemon) dnsmasq(lan offer.LAN) ([]byte, error) {
	site := d.office.Site()
	site.Address = lan.Address.Addr()
	text, err := offer.Dnsmasq(site, d.told(site), lan)
	if err != nil {
		d.log.Error("phones are not told what their maker wants by DHCP", "error", err)
		return offer.Dnsmasq(site, nil, lan)
	}
	return text, nil
}

// told are the makers with their DHCP options as all of their phones may hear them.
func (d *daemon) told(site provision.Site) []provision.Vendor {
	all := d.makers.Vendors()
	for i, v := range all {
		options, err := d.makers.Options(provision.Phone{Site: site, Device: provision.Device{Vendor: v.ID}})
		if err != nil {
			d.log.Error("phones are not told what their maker wants by DHCP", "maker", v.ID, "error", err)
		}
		all[i].Options = options
	}
	return all
}

// gateway is the way out of a network that this machine uses, the zero Addr when it
// has none there.
func gateway(name string, network netip.Prefix) netip.Addr {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return netip.Addr{}
	}
	routes, err := netlink.RouteList(l, netlink.FAMILY_V4)
	if err != nil {
		return netip.Addr{}
	}
	for _, r := range routes {
		everything := r.Dst == nil || r.Dst.IP.IsUnspecified()
		if a, ok := netip.AddrFromSlice(r.Gw.To4()); everything && ok && network.Contains(a) && a != network.Addr() {
			return a
		}
	}
	return netip.Addr{}
}

// rival tells the owner of another box that answers phones by SIP PnP.
func (d *daemon) rival(ip netip.Addr, mac provision.MAC) {
	d.office.NoteAlert(office.Alert{
		Kind: "pnp", IP: ip, MAC: mac,
		Text: "another device answers phones that ask where their files are (SIP PnP): the first answer wins, so switch it off there",
	})
}
