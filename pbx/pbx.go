// Package pbx holds the words of the exchange: a Person has a Number, a Number
// rings Endpoints, and the whole is a Plan that asterisk-conf renders to Files.
package pbx

import (
	"net/netip"
	"time"
)

// Right is the class of calls an endpoint may make.
type Right string

// The rights, from least to most. Emergency numbers need none.
const (
	RightGuest    Right = "guest"    // a phone not approved yet: emergency and echo
	RightInternal Right = "internal" // inside calls
)

// Feature codes that phones dial or are told of.
const (
	ClaimCode  = "*01" // and six digits: a phone that waits for approval gets its number
	PickupCode = "*8"  // and a number: takes the call that rings there
)

// Endpoint is one SIP account: a line of a device, not a number.
type Endpoint struct {
	ID        string // SIP user: "0015654aa937-1"
	Secret    string // digest password
	Number    string // the number it rings for
	Name      string // shown to the called side
	Lang      string // "fr", "en"
	Right     Right
	Encrypted bool          // it registers by TLS and speaks SRTP (RFC 4568)
	Expiry    time.Duration // registration lifetime; spread over phones so that they do not return together
}

// Plan is everything Asterisk has to know, at one revision of the store.
type Plan struct {
	Revision      int64
	Name          string       // of the site
	Hostname      string       // of the box
	Language      string       // default prompts: "fr", "en"
	Country       string       // ISO 3166-1 alpha-2
	Address       netip.Addr   // PJSIP binds here only
	LAN           netip.Prefix // phones are here, if not in a private network; zero: unknown
	Emergency     []string     // numbers that any phone may call: "112", "15"
	Certificate   string       // path of the PEM file with certificate and key for TLS; "" for none
	ManagerSecret string       // AMI password of autocomd
	Endpoints     []Endpoint   // sorted by ID
}

// Files are the rendered files by name relative to /etc/asterisk: "pjsip.conf".
type Files map[string][]byte
