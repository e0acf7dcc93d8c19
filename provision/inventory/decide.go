package inventory

import (
	"slices"

	"autocom/provision"
)

// The modes: the key phones.mode of the settings.
const (
	ModeOpen   = "open"   // strong evidence allocates at once
	ModeAsk    = "ask"    // a person approves every phone
	ModeClosed = "closed" // no new phones
)

// Decide says what a device is, and the reason in words when it is not a phone
// that we serve. A number that was told to a phone is never taken back here:
// only release, replace and reset do that.
func Decide(d provision.Device, mode string) (provision.Verdict, string) {
	switch {
	case d.Verdict == provision.VerdictRejected:
		return provision.VerdictRejected, d.Reason
	case d.Allocation == provision.AllocationBound,
		// A phone is known by its maker before it names its model: the number that it
		// was promised then stays until the promise ends, and nobody is told that it works.
		d.Allocation == provision.AllocationReserved && d.Verdict != provision.VerdictUnsupported:
		return provision.VerdictPhone, ""
	case d.Soft():
		return byMode(mode)
	case d.MAC.IsZero():
		return provision.VerdictSeen, reasonNoMAC
	case d.MAC.Multicast():
		return provision.VerdictSeen, reasonMulticast
	case d.MAC.Local():
		return provision.VerdictSeen, reasonLocal
	}
	switch evidence := counting(d.Evidence); {
	case score(evidence, d.Vendor) < Enough:
		return provision.VerdictSeen, ""
	case d.Verdict == provision.VerdictUnsupported:
		return provision.VerdictUnsupported, d.Reason
	case d.Vendor == "":
		return provision.VerdictUnsupported, reasonNoMaker
	case !proved(evidence):
		return provision.VerdictPending, Unproved
	}
	return byMode(mode)
}

func byMode(mode string) (provision.Verdict, string) {
	switch mode {
	case ModeOpen:
		return provision.VerdictPhone, ""
	case ModeAsk:
		return provision.VerdictPending, reasonWaits
	}
	return provision.VerdictSeen, reasonClosed
}

// counting is the evidence that decides: what is proved, and claims only as long as
// nothing is. Anybody on the LAN can send a frame in a phone's name; it must neither
// make that phone another one nor keep it from its number.
func counting(all []provision.Evidence) []provision.Evidence {
	if !proved(all) {
		return all
	}
	sure := make([]provision.Evidence, 0, len(all))
	for _, e := range all {
		if e.Proved {
			sure = append(sure, e)
		}
	}
	return sure
}

func proved(all []provision.Evidence) bool {
	return slices.ContainsFunc(all, func(e provision.Evidence) bool { return e.Proved })
}

// score adds the evidence for one maker and for phones of any maker. Each field
// counts once, with its heaviest and its most negative value: a phone that says
// the same by DHCP, PnP and HTTP has not said three things.
func score(evidence []provision.Evidence, vendor string) int {
	type extremes struct{ high, low int }
	fields := map[string]extremes{}
	for _, e := range evidence {
		if e.Vendor != "" && e.Vendor != vendor {
			continue
		}
		x := fields[e.Field]
		x.high, x.low = max(x.high, e.Weight), min(x.low, e.Weight)
		fields[e.Field] = x
	}
	sum := 0
	for _, x := range fields {
		sum += x.high + x.low
	}
	return sum
}
