package leases

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"autocom/provision"
)

// dnsmasq writes a line for each lease (src/lease.c of dnsmasq):
//
//	1795445012 00:00:5e:00:53:01 192.0.2.50 SIP-T46G 01:00:00:5e:00:53:01
//
// the end in seconds since 1970 (0: never), the hardware address with its type in
// front unless it is Ethernet's ("06-…"), address, name or *, client id or *. Leases of
// IPv6 follow a line that begins with "duid".
func isDnsmasq(line string) bool {
	if strings.HasPrefix(line, "duid ") {
		return true
	}
	_, ok := dnsmasqLine(line)
	return ok
}

func readDnsmasq(t *table, text string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch l, ok := dnsmasqLine(line); {
		case strings.HasPrefix(line, "duid "):
			return
		case ok:
			t.add(l)
		case line != "":
			t.malformed++
		}
	}
}

func dnsmasqLine(line string) (l lease, ok bool) {
	f := strings.Fields(line)
	if len(f) < 4 {
		return l, false
	}
	end, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || end < 0 {
		return l, false
	}
	if end > 0 {
		l.expires = time.Unix(end, 0)
	}
	hardware := f[1]
	if kind, rest, typed := strings.Cut(hardware, "-"); typed && len(kind) == 2 && strings.Contains(rest, ":") {
		if kind != "01" && kind != "06" { // Ethernet and IEEE 802, which share their addresses
			return l, false
		}
		hardware = rest
	}
	if l.mac, err = provision.ParseMAC(hardware); err != nil {
		return l, false
	}
	if l.ip, err = netip.ParseAddr(f[2]); err != nil || l.ip.Zone() != "" {
		return l, false
	}
	if f[3] != "*" {
		l.hostname = f[3]
	}
	if len(f) > 4 {
		l.option61 = clientID(f[4])
	}
	return l, true
}

// clientID takes the colons out: "01:00:…" to "0100…", nothing from what is no hex.
func clientID(s string) string {
	s = strings.ReplaceAll(s, ":", "")
	b, err := hex.DecodeString(s)
	if err != nil {
		return ""
	}
	return digits(b)
}

// digits writes bytes in hexadecimal, as many as a field may have.
func digits(b []byte) string {
	return hex.EncodeToString(b[:min(len(b), provision.MaxField/2)])
}
