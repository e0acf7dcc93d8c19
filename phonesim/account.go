package phonesim

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Account is a SIP account as a phone understood it from its settings.
type Account struct {
	User      string        `json:"user"`     // part before the @ of the address of record
	Auth      string        `json:"auth"`     // user of the digest, usually the same
	Password  string        `json:"password"` // virtual phones keep it in clear, as real ones do
	Name      string        `json:"name"`     // shown on the screen
	Label     string        `json:"label"`    // shown beside the line key: the number
	Server    string        `json:"server"`   // host or address
	Port      int           `json:"port"`
	Transport string        `json:"transport"` // "udp", "tcp" or "tls"
	Expiry    time.Duration `json:"expiry"`    // registration lifetime to ask for
}

// Check says what a phone needs and does not find.
func (a Account) Check() error {
	switch {
	case a.User == "":
		return fmt.Errorf("the settings hold no user name")
	case a.Password == "":
		return fmt.Errorf("the settings hold no password for %s", a.User)
	case a.Server == "":
		return fmt.Errorf("the settings hold no server for %s", a.User)
	case a.Port < 1 || a.Port > 65535:
		return fmt.Errorf("the settings of %s hold port %d", a.User, a.Port)
	case a.Transport != "udp" && a.Transport != "tcp" && a.Transport != "tls":
		return fmt.Errorf("the settings of %s ask for transport %q: this virtual phone speaks udp, tcp and tls", a.User, a.Transport)
	}
	if _, err := netip.ParseAddr(a.Server); err != nil {
		return fmt.Errorf("the settings of %s name the server %q: without DNS a phone needs an address", a.User, a.Server)
	}
	return nil
}

// draft is an account as its maker's file spells it: every field a text.
type draft struct {
	on                                bool // the settings say that the line is in use
	user, auth, password, name, label string
	server                            string // host, or host:port
	port, transport, expiry           string
	unit                              time.Duration     // of expiry; a second when zero
	transports                        map[string]string // the maker's words for udp, tcp and tls, in lower case
}

// account reads a draft; a line that is not in use has none.
func (d draft) account() (*Account, error) {
	if !d.on {
		return nil, nil
	}
	if d.server == "" || d.user == "" {
		return nil, Account{User: d.user, Password: d.password}.Check()
	}
	a := &Account{User: d.user, Auth: d.auth, Password: d.password, Name: d.name, Label: d.label}
	if a.Auth == "" {
		a.Auth = a.User
	}
	var ok bool
	if a.Transport, ok = d.transports[strings.ToLower(d.transport)]; !ok {
		return nil, fmt.Errorf("transport %q of %s is unknown to this phone", clip(d.transport), a.User)
	}
	var err error
	if a.Server, a.Port, err = hostPort(d.server); err != nil {
		return nil, fmt.Errorf("server of %s: %w", a.User, err)
	}
	if a.Transport == "tls" && !strings.Contains(d.server, ":") {
		a.Port = 5061 // RFC 3261 19.1.2
	}
	if d.port != "" && d.port != "0" {
		if a.Port, err = number(d.port, 0); err != nil {
			return nil, fmt.Errorf("port of %s: %w", a.User, err)
		}
	}
	n, err := number(d.expiry, 0)
	if err != nil {
		return nil, fmt.Errorf("expiry of %s: %w", a.User, err)
	}
	if d.unit == 0 {
		d.unit = time.Second
	}
	if a.Expiry = time.Duration(n) * d.unit; n == 0 {
		a.Expiry = time.Hour
	}
	return a, a.Check()
}

// drafts reads n lines; one that draw gives no user for has no account.
func drafts(n int, draw func(i int) draft) ([]*Account, error) {
	out := make([]*Account, n)
	for i := range out {
		var err error
		if out[i], err = draw(i + 1).account(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// number reads a decimal setting; an absent one is the default.
func number(s string, def int) (int, error) {
	if s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return n, nil
}
