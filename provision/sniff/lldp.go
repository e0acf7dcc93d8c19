package sniff

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"

	"autocom/provision"
)

// LLDP listens on one interface to what hangs on the same cable: bridges do not pass
// these frames on (IEEE 802.1Q 8.6.3), cheap switches sometimes do.
type LLDP struct {
	Interface string
	Sink      func(provision.Sighting) // called from Run, one at a time; it must not block for long
	Log       *slog.Logger             // nil: slog.Default

	ear
}

// String names the task for the log.
func (l *LLDP) String() string { return "sniff lldp on " + l.Interface }

// Run listens until ctx ends, as DHCP.Run does.
func (l *LLDP) Run(ctx context.Context) error {
	return l.ear.run(ctx, protocol{
		name: "LLDP", on: l.Interface, filter: lldpFilter, groups: lldpGroups, decode: decodeLLDP, sink: l.Sink, log: l.Log,
	})
}

// lldpGroups are where LLDP frames go: to the nearest bridge, nearest non-TPMR bridge
// and nearest customer bridge (IEEE 802.1AB table 7-1).
var lldpGroups = []provision.MAC{
	{0x01, 0x80, 0xc2, 0, 0, 0x0e}, {0x01, 0x80, 0xc2, 0, 0, 0x03}, {0x01, 0x80, 0xc2, 0, 0, 0x00},
}

// TLV types and subtypes, IEEE 802.1AB 8.4 and 8.5.
const (
	tlvEnd          = 0
	tlvChassis      = 1
	tlvPort         = 2
	tlvTTL          = 3
	tlvSystemName   = 5
	tlvSystem       = 6
	tlvCapabilities = 7
	tlvManagement   = 8
	tlvOrganisation = 127

	chassisMAC     = 4
	chassisNetwork = 5
	portMAC        = 3
	networkIPv4    = 1 // address family numbers of IANA
)

// LLDP-MED subtypes, ANSI/TIA-1057 10.2, behind the OUI 00-12-BB.
const (
	medOUI          = "\x00\x12\xbb"
	medCapabilities = 1
	medPolicy       = 2
	medFirmware     = 6
	medSoftware     = 7
	medSerial       = 8
	medManufacturer = 9
	medModel        = 10
)

// neighbour is what one LLDP frame says.
type neighbour struct {
	mac       provision.MAC // of the port, else of the chassis
	ip        netip.Addr
	gone      bool // a time to live of 0: the device says good-bye
	firmware  string
	software  string
	policies  []string
	fields    fields
	mended    string
	tlvs      int
	chassisIP bool
}

// DecodeLLDP turns an Ethernet frame into a sighting without time and interface.
// The MAC is the port's, where the device tells one, else the frame's source; it is
// proved when it is that.
func DecodeLLDP(frame []byte) (provision.Sighting, error) {
	s, _, err := decodeLLDP(frame)
	return s, err
}

func decodeLLDP(frame []byte) (s provision.Sighting, mended string, err error) {
	f, err := ether(frame)
	if err != nil {
		return s, "", err
	}
	if f.kind != typeLLDP {
		return s, "", ErrOther
	}
	n := neighbour{fields: fields{}}
	n.walk(f.payload)
	switch {
	case n.tlvs == 0:
		return s, "", fault{FaultShort, "no whole TLV in the LLDP frame"}
	case n.gone:
		return s, n.mended, ErrOther
	}
	if n.mac.IsZero() || n.mac.Multicast() {
		n.mac = f.source
	}
	if n.mac.IsZero() || n.mac.Multicast() {
		return s, "", fault{FaultHardware, "the LLDP frame comes from no device"}
	}
	if n.software == "" {
		n.software = n.firmware
	}
	n.fields.set(provision.FieldFirmware, n.software)
	n.fields.set(provision.FieldPolicy, strings.Join(n.policies, ","))
	return provision.Sighting{
		Sensor: provision.SensorLLDP, MAC: n.mac, Proved: n.mac == f.source,
		IP: unicast(n.ip), VLAN: f.vlan, Fields: n.fields,
	}, n.mended, nil
}

