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

// same reports whether two say the same of a device. A renewal changes the end
// alone, and is no news.
func (l lease) same(o lease) bool {
	l.expires, o.expires = time.Time{}, time.Time{}
	return l == o
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
