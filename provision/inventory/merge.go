package inventory

import (
	"cmp"
	"slices"

	"autocom/provision"
)

// Merge adds a sighting and what Weigh found in it to what is known of a device,
// and gives the new device; d itself is not changed. It identifies, it does not
// decide: only the verdict "unsupported" is noted here, because the maker's data
// is not at hand later, and Decide confirms it.
func Merge(d provision.Device, s provision.Sighting, f Finding) provision.Device {
	if d.MAC.IsZero() && !d.Soft() {
		d.MAC = f.MAC
	}
	if d.ID == "" && !d.MAC.IsZero() {
		d.ID = d.MAC.String()
	}
	if d.FirstSeen.IsZero() {
		d.FirstSeen = s.At
	}
	if s.At.After(d.LastSeen) {
		d.LastSeen = s.At
	}
	// A claim that nothing proves must not move a device to another address:
	// the address decides who gets its file.
	if s.Proved || !d.IP.IsValid() {
		if s.IP.IsValid() {
			d.IP = s.IP
		}
		if s.Interface != "" {
			d.Interface, d.VLAN = s.Interface, s.VLAN
		}
	}
	first := s.Proved && len(f.Evidence) > 0 && !proved(d.Evidence)
	d.Evidence = gather(d.Evidence, f.Evidence, d.Vendor)
	if !s.Proved && proved(d.Evidence) {
		return d // kept to be shown; it decides nothing
	}
	if first && !holds(d) {
		d.Vendor, d.Model, d.Firmware = "", "", "" // which others may have claimed
		if d.Verdict == provision.VerdictUnsupported {
			d.Verdict, d.Reason = provision.VerdictSeen, ""
		}
	}
	identify(&d, f)
	return d
}

func holds(d provision.Device) bool {
	return d.Allocation == provision.AllocationReserved || d.Allocation == provision.AllocationBound
}

// identify names the maker: the one with most weight in the evidence that counts;
// the known one wins a tie. A phone that has registered has the files of its maker
// and keeps them.
func identify(d *provision.Device, f Finding) {
	if f.Vendor == "" {
		return
	}
	if f.Vendor != d.Vendor && d.Vendor != "" {
		sure := counting(d.Evidence)
		if d.Allocation == provision.AllocationBound || score(sure, f.Vendor) <= score(sure, d.Vendor) {
			return
		}
	}
	if f.Vendor != d.Vendor {
		d.Model, d.Firmware = "", ""
	}
	d.Vendor = f.Vendor
	if f.Model != "" && (d.Model == "" || !f.Guessed) {
		d.Model = f.Model
	}
	if f.Firmware != "" {
		d.Firmware = f.Firmware
	}
	if d.Allocation != provision.AllocationBound {
		d.Kind = f.kind(d.Model)
	}
	switch why := f.unsupported(d.Model); { // of the model known by now: not every word names it
	case why != "" && d.Verdict != provision.VerdictRejected:
		d.Verdict, d.Reason = provision.VerdictUnsupported, why
	case why == "" && d.Verdict == provision.VerdictUnsupported:
		d.Verdict, d.Reason = provision.VerdictSeen, ""
	}
}

// gather joins two lists of evidence, one entry per sensor, field, value and
// maker, at most provision.MaxEvidence. When there is no room that goes which
// decides least, and of equals the oldest, so that a flood of claims cannot push out
// what counts.
func gather(old, add []provision.Evidence, vendor string) []provision.Evidence {
	out := slices.Clone(old)
	for _, e := range add {
		i := slices.IndexFunc(out, func(o provision.Evidence) bool {
			return o.Sensor == e.Sensor && o.Field == e.Field && o.Value == e.Value && o.Vendor == e.Vendor
		})
		if i < 0 {
			out = append(out, e)
			continue
		}
		e.Proved = e.Proved || out[i].Proved
		out[i] = e
	}
	if len(out) <= provision.MaxEvidence {
		return out
	}
	order := make([]int, len(out))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(out[b].At.Compare(out[a].At), cmp.Compare(b, a)) // the newest first
	})
	ranks := make([]int, len(out))
	seen := map[extreme]int{}
	for _, i := range order {
		e := out[i]
		ranks[i] = rank(e, vendor)
		// A field counts once: of what says the same for the same maker, only the
		// heaviest decides anything.
		x := extreme{e.Field, e.Vendor, e.Proved, e.Weight < 0}
		if best, ok := seen[x]; !ok {
			seen[x] = i
		} else if weight(e) > weight(out[best]) {
			ranks[best] -= redundant
			seen[x] = i
		} else {
			ranks[i] -= redundant
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ranks[b], ranks[a]) })
	keep := order[:provision.MaxEvidence]
	slices.Sort(keep)
	kept := make([]provision.Evidence, 0, len(keep))
	for _, i := range keep {
		kept = append(kept, out[i])
	}
	return kept
}

// extreme is what one entry can decide: the most that speaks for, or against.
type extreme struct {
	field, vendor    string
	proved, negative bool
}

// redundant is what an entry loses that changes no score.
const redundant = 100

// rank puts proved evidence before claims, what speaks of the device's own maker or
// of any before what names others, then heavy before light.
func rank(e provision.Evidence, vendor string) int {
	n := weight(e)
	if e.Vendor == "" || e.Vendor == vendor {
		n += 50
	}
	if e.Proved {
		n += 1000
	}
	return n
}

func weight(e provision.Evidence) int { return max(e.Weight, -e.Weight) }
