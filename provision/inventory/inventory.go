// Package inventory turns sightings into identities and verdicts: Weigh reads
// what one sighting is evidence of, Merge adds it to what is known of the
// device, Decide says what the device is. All three are pure.
package inventory

import (
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

// Finding is what one sighting says.
type Finding struct {
	Vendor      string // the maker with most weight, "" when none is spoken for
	Model       string
	Firmware    string
	MAC         provision.MAC // the sighting's, or the one it claims when its own is unknown
	Unsupported string        // why that maker gets no files, "" when it does
	Evidence    []provision.Evidence
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
		f.Vendor, f.Model, f.Firmware, f.Unsupported = v.ID, w.model, w.firmware, v.Unsupported
	}
	return f
}

// weighed is what one sighting says about one vendor.
type weighed struct {
	sum             int
	model, firmware string
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
	if !s.MAC.IsZero() && slices.Contains(v.OUIs, s.MAC.OUI()) {
		add(provision.FieldOUI, s.MAC.OUI(), ouiWeight)
	}
	done := map[string]bool{} // the first rule that matches a field wins: rules go from exact to loose
	for _, m := range v.Match {
		value, ok := s.Fields[m.Field]
		if !ok || done[m.Field] || m.Sensor != "" && m.Sensor != s.Sensor {
			continue
		}
		groups := m.Pattern.FindStringSubmatch(value)
		if groups == nil {
			continue
		}
		if !w.read(m, groups, s.MAC) {
			continue
		}
		done[m.Field] = true
		add(m.Field, value, m.Weight)
	}
	return w
}

// read takes the named groups of a match. It reports false when the text names
// another MAC than the sighting's: a phone asks for its own file only, so such a
// request is evidence of nothing.
func (w *weighed) read(m provision.Match, groups []string, own provision.MAC) bool {
	for i, name := range m.Pattern.SubexpNames() {
		value := strings.TrimSpace(groups[i])
		if value == "" {
			continue
		}
		switch name {
		case "mac":
			mac, err := provision.ParseMAC(value)
			if err != nil || mac.IsZero() || !own.IsZero() && mac != own {
				return false
			}
			w.mac = mac
		case "model":
			w.model = value
		case "firmware":
			w.firmware = value
		}
	}
	return true
}
