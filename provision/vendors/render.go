package vendors

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"autocom/provision"
)

// view is what a template of files/ sees: a Phone whose every text is already
// escaped for the maker's format, so that no template can forget it.
type view struct {
	provision.Phone
	Language map[string]string // the maker's words for the site's language
	Zone     map[string]string // the maker's words for the site's time zone
	Hours    string            // standard time minus UTC: "+1", "-3:30", for zones the maker has no word for
	Seconds  int               // the same in seconds
}

// render executes a template. A common file sees no device at all, so it cannot
// give away an account whatever its template says.
func (m maker) render(f file, p provision.Phone) ([]byte, error) {
	if !f.personal {
		p = provision.Phone{Site: p.Site}
	}
	if !p.Secrets {
		p = stripped(p)
	}
	v := view{
		Phone:    escaped(p, m.escape),
		Language: m.language(p.Site.Language),
		Zone:     m.zones[p.Site.TimeZone],
		Hours:    hours(p.Site.Offset),
		Seconds:  int(p.Site.Offset / time.Second),
	}
	var b bytes.Buffer
	if err := f.template.Execute(&b, v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// stripped leaves of a phone what anybody on its LAN may know: how many lines it
// has, and the box's root as its URL, never one with a token.
func stripped(p provision.Phone) provision.Phone {
	if p.URL != p.Site.URL() {
		p.URL = ""
	}
	p.Device.Token = ""
	p.Device.Lines = slices.Clone(p.Device.Lines)
	for i, l := range p.Device.Lines {
		p.Device.Lines[i] = provision.Line{N: l.N}
	}
	return p
}

// language gives the maker's words for "fr" or "fr-CA", English when it has none.
func (m maker) language(tag string) map[string]string {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if words, ok := m.languages[base]; ok {
		return words
	}
	return m.languages["en"]
}

// escaped gives a copy of p with every text made safe for one format.
func escaped(p provision.Phone, escape func(string) string) provision.Phone {
	for _, s := range []*string{
		&p.URL, &p.Site.Name, &p.Site.Language, &p.Site.Country, &p.Site.TimeZone, &p.Site.Voicemail,
		&p.Device.ID, &p.Device.Vendor, &p.Device.Model, &p.Device.Firmware, &p.Device.Name,
		&p.Device.Code, &p.Device.Reason, &p.Device.URL, &p.Device.Interface, &p.Device.Token,
	} {
		*s = escape(*s)
	}
	p.Device.Evidence = nil // text from the network has no place in a phone's file
	p.Device.Lines = slices.Clone(p.Device.Lines)
	for i := range p.Device.Lines {
		l := &p.Device.Lines[i]
		if l.Name == "" {
			l.Name = l.Number
		}
		// A quote would end the display name in SIP, whatever the file's own format.
		l.Name = strings.NewReplacer(`"`, "'", `\`, "/", "<", "(", ">", ")").Replace(l.Name)
		l.Number, l.Name, l.Secret = escape(l.Number), escape(l.Name), escape(l.Secret)
	}
	return p
}

// escapes are the formats by their name in vendor.toml.
var escapes = map[string]func(string) string{
	// key = value, one a line: a line break in a value would be another key.
	"line": provision.Clean,
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
