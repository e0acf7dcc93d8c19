// Package pbx holds the words of the exchange: a Person has a Number, a Number
// rings Endpoints, and the whole is a Plan that asterisk-conf renders to Files.
package pbx

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Right is the class of calls an endpoint may make.
type Right string

// The rights, from least to most: each may do what those before it may. Emergency
// numbers need none.
const (
	RightGuest         Right = "guest"         // a phone not approved yet: emergency and echo
	RightInternal      Right = "internal"      // inside calls
	RightNational      Right = "national"      // and fixed numbers of the country
	RightMobile        Right = "mobile"        // and its mobile numbers
	RightInternational Right = "international" // and the world
)

// Rights are all of them, from least to most.
var Rights = []Right{RightGuest, RightInternal, RightNational, RightMobile, RightInternational}

// Known reports one of the rights.
func (r Right) Known() bool { return slices.Contains(Rights, r) }

// Includes reports whether r may do all that s may.
func (r Right) Includes(s Right) bool { return slices.Index(Rights, r) >= slices.Index(Rights, s) }

// someRights names those that people can be given.
func someRights() string {
	var words []string
	for _, r := range Rights[1:] {
		words = append(words, string(r))
	}
	return strings.Join(words, ", ")
}

// Endpoint is one SIP account: a line of a device, not a number.
type Endpoint struct {
	ID        string // SIP user: "0015654aa937-1"
	Secret    string // digest password
	Number    string // the number it rings for
	Name      string // shown to the called side
	Lang      string // "fr", "en"
	Right     Right
	Encrypted bool          // it registers by TLS and speaks SRTP (RFC 4568)
	Web       bool          // a browser: SIP by WebSocket (RFC 7118), sound and pictures by DTLS and ICE (RFC 8827)
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
	Objects       []Object     // what people have set up, by kind and id
	Ghosts        []string     // numbers that objects name and no phone has (yet, or any more)
	TimeZone      string       // IANA name; "" UTC
	Setup         Setup        // what the box says until there is an administrator; zero afterwards

	index *index // made by Indexed; nil: looked for each time
	texts *Texts // of templates; nil: each is run each time
}

// Setup is the code that makes the first administrator, and who may hear it by telephone.
type Setup struct {
	Code  string   // 8 to 16 digits; "" there is an administrator
	Lines []string // endpoints of the one phone that is told it
}

// index is what is looked for often.
type index struct {
	extensions []Extension
	codes      map[string][]Code
	codesErr   error
}

// Indexed gives the plan with its extensions and codes found once: for who asks it a
// thousand times. What it is made of must not change afterwards.
func (p Plan) Indexed() Plan {
	p.index = nil
	made := &index{extensions: p.Extensions()}
	made.codes, made.codesErr = p.Codes()
	p.index = made
	return p
}

// Files are the rendered files by name relative to /etc/asterisk: "pjsip.conf".
type Files map[string][]byte
