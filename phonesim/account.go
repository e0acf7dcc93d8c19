package phonesim

import (
	"fmt"
	"net/netip"
	"strconv"
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
	case a.Transport != "udp" && a.Transport != "tcp":
		return fmt.Errorf("the settings of %s ask for transport %q: this virtual phone speaks udp and tcp", a.User, a.Transport)
	}
	if _, err := netip.ParseAddr(a.Server); err != nil {
		return fmt.Errorf("the settings of %s name the server %q: without DNS a phone needs an address", a.User, a.Server)
	}
	return nil
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
