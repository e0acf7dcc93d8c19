package provision

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Verdict is what the evidence says about a device.
type Verdict string

// The verdicts.
const (
	VerdictSeen        Verdict = "seen"        // something is there; not known to be a phone
	VerdictPending     Verdict = "pending"     // a phone, waiting for somebody's click or for room
	VerdictPhone       Verdict = "phone"       // a phone that we serve
	VerdictUnsupported Verdict = "unsupported" // a phone whose maker we have no files for
	VerdictRejected    Verdict = "rejected"    // the owner said no
)

// Allocation is how firmly a device holds its number, like OFFER and ACK of DHCP.
type Allocation string

// The allocations.
const (
	AllocationNone     Allocation = "none"
	AllocationReserved Allocation = "reserved" // told to the phone, durable, freed when it never registers
	AllocationBound    Allocation = "bound"    // registered once with its secret: kept until released
	AllocationReleased Allocation = "released"
)

// Reach is how far the device has come.
type Reach string

// The reaches.
const (
	ReachNever      Reach = "never"
	ReachFetched    Reach = "fetched"
	ReachRegistered Reach = "registered"
	ReachLost       Reach = "lost"
)

// Kind says what sort of telephone equipment a device is.
type Kind string

// The kinds; "" is a telephone with one account.
const (
	KindAdapter Kind = "adapter" // analogue telephone adapter: a number per port
	KindBase    Kind = "base"    // DECT base: a number per handset
	KindGateway Kind = "gateway" // to GSM or telephone lines: a trunk, never an extension
)

// Evidence is one weighed observation, shown to whoever asks "why is this a phone?".
type Evidence struct {
	Sensor Sensor    `json:"sensor"`
	Field  string    `json:"field"`
	Value  string    `json:"value"`
	Weight int       `json:"weight"`           // negative: speaks against a phone
	Vendor string    `json:"vendor,omitempty"` // the maker it speaks for, "" when it speaks for any phone
	Proved bool      `json:"proved"`           // the MAC of the sighting was proved, not only claimed
	At     time.Time `json:"at"`
}

// MaxEvidence bounds the evidence kept of one device.
const MaxEvidence = 32

// Line is one SIP account of a device.
type Line struct {
	N          int    `json:"n"` // from 1
	Number     string `json:"extension"`
	Name       string `json:"name,omitempty"`
	Registered bool   `json:"registered"`
	Secret     string `json:"-"` // SIP digest password; never leaves by the API
}

// Key is one key of a phone with a lamp: it shows whether a number is busy, calls it,
// and picks up what rings there.
type Key struct {
	Number string `json:"number"`
	Label  string `json:"label,omitempty"`
}

// MaxKeys bounds the keys of one device.
const MaxKeys = 60

