package provision

import (
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Sensor names where a sighting comes from.
type Sensor string

// The sensors.
const (
	SensorDHCP   Sensor = "dhcp"   // a broadcast DHCP frame (RFC 2131)
	SensorPnP    Sensor = "pnp"    // a SIP SUBSCRIBE to 224.0.1.75, event ua-profile
	SensorHTTP   Sensor = "http"   // a request for a file by HTTP or HTTPS
	SensorTFTP   Sensor = "tftp"   // a request for a file by TFTP (RFC 1350)
	SensorLLDP   Sensor = "lldp"   // an LLDP frame (IEEE 802.1AB, ANSI/TIA-1057)
	SensorLease  Sensor = "lease"  // the lease file of a DHCP server
	SensorARP    Sensor = "arp"    // the kernel's neighbour table
	SensorSIP    Sensor = "sip"    // a REGISTER of a user that the exchange does not know
	SensorPortal Sensor = "portal" // somebody pressed "Get a number"
)

// Field names inside Sighting.Fields. A sensor sets those it knows, cleaned:
// valid UTF-8, nothing but printing characters, at most MaxField bytes.
const (
	FieldOption60  = "option60"   // DHCP vendor class identifier
	FieldOption55  = "option55"   // parameter request list in order: "1,3,6,66"
	FieldHostname  = "hostname"   // DHCP option 12
	FieldOUI       = "oui"        // set by inventory, never by a sensor
	FieldEvent     = "event"      // SIP Event header of a PnP SUBSCRIBE
	FieldUserAgent = "user-agent" // HTTP or SIP User-Agent
	FieldPath      = "path"       // file name asked for, without the leading "/"
	FieldVendor    = "vendor"     // what the device says of itself
	FieldModel     = "model"
	FieldFirmware  = "firmware"

	FieldMessage    = "message"     // DHCP message type: "discover", "request", "inform", "decline", "release"
	FieldOption61   = "option61"    // DHCP client identifier, hexadecimal
	FieldUserClass  = "option77"    // DHCP user class (RFC 3004)
	FieldRelay      = "option82"    // DHCP relay agent information (RFC 3046), hexadecimal
	FieldClass      = "class"       // LLDP-MED device class: "3" is a telephone
	FieldSystemName = "system-name" // LLDP TLV 5
	FieldSystem     = "system"      // LLDP TLV 6, system description
	FieldCapability = "capability"  // LLDP TLV 7, enabled: "bridge,telephone"
	FieldPolicy     = "policy"      // LLDP-MED network policies: "voice:20,signalling:20"
	FieldSerial     = "serial"      // LLDP-MED inventory
	FieldAccount    = "account"     // the SIP user of a REGISTER
)

// MaxField bounds the bytes kept of one field from the network.
const MaxField = 255

// Sighting is one claim about one device, made by one sensor. Sensors report;
// they never decide and never allocate.
type Sighting struct {
	At        time.Time
	Sensor    Sensor
	MAC       MAC
	Proved    bool       // the MAC is the frame's source, or the neighbour table's for IP
	IP        netip.Addr // the zero Addr when not known yet
	Interface string
	VLAN      uint16 // 802.1Q VLAN id, 0 when untagged
	Fields    map[string]string
}

// Clean makes text from the network safe to keep and to show: what is invalid
// UTF-8 or does not print (control characters, marks that turn the direction of
// writing) becomes a space, the ends are trimmed, MaxField bytes remain.
func Clean(s string) string {
	printing := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	printing = strings.TrimSpace(printing)
	if len(printing) > MaxField {
		// The cut may fall into a character: what is left of it goes.
		printing = strings.TrimSpace(strings.ToValidUTF8(printing[:MaxField], ""))
	}
	return printing
}
