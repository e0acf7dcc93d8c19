package provision

import (
	"net/netip"
	"regexp"
	"time"
)

// Match is one rule of a vendor: when Field of a sighting matches Pattern, the
// sighting is evidence of Weight. Named groups model, firmware and mac of the
// pattern are read from it; a rule with a group mac counts only when the MAC it
// reads is the sighting's.
type Match struct {
	Sensor  Sensor // "" for any sensor
	Field   string
	Pattern *regexp.Regexp
	Weight  int
}

// Vendor is a maker of phones: data of provision/vendors/<id>/, no code.
type Vendor struct {
	ID           string   // "yealink"
	Name         string   // "Yealink"
	OUIs         []string // six lower-case digits; an OUI alone is no phone
	Match        []Match
	PnPURL       string            // text/template of the PnP answer; fields of Phone; "" means no PnP
	KeepsAccount bool              // a file without account keys leaves the phone's account as it is
	Reset        map[string]string // language → how to reset a second-hand phone
	Unsupported  string            // why we have no files for this maker; "" when we have
	Refused      []Refusal         // models that we have no files for
	Generic      bool              // no maker: rules that speak for or against a phone of any maker
}

// Refusal says why models of a maker that is served get no files.
type Refusal struct {
	Model  *regexp.Regexp
	Reason string
}

// Site is what every phone of the office shares.
type Site struct {
	Name      string
	Language  string // "fr", "en"
	Country   string // ISO 3166-1 alpha-2
	TimeZone  string // IANA name
	Address   netip.Addr
	HTTPPort  uint16        // 80 is left out of URLs
	Offset    time.Duration // standard time minus UTC, for phones that do not know the zone
	Voicemail string        // number that reads one's messages, "" when there is none
}

// Host is the site's address as it stands in a URL: "192.168.1.10" or "192.168.1.10:8080".
func (s Site) Host() string {
	if s.HTTPPort == 0 || s.HTTPPort == 80 {
		return s.Address.String()
	}
	return netip.AddrPortFrom(s.Address, s.HTTPPort).String()
}

// URL is the box's root, where phones find the files that hold no account: "http://192.168.1.10/".
func (s Site) URL() string { return "http://" + s.Host() + "/" }

// Request is a phone asking for a file.
type Request struct {
	At        time.Time
	Protocol  string // "http", "https", "tftp"
	Name      string // as asked, without leading "/" and without the token part
	Token     string // from /p/<token>/…, "" for a root name
	Remote    netip.AddrPort
	UserAgent string
	MAC       MAC // Remote's, from the neighbour table; zero when nothing proves it
}

// File is the answer.
type File struct {
	Name        string
	ContentType string
	Body        []byte
	Secret      bool // holds a secret: never cached, counted in the audit
}

// Phone is what a vendor's template is given: one device in its site.
type Phone struct {
	Site    Site
	Device  Device
	Secrets bool // false: account keys must be absent, not empty
	// URL is where the phone is to look for its files from now on, ending in "/": its
	// own, with its token, when Secrets; else the box's root when what the phone
	// knows is dead, or "", which leaves it what it knows.
	URL string
}
