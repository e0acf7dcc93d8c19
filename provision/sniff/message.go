package sniff

import (
	"bytes"
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// message is what the two decoders, the library's and the lenient one, have in common.
type message struct {
	op, hlen       byte
	chaddr         []byte
	ciaddr, giaddr netip.Addr
	options        map[byte][]byte
	mended         string // the fault that was read over, "" when there was none
}

// decode tries the library, and reads leniently what it refuses whole: messages
// without END or with a truncated last option, as real phones send them.
func decode(payload []byte) (message, error) {
	m, ok := strict(payload)
	if !ok {
		var err error
		if m, err = lenient(payload); err != nil {
			return message{}, err
		}
	}
	m.overloaded(payload)
	if m.hlen = payload[offHardwareLen]; m.hlen != macLen && (m.mended == "" || m.mended == FaultOther) {
		m.mended = FaultLength
	}
	return m, nil
}

// strict is the library's reading.
func strict(payload []byte) (message, bool) {
	p, err := dhcpv4.FromBytes(payload)
	if err != nil {
		return message{}, false
	}
	m := message{
		op:      byte(p.OpCode),
		chaddr:  payload[offChaddr : offChaddr+chaddrLen],
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
	offSname       = 44
	offFile        = 108
	chaddrLen      = 16
	bootpLen       = 236
	macLen         = 6
)

var magicCookie = []byte{99, 130, 83, 99}

// lenient reads as much as there is. Repeated options are joined (RFC 3396).
func lenient(b []byte) (message, error) {
	if len(b) < bootpLen {
		return message{}, fault{FaultShort, "the DHCP message is shorter than a BOOTP message"}
	}
	m := message{
		op:      b[0],
		chaddr:  b[offChaddr : offChaddr+chaddrLen],
		ciaddr:  address4(b[offCiaddr : offCiaddr+4]),
		giaddr:  address4(b[offGiaddr : offGiaddr+4]),
		options: map[byte][]byte{},
	}
	rest := b[bootpLen:]
	if cut, ok := bytes.CutPrefix(rest, magicCookie); ok {
		m.mended = walk(m.options, cut)
		if m.mended == "" {
			m.mended = FaultOther
		}
		return m, nil
	}
	m.mended = FaultCookie
	// A wrong cookie or none: what follows counts when it can be nothing but options.
	for _, skip := range []int{len(magicCookie), 0} {
		options := map[byte][]byte{}
		if len(rest) > skip && walk(options, rest[skip:]) == "" && len(options[optMessageType]) == 1 {
			m.options = options
			break
		}
	}
	return m, nil // BOOTP without options is one too
}

// walk adds the options in b, joining repeated ones, and tells what is wrong with it.
func walk(options map[byte][]byte, b []byte) (wrong string) {
	for len(b) > 0 {
		code := b[0]
		b = b[1:]
		switch {
		case code == optPad:
			continue
		case code == optEnd:
			return ""
		case len(b) == 0:
			return FaultCut
		}
		n := int(b[0])
		b = b[1:]
		if n > len(b) {
			n, wrong = len(b), FaultCut
		}
		options[code] = append(options[code], b[:n]...)
		b = b[n:]
	}
	if wrong == "" {
		wrong = FaultNoEnd
	}
	return wrong
}

// overloaded reads the options that did not fit, in the fields of the boot file
// and of the server's name (option 52; RFC 3396 5 says in which order).
func (m *message) overloaded(b []byte) {
	how := m.options[optOverload]
	if len(how) != 1 || len(b) < bootpLen {
		return
	}
	const file, sname = 1, 2
	if how[0]&file != 0 {
		walk(m.options, b[offFile:bootpLen])
	}
	if how[0]&sname != 0 {
		walk(m.options, b[offSname:offFile])
	}
}

// address4 gives the zero Addr for 0.0.0.0.
func address4(b []byte) netip.Addr {
	ip, ok := netip.AddrFromSlice(b)
	if ip = ip.Unmap(); !ok || ip.IsUnspecified() {
		return netip.Addr{}
	}
	return ip
}
