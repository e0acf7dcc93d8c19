package offer

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"autocom/provision"
)

// question is a DHCPINFORM: a host that has its address asks for the rest, RFC 2131 3.4.
type question struct {
	xid     uint32
	flags   uint16
	mac     provision.MAC // chaddr
	source  provision.MAC // of the frame
	ip      netip.Addr    // ciaddr
	asked   []byte        // option 55, nil when it was absent
	class   string        // option 60
	name    string        // option 12
	maximum int           // option 57, bytes of UDP payload that it takes
}

// Offsets and codes of RFC 2131 2 and RFC 2132.
const (
	etherLen, minIP, udpLen  = 14, 20, 8
	typeIPv4                 = 0x0800
	udp                      = 17
	serverPort, clientPort   = 67, 68
	fixedLen                 = 236
	cookie                   = 0x63825363
	optMessage, optIdentity  = 53, 54
	optParameters, optMax    = 55, 57
	optHostname              = 12
	optPad, optEnd           = 0, 255
	messageAck, messageAsked = 5, 8
	ethernet                 = 1
	minMaximum               = 548 // 576 bytes of a datagram that all take, less IP and UDP
	maxMaximum               = 1472
)

var (
	errOther  = errors.New("no DHCPINFORM")
	errFrame  = errors.New("a broken frame")
	errForged = errors.New("the frame is not from the address in it")
)

// decode reads one frame. What is cut short or has no end is read as far as it goes.
func decode(b []byte) (q question, err error) {
	if len(b) < etherLen+minIP || binary.BigEndian.Uint16(b[12:]) != typeIPv4 {
		return q, errOther
	}
	copy(q.source[:], b[6:12])
	ip := b[etherLen:]
	header, total := int(ip[0]&15)*4, int(binary.BigEndian.Uint16(ip[2:]))
	if ip[0]>>4 != 4 || header < minIP || total < header+udpLen || header+udpLen > len(ip) {
		return q, errFrame
	}
	if ip[9] != udp || binary.BigEndian.Uint16(ip[6:])&0x3fff != 0 || binary.BigEndian.Uint16(ip[header+2:]) != serverPort {
		return q, errOther
	}
	from := netip.AddrFrom4([4]byte(ip[12:16]))
	m := ip[header+udpLen : min(total, len(ip))]
	if len(m) < fixedLen+4 || binary.BigEndian.Uint32(m[fixedLen:]) != cookie || m[0] != 1 || m[1] != ethernet || m[2] != 6 {
		return q, errOther
	}
	q.xid, q.flags = binary.BigEndian.Uint32(m[4:]), binary.BigEndian.Uint16(m[10:])
	q.ip = netip.AddrFrom4([4]byte(m[12:16]))
	copy(q.mac[:], m[28:34])
	relayed := binary.BigEndian.Uint32(m[24:]) != 0 // giaddr: the answer would go to the relay's network
	if kind := q.options(m[fixedLen+4:]); kind != messageAsked || relayed {
		return q, errOther
	}
	// Some clients send it from 0.0.0.0, though they have an address.
	if q.mac != q.source || q.ip != from && !from.IsUnspecified() || q.mac.Multicast() || q.mac.IsZero() || !q.ip.IsGlobalUnicast() {
		return q, errForged
	}
	return q, nil
}

func (q *question) options(b []byte) (kind byte) {
	q.maximum = minMaximum
	for len(b) > 0 && b[0] != optEnd {
		if b[0] == optPad {
			b = b[1:]
			continue
		}
		if len(b) < 2 {
			break
		}
		value := b[2:min(len(b), 2+int(b[1]))]
		switch b[0] {
		case optMessage:
			if len(value) == 1 {
				kind = value[0]
			}
		case optParameters:
			q.asked = value
		case optClass:
			q.class = provision.Clean(string(value))
		case optHostname:
			q.name = provision.Clean(string(value))
		case optMax:
			if len(value) == 2 {
				q.maximum = min(max(int(binary.BigEndian.Uint16(value)), minMaximum), maxMaximum)
			}
		}
		b = b[min(len(b), 2+int(b[1])):]
	}
	return kind
}

