package sniff

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"autocom/provision"
)

// ErrOther says that a frame is well formed but not a DHCP client's: nothing to
// report and nothing wrong.
var ErrOther = errors.New("not a DHCP client's message")

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
