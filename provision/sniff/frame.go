package sniff

import (
	"encoding/binary"
	"errors"
	"fmt"

	"autocom/provision"
)

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
