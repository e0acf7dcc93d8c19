package leases

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"autocom/provision"
)

// Kea appends a row to a CSV file for each change of a lease, and names the columns
// in the first row, which differ by version:
//
//	address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id
//
// A lifetime of 0 takes the lease away; state 0 is a lease in use. What would break the
// row is written as "&#x2c" (Kea's CSV escape). The header comes again at the head
// of every file that kea-lfc leaves.
func isKea(line string) bool {
	if !strings.Contains(line, "valid_lifetime") {
		return false // soon said of the many rows
	}
	columns := strings.Split(line, ",")
	return slices.Contains(columns, "address") && slices.Contains(columns, "hwaddr")
}

func readKea(t *table, text string) {
	column := map[string]int{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		row := strings.Split(line, ",")
		if isKea(line) {
			clear(column)
			for i, name := range row {
				column[name] = i
			}
			continue
		}
		if l, ok := keaRow(func(name string) string {
			if i, is := column[name]; is && i < len(row) {
				return row[i]
			}
			return ""
		}); ok {
			t.add(l)
		} else {
			t.malformed++
		}
	}
}

func keaRow(value func(column string) string) (l lease, ok bool) {
	var err error
	if l.ip, err = netip.ParseAddr(value("address")); err != nil || l.ip.Zone() != "" {
		return l, false
	}
	lifetime, err := strconv.ParseUint(value("valid_lifetime"), 10, 32)
	if err != nil {
		return l, false
	}
	state := value("state")
	if lifetime == 0 || state != "" && state != "0" {
		l.gone = true
		return l, true
	}
	if l.mac, err = provision.ParseMAC(value("hwaddr")); err != nil {
		return l, false
	}
	const forever = 1<<32 - 1 // RFC 2131 3.3
	if end, err := strconv.ParseInt(value("expire"), 10, 64); err == nil && lifetime != forever {
		l.expires = time.Unix(end, 0)
	}
	l.hostname = strings.TrimSuffix(unescape(value("hostname")), ".")
	l.option61 = clientID(value("client_id"))
	return l, true
}

// unescape reads "&#x2c" as the character of that code.
func unescape(s string) string {
	const mark = "&#x"
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, mark)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		code, err := strconv.ParseUint(after[:min(2, len(after))], 16, 8)
		if err != nil || len(after) < 2 {
			b.WriteString(mark)
			s = after
			continue
		}
		b.WriteByte(byte(code))
		s = after[2:]
	}
}
