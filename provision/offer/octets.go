package offer

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
)

// octets packs a list of IPv4 addresses, as "192.0.2.10" or "192.0.2.10, 192.0.2.11".
func octets(text string) ([]byte, error) {
	var out []byte
	for _, word := range addresses(text) {
		a, err := netip.ParseAddr(word)
		if err != nil || !a.Is4() {
			return nil, fmt.Errorf("%q is no IPv4 address", word)
		}
		out = append(out, a.AsSlice()...)
	}
	return out, nil
}

func addresses(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// colons writes bytes as dnsmasq reads them, "68:74:74:70": whatever they are, they
// are data there, never a second line, another option or a comment.
func colons(b []byte) string {
	var out strings.Builder
	for i, c := range b {
		if i > 0 {
			out.WriteByte(':')
		}
		out.WriteString(hex.EncodeToString([]byte{c}))
	}
	return out.String()
}
