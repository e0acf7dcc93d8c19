package provision

import (
	"net/netip"
	"time"
)

// Sensor names where a sighting comes from.
type Sensor string

// The sensors.
const (
	SensorDHCP   Sensor = "dhcp"   // a broadcast DHCP frame (RFC 2131)
	SensorPnP    Sensor = "pnp"    // a SIP SUBSCRIBE to 224.0.1.75, event ua-profile
	SensorHTTP   Sensor = "http"   // a request for a file by HTTP or HTTPS
	SensorTFTP   Sensor = "tftp"   // a request for a file by TFTP (RFC 1350)
	SensorPortal Sensor = "portal" // somebody pressed "Get a number"
)

// Field names inside Sighting.Fields. A sensor sets those it knows, cleaned:
// valid UTF-8, no control characters, at most MaxField bytes.
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

// Clean makes text from the network safe to keep: control characters and
// invalid UTF-8 become spaces, the ends are trimmed, MaxField bytes remain.
func Clean(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r < 0x20 || r == 0x7f || r == 0xfffd {
			r = ' '
		}
		out = append(out, r)
	}
	return trim(string(out))
}
