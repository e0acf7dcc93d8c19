package sniff

import (
	"bytes"
	"fmt"
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// message is what the two decoders, the library's and the lenient one, have in common.
type message struct {
	op             byte
	chaddr         []byte
	ciaddr, giaddr netip.Addr
	options        map[byte][]byte
}

// decode tries the library, and reads leniently what it refuses whole: messages
// without END or with a truncated last option, as real phones send them.
func decode(payload []byte) (message, error) {
	if m, ok := strict(payload); ok {
		return m, nil
	}
	return lenient(payload)
}

// strict is the library's reading.
func strict(payload []byte) (message, bool) {
	p, err := dhcpv4.FromBytes(payload)
	if err != nil {
		return message{}, false
	}
	m := message{
		op:      byte(p.OpCode),
		chaddr:  p.ClientHWAddr,
		ciaddr:  address4(p.ClientIPAddr),
		giaddr:  address4(p.GatewayIPAddr),
		options: map[byte][]byte{},
	}
	for code, value := range p.Options {
		m.options[code] = value
	}
	return m, true
}

// Layout of a BOOTP message, RFC 951 and RFC 2131 figure 1.
const (
	offHardwareLen = 2
	offCiaddr      = 12
	offGiaddr      = 24
	offChaddr      = 28
	chaddrLen      = 16
	bootpLen       = 236
)

var magicCookie = []byte{99, 130, 83, 99}

// lenient reads as much as there is. Repeated options are joined (RFC 3396).
func lenient(b []byte) (message, error) {
	if len(b) < bootpLen {
		return message{}, fmt.Errorf("DHCP message of %d bytes, at least %d are expected", len(b), bootpLen)
	}
	m := message{
		op:      b[0],
		chaddr:  b[offChaddr : offChaddr+min(int(b[offHardwareLen]), chaddrLen)],
		ciaddr:  address4(b[offCiaddr : offCiaddr+4]),
		giaddr:  address4(b[offGiaddr : offGiaddr+4]),
		options: map[byte][]byte{},
	}
	rest, ok := bytes.CutPrefix(b[bootpLen:], magicCookie)
	if !ok {
		return m, nil // BOOTP without options
	}
	for len(rest) > 0 {
		code := rest[0]
		rest = rest[1:]
		if code == optPad {
			continue
		}
		if code == optEnd || len(rest) == 0 {
			break
		}
		n := min(int(rest[0]), len(rest)-1)
		m.options[code] = append(m.options[code], rest[1:1+n]...)
		rest = rest[1+n:]
	}
	return m, nil
}

// address4 gives the zero Addr for 0.0.0.0.
func address4(b []byte) netip.Addr {
	ip, ok := netip.AddrFromSlice(b)
	if ip = ip.Unmap(); !ok || ip.IsUnspecified() {
		return netip.Addr{}
	}
	return ip
}