// sighting is the claim that the question makes. The frame came from the MAC that it
// names, from the address that it has.
func (q question) sighting() provision.Sighting {
	fields := map[string]string{provision.FieldMessage: "inform"}
	var codes []string
	for _, c := range q.asked {
		codes = append(codes, strconv.Itoa(int(c)))
	}
	for field, value := range map[string]string{
		provision.FieldOption55: provision.Clean(strings.Join(codes, ",")),
		provision.FieldOption60: q.class, provision.FieldHostname: q.name,
	} {
		if value != "" {
			fields[field] = value
		}
	}
	return provision.Sighting{Sensor: provision.SensorDHCP, MAC: q.mac, Proved: true, IP: q.ip, Fields: fields}
}

// answer is the ACK, RFC 2131 4.3.5: to the client's own address, without an address
// and without a lease. It holds what was asked for, of what there is.
func (q question) answer(own netip.Addr, ownMAC provision.MAC, options []option) []byte {
	m := make([]byte, fixedLen+4, minMaximum)
	m[0], m[1], m[2] = 2, ethernet, 6
	binary.BigEndian.PutUint32(m[4:], q.xid)
	binary.BigEndian.PutUint16(m[10:], q.flags)
	copy(m[12:16], q.ip.AsSlice())
	copy(m[28:34], q.mac[:])
	binary.BigEndian.PutUint32(m[fixedLen:], cookie)
	m = append(m, optMessage, 1, messageAck, optIdentity, 4)
	m = append(m, own.AsSlice()...)
	if !slices.ContainsFunc(options, func(o option) bool { return o.code == optNTP }) {
		options = append(slices.Clone(options), option{code: optNTP, data: own.AsSlice()})
	}
	for _, o := range options {
		if q.asked != nil && !slices.Contains(q.asked, o.code) {
			continue
		}
		if len(m)+2+len(o.data)+1 > q.maximum {
			continue
		}
		m = append(append(m, o.code, byte(len(o.data))), o.data...)
	}
	return frame(own, ownMAC, q.ip, q.mac, append(m, optEnd))
}

// frame wraps a message of a server into UDP, IP and Ethernet.
func frame(from netip.Addr, fromMAC provision.MAC, to netip.Addr, toMAC provision.MAC, message []byte) []byte {
	b := make([]byte, etherLen+minIP+udpLen, etherLen+minIP+udpLen+len(message))
	copy(b[0:6], toMAC[:])
	copy(b[6:12], fromMAC[:])
	binary.BigEndian.PutUint16(b[12:], typeIPv4)
	ip := b[etherLen:]
	ip[0], ip[8], ip[9] = 0x45, 64, udp
	binary.BigEndian.PutUint16(ip[2:], uint16(minIP+udpLen+len(message)))
	copy(ip[12:16], from.AsSlice())
	copy(ip[16:20], to.AsSlice())
	binary.BigEndian.PutUint16(ip[10:], checksum(0, ip[:minIP]))
	u := ip[minIP:]
	binary.BigEndian.PutUint16(u[0:], serverPort)
	binary.BigEndian.PutUint16(u[2:], clientPort)
	binary.BigEndian.PutUint16(u[4:], uint16(udpLen+len(message)))
	b = append(b, message...)
	// The pseudo header of RFC 768: addresses, protocol, length.
	u = b[etherLen+minIP:]
	sum := checksum(uint32(udp)+uint32(len(u)), append(slices.Clone(b[etherLen+12:etherLen+20]), u...))
	if sum == 0 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(u[6:], sum)
	return b
}

// checksum is the internet's, RFC 1071.
func checksum(sum uint32, b []byte) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
