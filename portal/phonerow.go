package portal

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"autocom/provision"
)

// row is one device in the list.
type row struct {
	Words   Admin
	Key     string // rows are in the order of their keys
	Part    string // id of the element
	Link    string
	Number  string
	Extra   int // further lines
	Title   string
	What    string // maker and model
	Address string
	Dial    string // what a waiting phone dials to be approved
	State   string
	Mark    string // good, wait, bad, none
	Reason  string
	Foreign bool   // Reason is English in a French page
	Ago     string // since, or seen
	Since   moment
}

func (v reader) row(d provision.Device) row {
	d = safe(d)
	r := row{
		Words: v.words, Part: part(d.ID), Link: "/ui/phones/" + url.PathEscape(d.ID),
		Number: d.Number(), Title: v.title(d), What: v.what(d), State: v.words.state(d.State()), Mark: mark(d, v.now),
		Ago: v.words.Since, Since: v.portal.moment(d.FirstSeen, v.lang),
	}
	if state := d.State(); state == "lost" || state == "seen" {
		r.Ago, r.Since = v.words.Heard, v.portal.moment(d.LastSeen, v.lang)
	}
	for _, l := range d.Lines {
		if l.Number != "" && l.Number != r.Number {
			r.Extra++
		}
	}
	if d.IP.IsValid() {
		r.Address = d.IP.String()
	}
	if d.Guest() {
		if d.Reach == provision.ReachRegistered {
			r.State = v.words.StateGuest
		}
		if d.Code != "" { // to read aloud to who stands at the phone
			r.Dial = strings.ReplaceAll(v.portal.ClaimPrefix+" "+grouped(d.Code), " ", "\u00a0")
		}
	}
	if r.Title == r.What {
		r.What = ""
	}
	r.Reason, r.Foreign = v.portal.translated(d.Reason, v.lang)
	r.Reason = sentence(r.Reason)
	r.Key = order(d)
	return r
}

// order is where a row stands: numbers first, in their order; what has none by its age,
// so that no row jumps when the device says more of itself.
func order(d provision.Device) string {
	if n := d.Number(); n != "" {
		return fmt.Sprintf("1 %8s %s", printing(n), d.ID)
	}
	return fmt.Sprintf("2 %011d %s", max(0, d.FirstSeen.Unix()), d.ID)
}

// printing keeps what prints: marks that turn the direction of writing would let a
// device's name rewrite what stands beside it.
func printing(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// safe is a device with every text of it made safe to show. Escaping is the templates'.
func safe(d provision.Device) provision.Device {
	for _, s := range []*string{&d.Vendor, &d.Model, &d.Firmware, &d.Name, &d.Reason, &d.Interface, &d.Code} {
		*s = printing(*s)
	}
	d.Lines, d.Evidence, d.Keys = slices.Clone(d.Lines), slices.Clone(d.Evidence), slices.Clone(d.Keys)
	for i := range d.Lines {
		d.Lines[i].Number, d.Lines[i].Name = printing(d.Lines[i].Number), printing(d.Lines[i].Name)
	}
	for i := range d.Evidence {
		e := &d.Evidence[i]
		e.Sensor, e.Field, e.Value = provision.Sensor(printing(string(e.Sensor))), printing(e.Field), printing(e.Value)
	}
	for i := range d.Keys {
		d.Keys[i] = provision.Key{Number: printing(d.Keys[i].Number), Label: printing(d.Keys[i].Label)}
	}
	return d
}

// sentence begins with a capital letter and ends with a stop.
func sentence(text string) string {
	if text = printing(text); text == "" {
		return ""
	}
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:] + "."
}

// part is the id of a device's element: a colon would need escaping in selectors.
func part(id string) string { return "d-" + strings.ReplaceAll(id, ":", "") }

func mark(d provision.Device, now time.Time) string {
	switch state := d.State(); {
	case hangs(d, now), state == "unsupported":
		return "bad"
	case state == "registered":
		return "good"
	case state == "allocated", state == "fetched", state == "pending":
		return "wait"
	}
	return "none"
}

// title is what people call a device.
func (v reader) title(d provision.Device) string {
	if d.Name != "" {
		return d.Name
	}
	if len(d.Lines) > 0 && d.Lines[0].Name != "" && d.Lines[0].Name != d.Number() {
		return d.Lines[0].Name
	}
	return v.what(d)
}

// what is the maker and the model.
func (v reader) what(d provision.Device) string {
	name := cmp.Or(v.makers[d.Vendor].Name, d.Vendor)
	if d.Soft() {
		name = v.words.Softphone
	}
	return cmp.Or(strings.TrimSpace(name+" "+d.Model), hostname(d), v.words.UnknownMaker)
}

// hostname is what a device calls itself: a printer is better known by it than by nothing.
func hostname(d provision.Device) string {
	for _, e := range d.Evidence {
		if e.Field == provision.FieldHostname {
			return clipped(e.Value)
		}
	}
	return ""
}
