package sniff

import (
	"encoding/binary"
	"net/netip"

	"autocom/provision"
)

// etherFrame is what stands around a message on Ethernet.
type etherFrame struct {
	source  provision.MAC
	vlan    uint16 // of the innermost tag in the frame, 0 when there is none
	kind    uint16 // EtherType
	payload []byte
}

func ether(b []byte) (f etherFrame, err error) {
	if len(b) < etherLen {
		return f, fault{FaultFrame, "the frame is shorter than an Ethernet header"}
	}
	copy(f.source[:], b[6:12])
	f.kind = binary.BigEndian.Uint16(b[12:14])
	f.payload = b[etherLen:]
	for f.kind == typeVLAN || f.kind == typeQinQ {
		if len(f.payload) < vlanLen {
			return f, fault{FaultFrame, "the VLAN tag is cut"}
		}
		if id := binary.BigEndian.Uint16(f.payload[0:2]) & 0x0fff; id != 0 {
			f.vlan = id
		}
		f.kind = binary.BigEndian.Uint16(f.payload[2:4])
		f.payload = f.payload[vlanLen:]
	}
	return f, nil
}

// toDHCP finds what an IPv4 packet carries to UDP port 67, and who sent it. No
// checksum is asked for: cards fill it in after the kernel showed us the frame.
func toDHCP(b []byte) (payload []byte, from netip.Addr, err error) {
	const minHeader, udpHeader = 20, 8
	if len(b) < minHeader || b[0]>>4 != 4 {
		return nil, from, fault{FaultIP, "truncated or malformed IPv4 header"}
	}
	header, total := int(b[0]&0x0f)*4, int(binary.BigEndian.Uint16(b[2:4]))
	if header < minHeader || total < header || header > len(b) {
		return nil, from, fault{FaultIP, "malformed IPv4 lengths"}
	}
	if total < len(b) {
		b = b[:total] // the rest is Ethernet padding
	}
	if b[9] != protocolUDP || binary.BigEndian.Uint16(b[6:8])&fragmentMask != 0 {
		return nil, from, ErrOther
	}
	from = address4(b[12:16])
	udp := b[header:]
	if len(udp) < udpHeader {
		return nil, from, fault{FaultUDP, "truncated UDP header"}
	}
	if binary.BigEndian.Uint16(udp[2:4]) != portDHCP {
		return nil, from, ErrOther
	}
	if n := int(binary.BigEndian.Uint16(udp[4:6])); n >= udpHeader && n < len(udp) {
		udp = udp[:n]
	}
	return udp[udpHeader:], from, nil
}
