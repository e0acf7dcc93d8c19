package leases

import (
	"bytes"
	"strings"
)

// format is how a server writes its leases.
type format struct {
	name string
	is   func(line string) bool // of a line that is neither empty nor a remark
	read func(t *table, text string)
}

var formats = []format{
	{"kea", isKea, readKea},
	{"dhcpd", isDHCPD, readDHCPD},
	{"dnsmasq", isDnsmasq, readDnsmasq},
}

// sense tells the format of a file; ok is false while nothing in its first lines tells.
func sense(head string) (f format, ok bool) {
	lines := 0
	for line := range strings.Lines(head) {
		if line = strings.TrimSpace(line); remarks(line) {
			continue
		}
		for _, f := range formats {
			if f.is(line) {
				return f, true
			}
		}
		if lines++; lines == 50 {
			break
		}
	}
	return format{}, false
}

// remarks reports whether there is nothing but remarks in a text.
func remarks(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

// whole cuts off a last line that is still being written.
func whole(b []byte) string { return string(b[:bytes.LastIndexByte(b, '\n')+1]) }
