package sniff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"autocom/provision"
)

// ErrOther says that a frame is well formed but not a DHCP client's: nothing to
// report and nothing wrong.
var ErrOther = errors.New("not a DHCP client's message")

// message is what the two decoders, the library's and the lenient one, have in common.
type message struct {
	op             byte
	chaddr         []byte
	ciaddr, giaddr netip.Addr
	options        map[byte][]byte
}

// DHCP options, RFC 2132.
const (
	optPad         = 0
	optHostname    = 12
	optRequestedIP = 50
	optMessageType = 53
	optParameters  = 55
	optVendorClass = 60
	optEnd         = 255
)

// Messages of a client that boots, RFC 2131. A BOOTP client sends no type.
const (
	typeBOOTP    = 0
	typeDiscover = 1
	typeRequest  = 3
	typeInform   = 8
)

// DecodeDHCP turns an Ethernet frame, VLAN-tagged or not, into a sighting without
// time and interface. The MAC is what the client says it is (chaddr); it is
// proved when the frame comes from that very address, so not when a relay sent it.
func DecodeDHCP(frame []byte) (provision.Sighting, error) {
	payload, source, vlan, err := udpPayload(frame)
	if err != nil {
		return provision.Sighting{}, err
	}
	m, err := decode(payload)
	if err != nil {
		return provision.Sighting{}, err
	}
	const bootRequest = 1
	if m.op != bootRequest {
		return provision.Sighting{}, ErrOther
	}
	kind := byte(typeBOOTP)
	if v := m.options[optMessageType]; len(v) == 1 {
		kind = v[0]
	}
	switch kind {
	case typeBOOTP, typeDiscover, typeRequest, typeInform:
	default:
		return provision.Sighting{}, ErrOther
	}
	var mac provision.MAC
	if len(m.chaddr) != len(mac) {
		return provision.Sighting{}, fmt.Errorf("client hardware address of %d bytes, not Ethernet", len(m.chaddr))
	}
	copy(mac[:], m.chaddr)
	if mac.IsZero() || mac.Multicast() {
		return provision.Sighting{}, fmt.Errorf("client hardware address %s belongs to no device", mac)
	}
	return provision.Sighting{
		Sensor: provision.SensorDHCP,
		MAC:    mac,
		Proved: mac == source && !m.giaddr.IsValid(),
		IP:     m.address(kind),
		VLAN:   vlan,
		Fields: m.fields(),
	}, nil
}

// address is the one the client has or is about to have. What a DISCOVER asks
// for is only a wish.
func (m message) address(kind byte) netip.Addr {
	if m.ciaddr.IsValid() {
		return m.ciaddr
	}
	if kind == typeRequest {
		if ip, ok := netip.AddrFromSlice(m.options[optRequestedIP]); ok && ip.Is4() && !ip.IsUnspecified() {
			return ip
		}
	}
	return netip.Addr{}
}

func (m message) fields() map[string]string {
	out := map[string]string{}
	set := func(field, value string) {
		if value = provision.Clean(value); value != "" {
			out[field] = value
		}
	}
	if class := m.options[optVendorClass]; len(class) > 0 {
		if vendor, model, ok := enterprise(class); ok {
			set(provision.FieldOption60, vendor+" "+model)
			set(provision.FieldVendor, vendor)
			set(provision.FieldModel, model)
		} else {
			set(provision.FieldOption60, string(class))
		}
	}
	set(provision.FieldOption55, numbers(m.options[optParameters]))
	set(provision.FieldHostname, string(m.options[optHostname]))
	return out
}

// numbers writes a parameter request list in the order asked, which is what
// tells devices apart: "1,3,6,66". It ends at a whole number.
func numbers(list []byte) string {
	var b strings.Builder
	for i, code := range list {
		n := strconv.Itoa(int(code))
		if b.Len()+len(n)+1 > provision.MaxField {
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(n)
	}
	return b.String()
}

// enterprise reads an option 60 in the manner of RFC 3925, as Polycom sends it:
// 00 00 36 3d, a length, then sub-options 1 vendor, 2 model, each with a length.
func enterprise(class []byte) (vendor, model string, ok bool) {
	if len(class) < 5 || class[0] != 0 {
		return "", "", false
	}
	rest := class[5:]
	if n := int(class[4]); n < len(rest) {
		rest = rest[:n]
	}
	for len(rest) >= 2 {
		code, n := rest[0], int(rest[1])
		if rest = rest[2:]; n > len(rest) {
			n = len(rest)
		}
		switch code {
		case 1:
			vendor = provision.Clean(string(rest[:n]))
		case 2:
			model = provision.Clean(string(rest[:n]))
		}
		rest = rest[n:]
	}
	return vendor, model, vendor != ""
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

// udpPayload finds what a frame carries to UDP port 67, the frame's source and
// the inner VLAN id.
func udpPayload(frame []byte) (payload []byte, source provision.MAC, vlan uint16, err error) {
	if len(frame) < etherLen {
		return nil, source, 0, fmt.Errorf("frame of %d bytes, shorter than an Ethernet header", len(frame))
	}
	copy(source[:], frame[6:12])
	kind := binary.BigEndian.Uint16(frame[12:14])
	rest := frame[etherLen:]
	for kind == typeVLAN || kind == typeQinQ {
		if len(rest) < vlanLen {
			return nil, source, 0, errors.New("truncated VLAN tag")
		}
		if id := binary.BigEndian.Uint16(rest[0:2]) & 0x0fff; id != 0 {
			vlan = id
		}
		kind = binary.BigEndian.Uint16(rest[2:4])
		rest = rest[vlanLen:]
	}
	if kind != typeIPv4 {
		return nil, source, vlan, ErrOther
	}
	payload, err = ipv4Payload(rest)
	return payload, source, vlan, err
}

func ipv4Payload(b []byte) ([]byte, error) {
	const minHeader, udpHeader = 20, 8
	if len(b) < minHeader || b[0]>>4 != 4 {
		return nil, errors.New("truncated or malformed IPv4 header")
	}
	header, total := int(b[0]&0x0f)*4, int(binary.BigEndian.Uint16(b[2:4]))
	if header < minHeader || total < header || header > len(b) {
		return nil, errors.New("malformed IPv4 lengths")
	}
	if total < len(b) {
		b = b[:total] // the rest is Ethernet padding
	}
	if b[9] != protocolUDP || binary.BigEndian.Uint16(b[6:8])&fragmentMask != 0 {
		return nil, ErrOther
	}
	udp := b[header:]
	if len(udp) < udpHeader {
		return nil, errors.New("truncated UDP header")
	}
	if binary.BigEndian.Uint16(udp[2:4]) != portDHCP {
		return nil, ErrOther
	}
	if n := int(binary.BigEndian.Uint16(udp[4:6])); n >= udpHeader && n < len(udp) {
		udp = udp[:n]
	}
	return udp[udpHeader:], nil
}
