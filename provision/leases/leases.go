// Package leases turns the lease files of DHCP servers on this machine into
// sightings: who has which address, under which name. It reads dnsmasq's, Kea's
// (memfile CSV) and ISC dhcpd's, and tells them apart by what stands in them.
package leases

import (
	"net/netip"
	"time"

	"autocom/provision"
)

// Files are where Debian's packages of the three servers keep their leases.
var Files = []string{
	"/var/lib/misc/dnsmasq.leases",
	"/var/lib/kea/kea-leases4.csv",
	"/var/lib/dhcp/dhcpd.leases",
}

// lease is what a server says of one address.
type lease struct {
	ip       netip.Addr
	mac      provision.MAC
	gone     bool      // released, expired, declined: nobody has it
	expires  time.Time // zero: never, or not told
	hostname string
	option60 string
	option61 string // hexadecimal
}

// live reports whether somebody has the address at this time.
func (l lease) live(now time.Time) bool {
	return !l.gone && (l.expires.IsZero() || now.Before(l.expires))
}

// tells reports whether it says something of a device that the old one did not. A renewal
// changes the end alone; and dnsmasq takes a name from the device that had it when another
// brings the same: neither is news of the device.
func (l lease) tells(old lease) bool {
	differs := func(value, before string) bool { return value != "" && value != before }
	return l.mac != old.mac || differs(l.hostname, old.hostname) ||
		differs(l.option60, old.option60) || differs(l.option61, old.option61)
}

// usable reports whether a device on a LAN may have it.
func (l lease) usable() bool {
	ip := l.ip
	return ip.Is4() && !ip.IsUnspecified() && !ip.IsLoopback() && !ip.IsMulticast() && ip.As4()[0] < 240 &&
		(l.gone || !l.mac.IsZero() && !l.mac.Multicast())
}

func (l lease) sighting(now time.Time) provision.Sighting {
	fields := map[string]string{}
	for name, value := range map[string]string{
		provision.FieldHostname: l.hostname, provision.FieldOption60: l.option60, provision.FieldOption61: l.option61,
	} {
		if value = provision.Clean(value); value != "" {
			fields[name] = value
		}
	}
	return provision.Sighting{At: now, Sensor: provision.SensorLease, MAC: l.mac, IP: l.ip, Fields: fields}
}

// maxLeases bounds what is kept of one file; a /20 has as many addresses.
const maxLeases = 4096

// table collects the leases of a file in the order written: the last word on an
// address counts.
type table struct {
	by        map[netip.Addr]lease
	malformed int
}

func (t *table) add(l lease) {
	if !l.usable() {
		t.malformed++
		return
	}
	if _, known := t.by[l.ip]; !known && len(t.by) >= maxLeases {
		return
	}
	if t.by == nil {
		t.by = map[netip.Addr]lease{}
	}
	t.by[l.ip] = l
}
