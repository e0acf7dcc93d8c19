package link

import (
	"encoding/hex"
	"net/netip"
	"testing"

	"autocom/provision"
)

func TestWhoClaimsAnAddress(t *testing.T) {
	own, lower, higher := provision.MAC{0, 0, 0x5e, 0, 0x53, 5}, provision.MAC{0, 0, 0x5e, 0, 0x53, 4}, provision.MAC{0, 0, 0x5e, 0, 0x53, 6}
	ip, other := netip.MustParseAddr("192.168.77.1"), netip.MustParseAddr("192.168.77.2")
	said := func(by provision.MAC, from, to netip.Addr) []byte {
		b := probe(by, to)
		copy(b[senderIP:], from.AsSlice())
		return b
	}
	none := netip.IPv4Unspecified()
	for name, tt := range map[string]struct {
		packet []byte
		want   bool
	}{
		"an answer":                        {said(higher, ip, other), true},
		"our own question":                 {probe(own, ip), false},
		"our own answer":                   {said(own, ip, other), false},
		"a question for it":                {said(higher, other, ip), false},
		"a probe by who goes first":        {said(lower, none, ip), true},
		"a probe by who goes after us":     {said(higher, none, ip), false},
		"a probe for another":              {said(lower, none, other), false},
		"too short":                        {said(higher, ip, other)[:arpLen-1], false},
		"of another network than IPv4's":   {append([]byte{0, 6}, said(higher, ip, other)[2:]...), false},
		"padded to the shortest of frames": {append(said(higher, ip, other), make([]byte, 18)...), true},
		"nothing":                          {nil, false},
	} {
		if mac, claims := claim(tt.packet, ip, own); claims != tt.want || claims && mac == own {
			t.Errorf("%s: %v by %v, want %v", name, claims, mac, tt.want)
		}
	}
	// RFC 5227 1.1: an ARP Request with an all-zero sender IP address.
	want := "0001080006040001" + "00005e005305" + "00000000" + "000000000000" + "c0a84d01"
	if got := hex.EncodeToString(probe(own, ip)); got != want {
		t.Errorf("probe %s, want %s", got, want)
	}
}
