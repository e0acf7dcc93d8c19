// Package inventory turns sightings into identities and verdicts: Weigh reads
// what one sighting is evidence of, Merge adds it to what is known of the
// device, Decide says what the device is. All three are pure.
package inventory

import (
	"cmp"
	"slices"
	"strings"

	"autocom/provision"
)

// Enough is the weight at which evidence makes a phone. An OUI (1) with
// option 66 asked for (1) stays below it; a PnP SUBSCRIBE (3) reaches it alone.
const Enough = 3

// ouiWeight is what a known first half of a MAC is worth: makers of phones also
// make access points, cameras and switches, so it never suffices.
const ouiWeight = 1

// registerWeight is the most that a REGISTER of a user whom the exchange does not
// know says in one field: scanners send them too, in the name of any phone.
const registerWeight = 1

// nameWeight is the most that a file's name says which does not hold the MAC of who
// asks: whoever looks for telephones to steal from guesses the names of all makers,
// but has no MAC of theirs.
const nameWeight = 2

// Finding is what one sighting says.
type Finding struct {
	Vendor      string // the maker with most weight, "" when none is spoken for
	Model       string
	Guessed     bool // the model is read from the name of a file alone
	Firmware    string
	MAC         provision.MAC // the sighting's, or the one it claims when its own is unknown
	Unsupported string        // why that maker gets no files, "" when it does
	Refused     []provision.Refusal
	Kind        provision.Kind // of all that maker's devices
	Lines       []provision.LineRule
	Evidence    []provision.Evidence
}

// kind says what sort of equipment a model of the finding's maker is.
func (f Finding) kind(model string) provision.Kind {
	for _, r := range f.Refused {
		if r.Kind != "" && r.Model.MatchString(model) {
			return r.Kind
		}
	}
	if f.Kind != "" {
		return f.Kind
	}
	for _, l := range f.Lines {
		if model != "" && l.Model.MatchString(model) {
			return l.Kind
		}
	}
	return ""
}

// unsupported says why a model of the finding's maker gets no files, "" when it does.
func (f Finding) unsupported(model string) string {
	for _, r := range f.Refused {
		if r.Model.MatchString(model) {
			return cmp.Or(f.Unsupported, r.Reason)
		}
	}
	return f.Unsupported
}

// Weigh reads one sighting by the rules of the vendors. Only evidence that
// matched a rule is returned; a sighting that matches nothing is an empty Finding
// with the MAC.
func Weigh(s provision.Sighting, vendors []provision.Vendor) Finding {
	f := Finding{MAC: s.MAC}
	best := 0
	for _, v := range vendors {
		w := weighVendor(s, v)
		f.Evidence = append(f.Evidence, w.evidence...)
		if f.MAC.IsZero() && !w.mac.IsZero() {
			f.MAC = w.mac
		}
		if v.Generic || w.sum <= best {
			continue
		}
		best = w.sum
		f.Vendor, f.Model, f.Firmware, f.Guessed = v.ID, w.model, w.firmware, w.guessed
		f.Unsupported, f.Refused = v.Unsupported, v.Refused
		f.Kind, f.Lines = v.Kind, v.Lines
		f.Model = cmp.Or(f.Model, ownWords(s.Fields[provision.FieldModel], v.Name))
		f.Firmware = cmp.Or(f.Firmware, ownWords(s.Fields[provision.FieldFirmware], v.Name))
	}
	return f
}

// ownWords is what a device says of itself in a field of its own (LLDP-MED's inventory),
// for makers whose rules do not read it, without the maker's name before it.
func ownWords(text, maker string) string {
	if n := len(maker); len(text) > n && strings.EqualFold(text[:n], maker) {
		text = strings.TrimLeft(text[n:], " -_")
	}
	return word(text)
}

// weighed is what one sighting says about one vendor.
type weighed struct {
	sum             int
	model, firmware string
	guessed         bool          // the model stood in a file's name alone
	mac             provision.MAC // claimed by a rule's group mac
	evidence        []provision.Evidence
}

func weighVendor(s provision.Sighting, v provision.Vendor) weighed {
	var w weighed
	maker := v.ID
	if v.Generic {
		maker = ""
	}
	add := func(field, value string, weight int) {
		w.sum += weight
		w.evidence = append(w.evidence, provision.Evidence{
			Sensor: s.Sensor, Field: field, Value: value, Weight: weight,
			Vendor: maker, Proved: s.Proved, At: s.At,
		})
	}
	own := !s.MAC.IsZero() && slices.Contains(v.OUIs, s.MAC.OUI())
	if own {
		add(provision.FieldOUI, s.MAC.OUI(), ouiWeight)
	}
	done := map[string]bool{} // the first rule that matches a field decides: rules go from exact to loose
	for _, m := range v.Match {
		value, ok := s.Fields[m.Field]
		if !ok || done[m.Field] || m.Sensor != "" && m.Sensor != s.Sensor {
			continue
		}
		groups := submatch(m, value)
		if groups == nil {
			continue
		}
		done[m.Field] = true
		named := read(m, groups)
		// A phone asks for its own file and names itself: text with another MAC
		// than the sighting's is evidence of nothing.
		if !named.mac.IsZero() && !s.MAC.IsZero() && named.mac != s.MAC {
			continue
		}
		w.take(named, m.Field)
		weight := m.Weight
		if s.Sensor == provision.SensorSIP {
			weight = min(weight, registerWeight)
		}
		if m.Field == provision.FieldPath && named.mac.IsZero() && !own {
			weight = min(weight, nameWeight)
		}
		add(m.Field, value, weight)
	}
	return w
}

// submatch matches a field. A name is looked at with all its folders, then without
// the first ones: the URL that a phone keeps from another network may have some.
func submatch(m provision.Match, value string) []string {
	groups := m.Pattern.FindStringSubmatch(value)
	for groups == nil && m.Field == provision.FieldPath {
		_, rest, more := strings.Cut(value, "/")
		if !more {
			return nil
		}
		value = rest
		groups = m.Pattern.FindStringSubmatch(value)
	}
	return groups
}

// named is what the named groups of one match hold.
type named struct {
	model, firmware string
	mac             provision.MAC
}

func read(m provision.Match, groups []string) named {
	var n named
	for i, name := range m.Pattern.SubexpNames() {
		value := strings.TrimSpace(groups[i])
		if value == "" {
			continue
		}
		switch name {
		case "mac":
			// The rule decides what a MAC looks like; what is none stays zero.
			n.mac, _ = provision.ParseMAC(value)
		case "model":
			n.model = word(value)
		case "firmware":
			n.firmware = word(value)
		}
	}
	return n
}

// maxWord bounds a model and a firmware: the longest real ones have half of it.
const maxWord = 48

// word is as much of a text as a model or a firmware may be made of. It ends up in
// files and pages; what is no name of a model begins with the first other sign.
func word(s string) string {
	for i, r := range s {
		plain := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !plain && !strings.ContainsRune(" ._/+()-:", r) || i >= maxWord {
			return strings.TrimSpace(s[:i])
		}
	}
	return s
}

// take adds what a rule has read; the rule before it wins, but a model in the name of a
// file that is asked for is a guess: anybody may ask for it, and some phones ask for
// several.
func (w *weighed) take(n named, field string) {
	if path := field == provision.FieldPath; n.model != "" && (w.model == "" || w.guessed && !path) {
		w.model, w.guessed = n.model, path
	}
	w.firmware = cmp.Or(w.firmware, n.firmware)
	w.mac = cmp.Or(w.mac, n.mac)
}
