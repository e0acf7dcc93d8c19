// Package mail turns messages of mailboxes into letters and hands them to the site's SMTP
// server. It keeps nothing: who calls it remembers what was sent.
package mail

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"autocom/pbx"
)

// Feature is the id of the settings object.
const Feature = "mail"

// How the connection to the server is encrypted.
const (
	TLS      = "tls"      // from its first byte (RFC 8314 3.3), port 465
	STARTTLS = "starttls" // after a word in clear (RFC 3207), port 587; without it nothing is sent
	None     = "none"     // not at all, port 25: for a server beside us, without a password
)

// Settings are the server that takes our letters.
type Settings struct {
	Host     string `json:"host"`
	Port     int    `json:"port,omitempty"` // 0: the mode's own
	Mode     string `json:"tls"`            // TLS, STARTTLS or None
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"` // written by the API, never read
	From     string `json:"from"`               // the address that letters come from
}

// Decode reads the settings; on is false while nobody has named a server.
func Decode(plan pbx.Plan) (s Settings, on bool, err error) {
	s.Mode = STARTTLS
	o, ok := plan.Object(pbx.KindSettings, Feature)
	if !ok {
		return s, false, nil
	}
	err = pbx.Decode(o, &s)
	return s, err == nil && s.Host != "", err
}

var (
	hostName = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z.-]{0,251}[0-9A-Za-z])?$`)
	// RFC 5321 4.1.2 in the form that people have: a dot-atom, and a name with a dot or of the LAN.
	address = regexp.MustCompile("^[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,64}@[0-9A-Za-z]([0-9A-Za-z.-]{0,251}[0-9A-Za-z])?$")
)

// sendsFrom reports whether letters may come from an address: no part of it is empty.
func sendsFrom(from string) bool {
	name, host, _ := strings.Cut(from, "@")
	return address.MatchString(from) && !strings.Contains("."+name+".", "..") && !strings.Contains(host, "..")
}

// Validate says what is wrong with the settings.
func (s Settings) Validate(pbx.Plan) error {
	_, notIP := netip.ParseAddr(s.Host)
	switch {
	case s.Host == "" && s.Port == 0 && s.User == "" && s.Password == "" && s.From == "":
		return nil // switched off
	case s.Host == "":
		return errors.New("host is missing: name the mail server, or leave everything empty to send no letters")
	case notIP != nil && (!hostName.MatchString(s.Host) || strings.Contains(s.Host, "..")):
		return fmt.Errorf("host %q: the name or address of the mail server is expected, as smtp.example.org", s.Host)
	case s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("port %d: 1 to 65535, or leave it out", s.Port)
	case s.Mode != TLS && s.Mode != STARTTLS && s.Mode != None:
		return fmt.Errorf("tls %q: use %s, %s or %s", s.Mode, TLS, STARTTLS, None)
	case !sendsFrom(s.From):
		return fmt.Errorf("from %q is no address: letters need one that the server accepts", s.From)
	case s.User != "" && s.Mode == None:
		return errors.New("a user with tls none would send the password in clear: use tls or starttls")
	case s.User == "" && s.Password != "":
		return errors.New("there is a password and no user: name the user, or remove the password")
	case len(s.User) > 254 || len(s.Password) > 512 || strings.ContainsAny(s.User+s.Password, "\x00\r\n"):
		return errors.New("user and password are at most 254 and 512 bytes, without line breaks")
	}
	return nil
}

// addr is host:port.
func (s Settings) addr() string {
	port := s.Port
	if port == 0 {
		port = map[string]int{TLS: 465, STARTTLS: 587, None: 25}[s.Mode]
	}
	return net.JoinHostPort(s.Host, strconv.Itoa(port))
}

// Render adds nothing to Asterisk's files: it refuses settings that make no sense.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	s, _, err := Decode(plan)
	if err == nil {
		if err = s.Validate(plan); err != nil {
			err = fmt.Errorf("settings %s: %w", Feature, err)
		}
	}
	return pbx.Fragments{}, err
}