// walk reads TLVs until the end or the first that is cut. A missing End TLV is no
// fault: the frame's end says the same.
func (n *neighbour) walk(b []byte) {
	for len(b) >= 2 {
		head := binary.BigEndian.Uint16(b)
		kind, length := head>>9, int(head&0x1ff)
		b = b[2:]
		if kind == tlvEnd {
			return
		}
		if length > len(b) {
			n.mended = FaultCut
			return
		}
		n.tlvs++
		if !n.tlv(kind, b[:length]) {
			n.mended = FaultLength
		}
		b = b[length:]
	}
}

// tlv reads one; false says that it is too short for what it is.
func (n *neighbour) tlv(kind uint16, v []byte) bool {
	switch kind {
	case tlvChassis:
		return n.chassis(v)
	case tlvPort:
		if len(v) < 2 {
			return false
		}
		if v[0] == portMAC {
			if len(v) != 1+macLen {
				return false
			}
			copy(n.mac[:], v[1:])
		}
	case tlvTTL:
		if len(v) < 2 {
			return false
		}
		n.gone = binary.BigEndian.Uint16(v) == 0
	case tlvSystemName:
		n.fields.set(provision.FieldSystemName, string(v))
	case tlvSystem:
		n.fields.set(provision.FieldSystem, string(v))
	case tlvCapabilities:
		if len(v) < 4 {
			return false
		}
		n.fields.set(provision.FieldCapability, capabilities(binary.BigEndian.Uint16(v[2:])))
	case tlvManagement:
		// The length of subtype and address, then they; what a device says as its chassis goes first.
		if len(v) >= 6 && v[0] == 5 && v[1] == networkIPv4 && !n.chassisIP && !n.ip.IsValid() {
			n.ip = address4(v[2:6])
		}
	case tlvOrganisation:
		if len(v) < 4 {
			return false
		}
		if string(v[:3]) == medOUI {
			return n.med(v[3], v[4:])
		}
	}
	return true
}

func (n *neighbour) chassis(v []byte) bool {
	if len(v) < 2 {
		return false
	}
	switch v[0] {
	case chassisMAC:
		// A switch says the same of all its ports: it is the frame's source that counts.
		return len(v) == 1+macLen
	case chassisNetwork: // as phones do
		if len(v) == 6 && v[1] == networkIPv4 {
			n.ip = address4(v[2:6])
			n.chassisIP = n.ip.IsValid()
		}
	}
	return true
}

// med reads one TLV of LLDP-MED. A field that comes twice keeps the last.
func (n *neighbour) med(kind byte, v []byte) bool {
	switch kind {
	case medCapabilities:
		if len(v) < 3 {
			return false
		}
		n.fields.set(provision.FieldClass, strconv.Itoa(int(v[2])))
	case medPolicy:
		if len(v) < 4 {
			return false
		}
		n.policies = append(n.policies, policy(v))
	case medFirmware:
		n.firmware = provision.Clean(string(v))
	case medSoftware:
		n.software = provision.Clean(string(v))
	case medSerial:
		n.fields.set(provision.FieldSerial, string(v))
	case medManufacturer:
		n.fields.set(provision.FieldVendor, string(v))
	case medModel:
		n.fields.set(provision.FieldModel, string(v))
	}
	return true
}

// applications of a network policy, ANSI/TIA-1057 table 12.
var applications = map[byte]string{
	1: "voice", 2: "signalling", 3: "guest-voice", 4: "guest-signalling",
	5: "softphone", 6: "video", 7: "streaming", 8: "video-signalling",
}

// policy writes one as "voice:20", "voice:untagged", or "voice:unknown" when the device
// asks to be told.
func policy(v []byte) string {
	name := applications[v[0]]
	if name == "" {
		name = strconv.Itoa(int(v[0]))
	}
	// U, T, a reserved bit, 12 bits VLAN, 3 bits priority, 6 bits DSCP
	bits := uint32(v[1])<<16 | uint32(v[2])<<8 | uint32(v[3])
	const unknown, tagged = 1 << 23, 1 << 22
	switch {
	case bits&unknown != 0:
		return name + ":unknown"
	case bits&tagged == 0:
		return name + ":untagged"
	}
	return name + ":" + strconv.Itoa(int(bits>>9&0xfff))
}

// capabilityNames are those of IEEE 802.1AB table 8-4, from bit 0.
var capabilityNames = []string{
	"other", "repeater", "bridge", "access-point", "router", "telephone", "docsis", "station", "c-vlan", "s-vlan", "relay",
}

func capabilities(enabled uint16) string {
	var out []string
	for bit, name := range capabilityNames {
		if enabled&(1<<bit) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}
