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

	Kind    Kind           // of all its devices: KindGateway for makers of gateways
	Lines   []LineRule     // models with several accounts
	Checked string         // the published samples or captures that its files were held against; "": none, so they are not tried
	Admin   string         // user of the phone's own web page, whose password is Device.Admin
	Resync  string         // SIP Event that makes a phone fetch its file: "check-sync;reboot=false"
	Reboot  string         // SIP Event that makes it boot
	HTTPS   bool           // fetches files by HTTPS once it has our certificate
	TLS     *regexp.Regexp // models that register by TLS with SRTP then; nil: none
	TypeURL string         // text/template of what a person types into the phone; fields of Phone
	Classes []string       // how option 60 of its phones begins, for a DHCP server that selects by it
	Options []Option       // what a DHCP server tells them
}

// LineRule says how many accounts models have.
type LineRule struct {
	Model  *regexp.Regexp
	Kind   Kind
	Count  int
	AtOnce bool // its ports are there; false: a further handset may come when the last has registered
	// Pairing is language → how a handset is put onto its line.
	Pairing map[string]string
}

// Option is a DHCP option (RFC 2132) of a maker's phones. Text is a text/template
// over Phone; with Sub it is encapsulated: code → text/template.
type Option struct {
	Code uint8
	Form string // "text", "address" (IPv4, 4 octets)
	Text string
	Sub  map[uint8]string
}

// Refusal says why models of a maker that is served get no files.
type Refusal struct {
	Model    *regexp.Regexp
	Examples []string // models that it is about, for people
	Kind     Kind     // KindGateway: what it is instead
	Reason   string
}

// Entry is one line of the office's phone book.
type Entry struct {
	Number string
	Name   string
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
	HTTPSPort uint16        // 0: no HTTPS; 443 is left out of URLs
	CA        string        // name of the file with our authority's certificate, "" when there is none
	Pickup    string        // feature code before a number that picks up what rings there: "*8"
	VoiceVLAN uint16        // 802.1Q VLAN that phones are told to use, 0 for none
	Encrypted bool          // phones that can, register by TLS with SRTP
}

// Host is the site's address as it stands in a URL: "192.168.1.10" or "192.168.1.10:8080".
func (s Site) Host() string {
	if s.HTTPPort == 0 || s.HTTPPort == 80 {
		return s.Address.String()
	}
	return netip.AddrPortFrom(s.Address, s.HTTPPort).String()
}

// SecureURL is the box's root by HTTPS, "" when it has none.
func (s Site) SecureURL() string {
	switch s.HTTPSPort {
	case 0:
		return ""
	case 443:
		return "https://" + s.Address.String() + "/"
	}
	return "https://" + netip.AddrPortFrom(s.Address, s.HTTPSPort).String() + "/"
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
	Members     bool // for phones of the office alone: the phone book
}

// Phone is what a vendor's template is given: one device in its site.
type Phone struct {
	Site      Site
	Device    Device
	Secrets   bool // false: account keys must be absent, not empty
	Directory []Entry
	TLS       bool // this phone is to register by TLS with SRTP
	// URL is where the phone is to look for its files from now on, ending in "/": its
	// own, with its token, when Secrets; else the box's root when what the phone
	// knows is dead, or "", which leaves it what it knows.
	URL string
}
