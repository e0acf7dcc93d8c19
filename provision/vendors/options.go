package vendors

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"strconv"
	"strings"
	"text/template"

	"autocom/provision"
)

// option is one [[dhcp]] of vendor.toml.
type option struct {
	Option uint8             `toml:"option"`
	Form   string            `toml:"form"` // "text", the default, or "address"
	Value  string            `toml:"value"`
	Sub    map[string]string `toml:"sub"` // the option is encapsulated: code → text
}

// maxOption is what fits into a DHCP option and into one encapsulated (RFC 2132 2).
const maxOption = 255

// compile proves an option by rendering it for a phone with its own URL and one without.
func (o option) compile() (provision.Option, error) {
	out := provision.Option{Code: o.Option, Form: o.Form, Text: o.Value}
	if out.Form == "" {
		out.Form = "text"
	}
	if o.Option == 0 || o.Option == 255 {
		return out, fmt.Errorf("option %d: 1 to 254 are options", o.Option)
	}
	if out.Form != "text" && out.Form != "address" {
		return out, fmt.Errorf("option %d: form %q is neither text nor address", o.Option, o.Form)
	}
	if (o.Value == "") == (len(o.Sub) == 0) {
		return out, fmt.Errorf("option %d: give either value or sub", o.Option)
	}
	for key, text := range o.Sub {
		code, err := strconv.ParseUint(key, 10, 8)
		if err != nil || code == 0 || code == 255 {
			return out, fmt.Errorf("option %d: sub %q is not 1 to 254", o.Option, key)
		}
		if out.Sub == nil {
			out.Sub = map[uint8]string{}
		}
		out.Sub[uint8(code)] = text
	}
	for _, url := range []string{sample().URL, ""} {
		p := sample()
		p.URL = url
		if _, err := rendered(out, p); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Options gives what a DHCP server tells a phone: the maker's options with their
// texts rendered. Those that come out empty are left out. A phone without URL gives
// what all of the maker's phones may hear.
func (s *Set) Options(p provision.Phone) ([]provision.Option, error) {
	m, err := s.maker(p.Device.Vendor)
	if err != nil {
		return nil, fmt.Errorf("DHCP options: %w", err)
	}
	var out []provision.Option
	for _, o := range m.Options {
		r, err := rendered(o, p)
		if err != nil {
			return nil, fmt.Errorf("DHCP options for %s: %w", m.ID, err)
		}
		if r.Text != "" || len(r.Sub) > 0 {
			out = append(out, r)
		}
	}
	return out, nil
}

func rendered(o provision.Option, p provision.Phone) (provision.Option, error) {
	var err error
	if o.Text, err = execute(o.Text, p); err != nil {
		return o, fmt.Errorf("option %d: %w", o.Code, err)
	}
	if o.Form == "address" && o.Text != "" {
		if a, err := netip.ParseAddr(o.Text); err != nil || !a.Is4() {
			return o, fmt.Errorf("option %d: %q is no IPv4 address", o.Code, o.Text)
		}
	}
	if o.Sub == nil {
		return o, nil
	}
	o.Sub = maps.Clone(o.Sub)
	total := 0
	for code, text := range o.Sub {
		value, err := execute(text, p)
		if err != nil {
			return o, fmt.Errorf("option %d.%d: %w", o.Code, code, err)
		}
		if value == "" {
			delete(o.Sub, code)
			continue
		}
		o.Sub[code] = value
		total += 2 + len(value)
	}
	if total > maxOption {
		return o, fmt.Errorf("option %d is longer than %d octets", o.Code, maxOption)
	}
	return o, nil
}

// ErrNoPnP says that a maker's phones are not told an address by SIP PnP.
var ErrNoPnP = errors.New("its phones know no SIP PnP")

// PnPURL gives the address that the PnP answer carries: the phone's own URL when
// p.URL is set, the box's root otherwise.
func (s *Set) PnPURL(p provision.Phone) (string, error) {
	m, err := s.maker(p.Device.Vendor)
	if err != nil {
		return "", fmt.Errorf("PnP answer: %w", err)
	}
	if m.Vendor.PnPURL == "" {
		return "", fmt.Errorf("PnP answer for %s: %w", m.ID, ErrNoPnP)
	}
	url, err := execute(m.Vendor.PnPURL, p)
	if err != nil {
		return "", fmt.Errorf("PnP answer for %s: %w", m.ID, err)
	}
	return url, nil
}

// TypeURL gives what a person types into the phone's page or menu, "" when there
// is nothing of the kind.
func (s *Set) TypeURL(p provision.Phone) (string, error) {
	m, err := s.maker(p.Device.Vendor)
	if err != nil {
		return "", fmt.Errorf("address to type: %w", err)
	}
	url, err := execute(m.Vendor.TypeURL, p)
	if err != nil {
		return "", fmt.Errorf("address to type for %s: %w", m.ID, err)
	}
	return url, nil
}

// execute renders a text of vendor.toml, one line that goes out as it is.
func execute(text string, p provision.Phone) (string, error) {
	t, err := template.New("value").Option("missingkey=error").Funcs(funcs).Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", err
	}
	if b.Len() > maxOption {
		return "", fmt.Errorf("%q… is longer than %d octets", b.String()[:40], maxOption)
	}
	return provision.Clean(b.String()), nil
}
