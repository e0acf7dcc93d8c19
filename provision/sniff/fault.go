package sniff

import "errors"

// ErrOther says that a frame is well formed but not a device's that presents itself:
// nothing to report and nothing wrong.
var ErrOther = errors.New("not a device that presents itself")

// The kinds of faults, by which they are counted. After the second group the device
// is reported all the same.
const (
	FaultFrame    = "ethernet"         // shorter than its header or tag
	FaultIP       = "ip"               // IPv4 header
	FaultUDP      = "udp"              // UDP header
	FaultShort    = "short"            // less than a BOOTP message, or no whole TLV
	FaultHardware = "hardware-address" // none that a device may have

	FaultCookie = "no-cookie"   // DHCP without its magic cookie
	FaultNoEnd  = "no-end"      // DHCP without the END option
	FaultCut    = "cut-option"  // the last DHCP option, or TLV, is longer than the frame
	FaultLength = "length"      // a hardware address that does not say 6 bytes, a TLV too short for what it is
	FaultOther  = "unexplained" // refused by the library for another reason
)

// fault is one wrong thing in a frame.
type fault struct{ kind, text string }

func (f fault) Error() string { return f.text }
