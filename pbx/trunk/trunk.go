// Package trunk turns lines to the outside into a part of SIP and of the dialplan: a
// provider's account, or a gateway to mobile or analogue lines in the LAN.
//
// ac-trunk-<id> carries one call out by a trunk and returns when it could not: routes
// (pbx/route) and emergency calls (pbx/emergency) go through it, and nothing else does.
package trunk

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "trunk"

// Modes: how the two ends know each other.
const (
	Register = "register" // we log in there
	Address  = "address"  // each knows the other's address
	Accept   = "accept"   // it logs in here, with the id and the password
)

// Trunk is the body of an object of this kind. What is left out is the preset's.
type Trunk struct {
	Preset      string   `json:"preset,omitempty"` // of presets.txt; "" a provider with a password
	Mode        string   `json:"mode"`
	Server      string   `json:"server,omitempty"`       // host name or address; with Accept none
	Port        int      `json:"port,omitempty"`         // 0: 5060
	Transport   string   `json:"transport,omitempty"`    // "udp" (or ""), "tcp", "tls"
	User        string   `json:"user,omitempty"`         // of the account
	Login       string   `json:"login,omitempty"`        // for its password, when it is not the user
	Password    string   `json:"password,omitempty"`     // written, never read
	Realm       string   `json:"realm,omitempty"`        // "" whatever is asked
	Proxy       string   `json:"proxy,omitempty"`        // outbound proxy: host or host:port
	Domain      string   `json:"domain,omitempty"`       // in From; "" the server
	ContactUser string   `json:"contact,omitempty"`      // that the provider is to call; "" the user
	Addresses   []string `json:"addresses,omitempty"`    // that calls come from: addresses or prefixes
	Codecs      []string `json:"codecs,omitempty"`       // in the order of preference
	DTMF        string   `json:"dtmf,omitempty"`         // "rfc4733", "info", "inband", "auto"
	Format      string   `json:"format,omitempty"`       // of numbers: "national", "plus", "digits"
	CallerID    string   `json:"callerid,omitempty"`     // the site's number on this trunk, as the provider wants it
	Identity    string   `json:"identity,omitempty"`     // where it stands: "from", "pai", "rpid"
	Channels    int      `json:"channels,omitempty"`     // calls at once, both ways; 0: no limit
	Ask         int      `json:"ask"`                    // seconds between two OPTIONS; 0: none
	Encrypted   bool     `json:"encrypted,omitempty"`    // SRTP by SDES (RFC 4568)
	NoEmergency bool     `json:"no_emergency,omitempty"` // its provider does not carry emergency calls
	Gateway     bool     `json:"gateway,omitempty"`      // stands in the LAN: emergency calls go there first
	Off         bool     `json:"off,omitempty"`          // kept, not used
}

// Endpoint is the name that Asterisk knows a trunk by.
func Endpoint(id string) string { return "trunk-" + id }

// Decode reads an object, with its preset for what it leaves out.
func Decode(o pbx.Object) (Trunk, error) {
	var t Trunk
	if err := pbx.Decode(o, &t); err != nil {
		return t, err
	}
	p, ok := preset(t.Preset)
	if !ok {
		return t, fmt.Errorf("%s %s: preset %q does not exist", o.Kind, o.ID, t.Preset)
	}
	t = Trunk{Mode: p.Mode, Port: p.Port, Codecs: slices.Clone(p.Codecs), DTMF: p.DTMF, Format: p.Format,
		Identity: p.Identity, Channels: p.Channels, Ask: p.Ask, Gateway: p.Gateway}
	list := t.Codecs
	t.Codecs = nil // or a shorter list would keep the tail of the preset's
	err := pbx.Decode(o, &t)
	if len(t.Codecs) == 0 {
		t.Codecs = list
	}
	if t.DTMF == "" {
		t.DTMF = "auto"
	}
	return t, err
}