// Device is one telephone: a MAC, or "soft-…" for an installation of a softphone.
// Its JSON form is the API's.
type Device struct {
	ID          string     `json:"id"`
	MAC         MAC        `json:"mac,omitzero"`
	IP          netip.Addr `json:"ip,omitzero"`
	Vendor      string     `json:"vendor"`
	Model       string     `json:"model"`
	Firmware    string     `json:"firmware"`
	Name        string     `json:"name,omitempty"`
	Kind        Kind       `json:"kind,omitempty"`
	Verdict     Verdict    `json:"verdict"`
	Allocation  Allocation `json:"allocation"`
	Reach       Reach      `json:"reach"`
	Lines       []Line     `json:"lines"`
	Code        string     `json:"code"`
	Reason      string     `json:"reason"`
	URL         string     `json:"url"`
	WindowUntil time.Time  `json:"window_until,omitzero"`
	Interface   string     `json:"interface"`
	VLAN        uint16     `json:"vlan"`
	Evidence    []Evidence `json:"evidence"`
	FirstSeen   time.Time  `json:"first_seen"`
	LastSeen    time.Time  `json:"last_seen"`
	BoundAt     time.Time  `json:"bound_at,omitzero"` // first REGISTER with its number, which is its own since
	ReservedAt  time.Time  `json:"-"`
	Token       string     `json:"-"` // the secret part of the device's own URL
	Admin       string     `json:"-"` // password of the phone's own web page; the API gives it by a path of its own
	Keys        []Key      `json:"keys,omitempty"`
	// Routed says that the device is behind a router, so that nothing proves its MAC:
	// its token is for the one address that used it first.
	Routed bool       `json:"routed,omitempty"`
	Owner  netip.Addr `json:"owner,omitzero"` // of the token then: the address that used it first
	// Trusts says that the device has fetched the certificate of the box's own
	// authority, so that it may be sent to HTTPS and TLS.
	Trusts bool `json:"trusts,omitempty"`
	// Plain says that it was sent to HTTPS and did not believe the certificate all the
	// same: it is told http from then on.
	Plain bool `json:"plain,omitempty"`
	// Eager says that a base registers accounts which no handset has: it gets a further
	// one by click alone.
	Eager bool `json:"eager,omitempty"`
	// Secured says that its last file told it to register by TLS with SRTP.
	Secured bool `json:"secured,omitempty"`
	// Server is the box's address in the last file of its own that the device
	// fetched. AtRoot says that such a file sends it to the box's root for further ones,
	// because its URL with the token is dead: it named an address which the box has
	// left, or HTTPS which the phone does not believe.
	Server netip.Addr `json:"server,omitzero"`
	AtRoot bool       `json:"at_root,omitempty"`
}

// Soft reports a softphone installation: it has no hardware address of its own.
func (d Device) Soft() bool { return strings.HasPrefix(d.ID, "soft-") }

// Guest reports a phone that waits for a click with an account of its own: it may
// call for help, hear itself and dial its code.
func (d Device) Guest() bool {
	return d.Verdict == VerdictPending && len(d.Lines) > 0 && d.Lines[0].Number == "" && d.Lines[0].Secret != ""
}

// Number is the number of the device's first line, "" when it has none.
func (d Device) Number() string {
	if len(d.Lines) == 0 {
		return ""
	}
	return d.Lines[0].Number
}

// SIPUser is the SIP user of line n: the line, never the number, so that two
// phones of one person cannot evict each other and scanners of 100, 101 … meet nobody.
func (d Device) SIPUser(n int) string {
	id := d.ID
	if !d.Soft() {
		id = d.MAC.Hex()
	}
	return id + "-" + strconv.Itoa(n)
}

// ParseSIPUser splits "0015654aa937-1" or "soft-1f2e…-1" into the device's id and the line.
func ParseSIPUser(user string) (id string, line int, ok bool) {
	i := strings.LastIndexByte(user, '-')
	if i < 0 {
		return "", 0, false
	}
	line, err := strconv.Atoi(user[i+1:])
	if err != nil || line < 1 {
		return "", 0, false
	}
	if strings.HasPrefix(user, "soft-") {
		if i <= len("soft-") {
			return "", 0, false
		}
		return user[:i], line, true
	}
	m, err := ParseMAC(user[:i])
	if err != nil {
		return "", 0, false
	}
	return m.String(), line, true
}

// State is the one word for people and tests that sums up the three others:
// seen, pending, allocated, fetched, registered, lost, unsupported, rejected, released.
func (d Device) State() string {
	switch d.Verdict {
	case VerdictUnsupported, VerdictRejected, VerdictPending, VerdictSeen:
		if d.Allocation == AllocationReleased {
			return "released"
		}
		if d.Allocation != AllocationBound {
			return string(d.Verdict)
		}
	}
	switch {
	case d.Allocation == AllocationReleased:
		return "released"
	case d.Allocation == AllocationNone:
		return string(VerdictSeen)
	case d.Reach == ReachNever:
		return "allocated"
	}
	return string(d.Reach)
}

// Event tells that something changed; it is sent after the change is durable.
type Event struct {
	Kind   string `json:"kind"` // device, object, system
	Device Device `json:"device"`
	Object Object `json:"object"`
}

// Object names something that people set up, and its revision: the event object tells of it.
type Object struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Rev  int64  `json:"rev"`
	Gone bool   `json:"gone"`
}
