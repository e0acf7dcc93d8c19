package sniff

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"

	"autocom/provision"
)

// DHCP listens on one interface. RFC 2131: DISCOVER, DECLINE, INFORM and most REQUESTs
// are broadcast and so reach us through any switch; answers, renewals and RELEASEs are
// seen when they are for us or pass through us.
type DHCP struct {
	Interface string
	Sink      func(provision.Sighting) // called from Run, one at a time; it must not block for long
	Log       *slog.Logger             // nil: slog.Default

	ear
}

// String names the task for the log.
func (d *DHCP) String() string { return "sniff dhcp on " + d.Interface }

// Run listens until ctx ends. An interface that is missing or goes away is
// opened again when it is back; only the end of ctx ends Run.
func (d *DHCP) Run(ctx context.Context) error {
	return d.ear.run(ctx, protocol{
		name: "DHCP", on: d.Interface, filter: dhcpFilter, decode: decodeDHCP, sink: d.Sink, log: d.Log,
	})
}

// DHCP options, RFC 2132 where no other is named.
const (
	optPad         = 0
	optHostname    = 12
	optRequestedIP = 50
	optOverload    = 52
	optMessageType = 53
	optParameters  = 55
	optVendorClass = 60
	optClientID    = 61
	optUserClass   = 77 // RFC 3004
	optRelay       = 82 // RFC 3046
	optEnd         = 255
)

// The messages of a client, RFC 2131. A BOOTP client sends no type.
const (
	typeBOOTP    = 0
	typeDiscover = 1
	typeRequest  = 3
	typeDecline  = 4
	typeRelease  = 7
	typeInform   = 8
)

var messageNames = map[byte]string{
	typeBOOTP: "", typeDiscover: "discover", typeRequest: "request",
	typeDecline: "decline", typeRelease: "release", typeInform: "inform",
}

// DecodeDHCP turns an Ethernet frame, VLAN-tagged or not, into a sighting without
// time and interface. The MAC is what the client says it is (chaddr); it is
// proved when the frame comes from that very address, so not when a relay sent it.
func DecodeDHCP(frame []byte) (provision.Sighting, error) {
	s, _, err := decodeDHCP(frame)
	return s, err
}

func decodeDHCP(frame []byte) (s provision.Sighting, mended string, err error) {
	f, err := ether(frame)
	if err != nil {
		return s, "", err
	}
	if f.kind != typeIPv4 {
		return s, "", ErrOther
	}
	payload, from, err := toDHCP(f.payload)
	if err != nil {
		return s, "", err
	}
	m, err := decode(payload)
	if err != nil {
		return s, "", err
	}
	const bootRequest = 1
	if m.op != bootRequest {
		return s, "", ErrOther
	}
	kind := byte(typeBOOTP)
	if v := m.options[optMessageType]; len(v) == 1 {
		kind = v[0]
	}
	name, ofClient := messageNames[kind]
	if !ofClient {
		return s, "", ErrOther
	}
	mac, err := m.hardware(f.source)
	if err != nil {
		return s, "", err
	}
	relayed := m.giaddr.IsValid()
	if relayed {
		from = netip.Addr{} // the relay's
	}
	return provision.Sighting{
		Sensor: provision.SensorDHCP,
		MAC:    mac,
		Proved: mac == f.source && !relayed,
		IP:     m.address(kind, from),
		VLAN:   f.vlan,
		Fields: m.fields(name),
	}, m.mended, nil
}

// hardware is the client's address: the first six bytes of chaddr. Some clients fill
// in the length wrongly; then the rest must be empty, or the frame say the same.
func (m message) hardware(source provision.MAC) (mac provision.MAC, err error) {
	copy(mac[:], m.chaddr)
	if m.hlen != macLen {
		if rest := string(m.chaddr[macLen:]); rest != string(make([]byte, len(rest))) && mac != source {
			return mac, fault{FaultHardware, "the client's hardware address is not Ethernet"}
		}
	}
	if mac.IsZero() || mac.Multicast() {
		return mac, fault{FaultHardware, "the client's hardware address belongs to no device"}
	}
	return mac, nil
}

// address is the one the client has or is about to have. What a DISCOVER asks
// for is only a wish, what a DECLINE names is another's, a RELEASE gives it up.
func (m message) address(kind byte, from netip.Addr) netip.Addr {
	switch kind {
	case typeDecline, typeRelease:
		return netip.Addr{}
	case typeRequest:
		if ip := address4(m.options[optRequestedIP]); ip.Is4() && !m.ciaddr.IsValid() {
			return unicast(ip)
		}
	}
	if !m.ciaddr.IsValid() && (kind == typeRequest || kind == typeInform) {
		return unicast(from) // left out of the message, but who sent it is known
	}
	return unicast(m.ciaddr)
}

// unicast gives the zero Addr for what no host may have.
func unicast(ip netip.Addr) netip.Addr {
	if !ip.IsValid() || !ip.Is4() || ip.IsMulticast() || ip.IsLoopback() || ip.As4()[0] == 0 || ip.As4()[0] >= 240 {
		return netip.Addr{}
	}
	return ip
}

func (m message) fields(name string) map[string]string {
	out := fields{}
	out.set(provision.FieldMessage, name)
	if class := m.options[optVendorClass]; len(class) > 0 {
		if vendor, model, ok := enterprise(class); ok {
			out.set(provision.FieldOption60, vendor+" "+model)
			out.set(provision.FieldVendor, vendor)
			out.set(provision.FieldModel, model)
		} else {
			out.set(provision.FieldOption60, string(class))
		}
	}
	out.set(provision.FieldOption55, numbers(m.options[optParameters]))
	out.set(provision.FieldHostname, string(m.options[optHostname]))
	out.set(provision.FieldOption61, digits(m.options[optClientID]))
	out.set(provision.FieldUserClass, userClass(m.options[optUserClass]))
	out.set(provision.FieldRelay, digits(m.options[optRelay]))
	return out
}

// fields collects what a frame says, cleaned.
type fields map[string]string

func (f fields) set(name, value string) {
	if value = provision.Clean(value); value != "" {
		f[name] = value
	}
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

// digits writes bytes in hexadecimal, whole ones only.
func digits(b []byte) string {
	return hex.EncodeToString(b[:min(len(b), provision.MaxField/2)])
}

// userClass reads option 77: RFC 3004 4 wants a list of texts, each behind its
// length; many clients write the text alone ("Thomson ST2030S").
func userClass(b []byte) string {
	var list []string
	for rest := b; len(rest) > 0; {
		n := int(rest[0])
		if n == 0 || n > len(rest)-1 {
			return string(b)
		}
		list = append(list, string(rest[1:1+n]))
		rest = rest[1+n:]
	}
	return strings.Join(list, ",")
}

// enterprise reads an option 60 in the manner of RFC 3925, as Polycom sends it:
// 00 00 36 3d, a length, then sub-options 1 vendor, 2 model, each with a length.
func enterprise(class []byte) (vendor, model string, ok bool) {
	const number = 4 // bytes of the enterprise's number; none needs the first one
	if len(class) <= number || class[0] != 0 {
		return "", "", false
	}
	rest := class[number+1:]
	if n := int(class[number]); n < len(rest) {
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
