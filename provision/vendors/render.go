package vendors

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"autocom/provision"
)

// view is what a template of files/ sees: a Phone whose every text is already
// escaped for the file's format, so that no template can forget it.
type view struct {
	provision.Phone
	Language map[string]string // the maker's words for the site's language
	Zone     map[string]string // the maker's words for the site's time zone
	Clock    clock             // the zone's rules, for phones that take rules
	Hours    string            // standard time minus UTC: "+1", "-3:30"
	Seconds  int               // the same in seconds
	Guest    bool              // the phone waits for somebody's click: its account has no number
	Waiting  string            // what it shows then
	CA       string            // where the certificate of our authority is, "" when there is none
}

// waiting is shown by a phone that waits for a click, when its maker's words for
// the language have no "waiting".
var waiting = map[string]string{"fr": "En attente", "en": "Waiting"}

// render executes a template. A common file sees no device at all, so it cannot
// give away an account whatever its template says.
func (m maker) render(f *file, p provision.Phone, c clock) ([]byte, error) {
	guest := f.personal && p.Secrets && p.Device.Guest()
	directory := p.Directory
	if !f.personal {
		p = provision.Phone{Site: p.Site}
	}
	if p.Directory = nil; f.members {
		p.Directory = directory
	}
	if !p.Secrets {
		p = stripped(p)
	}
	words := m.language(p.Site.Language)
	v := view{
		Language: words,
		Zone:     m.zones[p.Site.TimeZone],
		Clock:    c,
		Hours:    hours(time.Duration(c.Offset) * time.Second),
		Seconds:  c.Offset,
		Guest:    guest,
		Waiting:  cmp.Or(words["waiting"], waiting[base(p.Site.Language)], waiting["en"]),
	}
	if guest && p.Device.Lines[0].Name == "" {
		p.Device.Lines = slices.Clone(p.Device.Lines)
		p.Device.Lines[0].Name = v.Waiting
	}
	if p.Site.CA != "" {
		v.CA = f.escape(p.Site.URL() + p.Site.CA)
	}
	v.Clock.POSIX, v.Clock.Plain, v.Waiting = f.escape(c.POSIX), f.escape(c.Plain), f.escape(v.Waiting)
	v.Phone = escaped(p, f.escape)
	var b bytes.Buffer
	if err := f.template.Execute(&b, v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// stripped leaves of a phone what anybody on its LAN may know: how many lines it
// has, and the box's root as its URL, never one with a token.
func stripped(p provision.Phone) provision.Phone {
	if p.URL != p.Site.URL() && p.URL != p.Site.SecureURL() {
		p.URL = ""
	}
	p.Device.Token, p.Device.Admin, p.Device.Code = "", "", ""
	p.Device.Name, p.Device.Keys = "", nil
	p.Device.Lines = slices.Clone(p.Device.Lines)
	for i, l := range p.Device.Lines {
		p.Device.Lines[i] = provision.Line{N: l.N}
	}
	return p
}

// language gives the maker's words for "fr" or "fr-CA", English when it has none.
func (m maker) language(tag string) map[string]string {
	if words, ok := m.languages[base(tag)]; ok {
		return words
	}
	return m.languages["en"]
}

// base is the language of a tag without its country: "fr" of "fr-CA".
func base(tag string) string {
	language, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return language
}

// escaped gives a copy of p with every text made safe for one format.
func escaped(p provision.Phone, escape func(string) string) provision.Phone {
	for _, s := range []*string{
		&p.URL, &p.Site.Name, &p.Site.Language, &p.Site.Country, &p.Site.TimeZone, &p.Site.Voicemail,
		&p.Site.CA, &p.Site.Pickup,
		&p.Device.ID, &p.Device.Vendor, &p.Device.Model, &p.Device.Firmware, &p.Device.Name,
		&p.Device.Code, &p.Device.Reason, &p.Device.URL, &p.Device.Interface, &p.Device.Token, &p.Device.Admin,
	} {
		*s = escape(*s)
	}
	p.Device.Evidence = nil // text from the network has no place in a phone's file
	p.Device.Lines = slices.Clone(p.Device.Lines)
	for i := range p.Device.Lines {
		l := &p.Device.Lines[i]
		l.Number, l.Name, l.Secret = escape(l.Number), escape(displayed(cmp.Or(l.Name, l.Number))), escape(l.Secret)
	}
	p.Device.Keys = slices.Clone(p.Device.Keys)
	for i := range p.Device.Keys {
		k := &p.Device.Keys[i]
		k.Number, k.Label = escape(k.Number), escape(displayed(cmp.Or(k.Label, k.Number)))
	}
	p.Directory = slices.Clone(p.Directory)
	for i := range p.Directory {
		e := &p.Directory[i]
		e.Number, e.Name = escape(e.Number), escape(displayed(cmp.Or(e.Name, e.Number)))
	}
	return p
}

// displayed makes a name fit to be shown: a quote would end the display name in
// SIP, whatever the file's own format.
func displayed(name string) string {
	return unquoted.Replace(name)
}

var unquoted = strings.NewReplacer(`"`, "'", `\`, "/", "<", "(", ">", ")")

// escapes are the formats by their name in vendor.toml.
var escapes = map[string]func(string) string{
	// key = value, one a line: a line break in a value would be another key.
	"line": provision.Clean,
	// key="value", one a line.
	"quoted": func(s string) string {
		return strings.NewReplacer(`"`, "'", `\`, "/").Replace(provision.Clean(s))
	},
	"xml": func(s string) string {
		var b strings.Builder
		// EscapeText fails only when the writer does.
		_ = xml.EscapeText(&b, []byte(provision.Clean(s)))
		return b.String()
	},
}

// hours writes an offset from UTC as phones do: "0", "+1", "-3:30".
func hours(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	sign := "+"
	if d < 0 {
		sign, d = "-", -d
	}
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	if m == 0 {
		return fmt.Sprintf("%s%d", sign, h)
	}
	return fmt.Sprintf("%s%d:%02d", sign, h, m)
}
