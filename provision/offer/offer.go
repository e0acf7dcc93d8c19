// Package offer turns what makers' data says of DHCP into what a server tells their
// phones: dnsmasq's configuration when the box gives the addresses, an answer to
// DHCPINFORM when a router does, and the values to type into a foreign router.
//
// What goes out this way is for anybody to hear: it names the box's root, never a
// phone's own URL with its token.
package offer

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"autocom/provision"
)

// option is one DHCP option as it goes over the wire.
type option struct {
	code uint8
	form string // formText, formOctets, formCodes
	text string // as people write it
	data []byte
}

func text(code uint8, s string) option { return option{code, formText, s, []byte(s)} }

// The options that this package knows by number.
const (
	optNTP     = 42
	optVendor  = 43
	optClass   = 60
	optServer  = 66
	optFile    = 67
	optVLAN    = 132
	maxOption  = 255 // bytes of one option, RFC 2132 2
	formText   = "text"
	formOctets = "address"
	formCodes  = "encapsulated"
)

// maker is a vendor with what its phones are told.
type maker struct {
	provision.Vendor
	options []option
}

var idPattern = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// served are the makers that we have files for, with their options for a phone.
func served(vendors []provision.Vendor, p provision.Phone) ([]maker, error) {
	var out []maker
	for _, v := range vendors {
		if v.Generic || v.Unsupported != "" || v.Kind == provision.KindGateway {
			continue
		}
		if !idPattern.MatchString(v.ID) {
			return nil, fmt.Errorf("maker %q: its id is not made of small letters, digits and -", v.ID)
		}
		options, err := render(v, p)
		if err != nil {
			return nil, fmt.Errorf("maker %s: %w", v.ID, err)
		}
		out = append(out, maker{v, options})
	}
	return out, nil
}

// render gives the options of one maker's phone. A maker that says nothing is told
// the root in option 66, which nearly all of them read. The VLAN is told when the
// site has one, whether the maker's data thinks of it or not.
func render(v provision.Vendor, p provision.Phone) ([]option, error) {
	var out []option
	for _, o := range v.Options {
		if o.Code == optVLAN && p.Site.VoiceVLAN == 0 {
			continue
		}
		made, err := one(o, p)
		if err != nil {
			return nil, fmt.Errorf("option %d: %w", o.Code, err)
		}
		if len(made.data) == 0 {
			continue
		}
		if slices.ContainsFunc(out, func(x option) bool { return x.code == o.Code }) {
			return nil, fmt.Errorf("option %d is there twice: a phone reads one of them", o.Code)
		}
		out = append(out, made)
	}
	if len(v.Options) == 0 {
		url := p.URL
		if url == "" {
			url = p.Site.URL()
		}
		out = append(out, text(optServer, url))
	}
	if vlan := p.Site.VoiceVLAN; vlan != 0 && !slices.ContainsFunc(out, func(o option) bool { return o.code == optVLAN }) {
		out = append(out, text(optVLAN, strconv.Itoa(int(vlan))))
	}
	return out, nil
}

func one(o provision.Option, p provision.Phone) (option, error) {
	if o.Code == 0 || o.Code == 255 {
		return option{}, errors.New("this code is no option (RFC 2132 3.1, 3.2)")
	}
	if len(o.Sub) > 0 {
		return encapsulated(o, p)
	}
	value, err := fill(o.Text, p)
	if err != nil || value == "" {
		return option{}, err
	}
	made := text(o.Code, value)
	switch o.Form {
	case "", formText:
	case formOctets:
		made.form = formOctets
		if made.data, err = octets(value); err != nil {
			return option{}, err
		}
	default:
		return option{}, fmt.Errorf("form %q: write %s or %s", o.Form, formText, formOctets)
	}
	if len(made.data) > maxOption {
		return option{}, fmt.Errorf("%d bytes are more than the %d of an option", len(made.data), maxOption)
	}
	return made, nil
}

// encapsulated packs codes and values into one option, RFC 2132 8.4. The order is
// that of the codes, so that the bytes are the same each time.
func encapsulated(o provision.Option, p provision.Phone) (option, error) {
	made := option{code: o.Code, form: formCodes}
	var words []string
	codes := make([]uint8, 0, len(o.Sub))
	for code := range o.Sub {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		if code == optVLAN && p.Site.VoiceVLAN == 0 {
			continue
		}
		text, err := fill(o.Sub[code], p)
		if err != nil {
			return option{}, fmt.Errorf("sub-option %d: %w", code, err)
		}
		if text == "" {
			continue
		}
		if len(text) > maxOption {
			return option{}, fmt.Errorf("sub-option %d: %d bytes are more than fit", code, len(text))
		}
		made.data = append(append(made.data, code, byte(len(text))), text...)
		words = append(words, fmt.Sprintf("%d = %s", code, text))
	}
	if len(made.data) > maxOption {
		return option{}, fmt.Errorf("%d bytes are more than the %d of an option", len(made.data), maxOption)
	}
	made.text = strings.Join(words, ", ")
	return made, nil
}

// fill executes a template of a vendor file. What comes out is text of printing
// ASCII: DHCP knows no other, and nothing else belongs into an address.
func fill(text string, p provision.Phone) (string, error) {
	t, err := template.New("").Funcs(functions).Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", err
	}
	out := strings.TrimSpace(b.String())
	for i := range len(out) {
		if out[i] < ' ' || out[i] > '~' {
			return "", fmt.Errorf("%q holds a sign that is not printing ASCII", out)
		}
	}
	return out, nil
}

// functions are those of the templates in vendor files that make sense in an address.
var functions = template.FuncMap{
	"lower": strings.ToLower, "upper": strings.ToUpper, "add": func(a, b int) int { return a + b },
	"trimPrefix": func(prefix, s string) string { return strings.TrimPrefix(s, prefix) },
	"trimSuffix": func(suffix, s string) string { return strings.TrimSuffix(s, suffix) },
}

// public is a phone as DHCP sees it: any of its maker's, with nothing of its own.
func public(site provision.Site) provision.Phone { return provision.Phone{Site: site} }