// Forms of what stands in Asterisk's files. An account of a provider has signs that no
// phone's has; none of them means anything there.
var (
	host     = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$`)
	hostPort = regexp.MustCompile(`^([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?$`)
	user     = regexp.MustCompile(`^[A-Za-z0-9+._~*-]{1,64}$`)
	login    = regexp.MustCompile(`^[A-Za-z0-9+._~*@-]{1,100}$`)
	password = regexp.MustCompile(`^[!-:<->@-\[\]-~]{1,127}$`)
	callerID = regexp.MustCompile(`^\+?[0-9]{2,15}$`)
)

var codecs = []string{"alaw", "ulaw", "g722", "opus", "gsm"}

// Validate says what is wrong with a trunk in a plan.
func (t Trunk) Validate(plan pbx.Plan) error {
	p, _ := preset(t.Preset)
	switch {
	case p.Unsupported:
		return fmt.Errorf("preset %s cannot be used: %s", p.ID, p.NoteEN)
	case t.Mode != Register && t.Mode != Address && t.Mode != Accept:
		return fmt.Errorf("mode %q: use %s, %s or %s", t.Mode, Register, Address, Accept)
	case t.Mode == Accept && t.Server != "":
		return fmt.Errorf("server: with mode %s it logs in here and needs none", Accept)
	case t.Mode != Accept && (len(t.Server) > 253 || !host.MatchString(t.Server)):
		return fmt.Errorf("server %q: a host name or an address is needed, without sip: or a port", t.Server)
	case t.Port < 0 || t.Port > 65535:
		return fmt.Errorf("port %d: 1 to 65535", t.Port)
	case !slices.Contains([]string{"", "udp", "tcp", "tls"}, t.Transport):
		return fmt.Errorf("transport %q: use udp, tcp or tls", t.Transport)
	case t.Transport == "tls" && plan.Certificate == "":
		return fmt.Errorf("transport tls: this box has no certificate yet: use udp or tcp")
	case t.Mode == Register && t.User == "":
		return fmt.Errorf("user: the account's name is needed to log in")
	case t.Mode == Register && t.Password == "":
		return fmt.Errorf("password: it is needed to log in")
	case t.Mode == Accept && len(t.Password) < 12:
		return fmt.Errorf("password: at least 12 characters are needed for what logs in here")
	case t.User != "" && !user.MatchString(t.User):
		return fmt.Errorf("user %q: at most 64 letters, digits and + . _ ~ * -", t.User)
	case t.Login != "" && !login.MatchString(t.Login):
		return fmt.Errorf("login %q: at most 100 letters, digits and + . _ ~ * @ -", t.Login)
	case t.Password != "" && !password.MatchString(t.Password):
		return fmt.Errorf(`password: at most 127 characters without spaces, ";", "?" "\" and accents can be used`)
	case t.Realm != "" && !login.MatchString(t.Realm):
		return fmt.Errorf("realm %q: at most 100 letters, digits and + . _ ~ * @ -", t.Realm)
	case t.Domain != "" && !host.MatchString(t.Domain):
		return fmt.Errorf("domain %q: a host name or an address is needed", t.Domain)
	case t.ContactUser != "" && !user.MatchString(t.ContactUser):
		return fmt.Errorf("contact %q: at most 64 letters, digits and + . _ ~ * -", t.ContactUser)
	case t.Proxy != "" && !hostPort.MatchString(t.Proxy):
		return fmt.Errorf("proxy %q: a host name or an address is needed, with a port or without", t.Proxy)
	case !slices.Contains([]string{"rfc4733", "info", "inband", "auto"}, t.DTMF):
		return fmt.Errorf("dtmf %q: use rfc4733, info, inband or auto", t.DTMF)
	case !slices.Contains([]string{"national", "plus", "digits"}, t.Format):
		return fmt.Errorf("format %q: use national, plus or digits", t.Format)
	case !slices.Contains([]string{"from", "pai", "rpid"}, t.Identity):
		return fmt.Errorf("identity %q: use from, pai or rpid", t.Identity)
	case t.CallerID != "" && !callerID.MatchString(t.CallerID):
		return fmt.Errorf("callerid %q: 2 to 15 digits, with a + before them or without", t.CallerID)
	case t.Channels < 0 || t.Channels > 500:
		return fmt.Errorf("channels %d: 0 to 500", t.Channels)
	case t.Ask < 0 || t.Ask > 3600 || t.Ask > 0 && t.Ask < 10:
		return fmt.Errorf("ask %d: 10 to 3600 seconds, or 0 for never", t.Ask)
	case t.Encrypted && t.Transport != "tls":
		return fmt.Errorf("encrypted: its keys are in the clear without transport tls")
	}
	if err := t.checkCodecs(); err != nil {
		return err
	}
	return t.checkAddresses()
}

func (t Trunk) checkCodecs() error {
	for i, c := range t.Codecs {
		switch {
		case c == "g729" || c == "g723":
			return fmt.Errorf("codec %s: Asterisk from Debian does not speak it: ask the provider for alaw or ulaw (G.711)", c)
		case !slices.Contains(codecs, c):
			return fmt.Errorf("codec %q: use %s", c, strings.Join(codecs, ", "))
		case slices.Contains(t.Codecs[:i], c):
			return fmt.Errorf("codec %s is there twice", c)
		}
	}
	return nil
}

func (t Trunk) checkAddresses() error {
	if len(t.Addresses) > 64 {
		return fmt.Errorf("addresses: %d of them; 64 at most: use prefixes", len(t.Addresses))
	}
	for _, a := range t.Addresses {
		p, err := prefix(a)
		if err != nil || p.Bits() < 16 {
			return fmt.Errorf("address %q: an IPv4 address or a prefix of at least 16 bits is needed, as in 203.0.113.7 or 203.0.113.0/28", a)
		}
	}
	return nil
}

// prefix reads "203.0.113.7" or "203.0.113.0/28".
func prefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
		return netip.PrefixFrom(a, 32), nil
	}
	p, err := netip.ParsePrefix(s)
	if err == nil && !p.Addr().Is4() {
		err = fmt.Errorf("no IPv4")
	}
	return p.Masked(), err
}

// Sources are where a trunk's calls come from, as far as it is known without asking DNS:
// an answer that takes 10 s, or never comes, must not hold up a reload.
func (t Trunk) Sources() []netip.Prefix {
	var out []netip.Prefix
	for _, a := range t.Addresses {
		if p, err := prefix(a); err == nil {
			out = append(out, p)
		}
	}
	if p, err := prefix(t.Server); err == nil && !slices.Contains(out, p) {
		out = append(out, p)
	}
	return out
}
