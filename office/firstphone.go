package office

import (
	"cmp"
	"slices"

	"autocom/provision"
)

// FirstPhone gives the SIP users of the phone that may hear the setup code before there is an
// administrator: of those that hold a number, the one that registered with it first.
//
// One phone and not all, because a pupil can pick up any other in the room. The first,
// because who sets the box up plugs in a phone before the room fills, and because it stays
// the first: no phone that comes later, real or pretended, takes its place while it holds its
// number, and without an administrator nobody can take that back. A phone with a cable,
// because a smartphone gets a number from a page, without anybody near the box. A phone that
// waits for approval has no number, and one behind a router proves no address: neither is
// told. Who is first with a false phone wins all the same, as with ARP spoofing: the screen
// of the box and autocom.toml are the ways that need nobody's trust.
func (o *Office) FirstPhone() []string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var first provision.Device
	for _, d := range o.devices {
		if d.Allocation != provision.AllocationBound || d.Soft() || d.Routed {
			continue
		}
		if first.ID == "" || earlier(d, first) < 0 {
			first = d
		}
	}
	var users []string
	for _, l := range first.Lines {
		if l.Number != "" {
			users = append(users, first.SIPUser(l.N))
		}
	}
	slices.Sort(users)
	return users
}

// earlier orders phones by when they registered; those from before that was written down are
// the oldest, by when they were first seen.
func earlier(a, b provision.Device) int {
	return cmp.Or(a.BoundAt.Compare(b.BoundAt), a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.ID, b.ID))
}
