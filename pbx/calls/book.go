package calls

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Book collects events until the calls they belong to have ended. The same events in the
// same order give the same calls, so whoever lost the book reads the log again from Low.
type Book struct {
	// Line says who an account of SIP is: its number, or that it is a trunk.
	Line func(endpoint string) (number string, trunk bool)

	groups  map[string]*group // by each of its linkedids and uniqueids
	any     bool              // a channel was seen
	highest int64             // counter of the youngest
	serial  int64
}

// group is all that has to do with one call: channels that had the same linkedid at some time.
type group struct {
	events []Event
	first  int64           // place in the log of its first event
	order  int64           // which group is older
	ids    map[string]bool // linkedids and uniqueids
	living map[string]bool // channels that have not hung up
}

// staleAfter ends a call of which nothing was heard so long: its last event may have found
// the card full, and the log is kept from the oldest call that is up.
const staleAfter = 24 * time.Hour

// Add takes events in the order of the log; at is the place of each in it, any number that
// grows. It gives the calls that have ended.
func (b *Book) Add(e Event, at int64) []Call {
	if b.groups == nil {
		b.groups = map[string]*group{}
	}
	var out []Call
	if e.Type == "CHAN_START" {
		if b.restarted(e.UniqueID) {
			out = b.Cut(time.Time{})
		}
	}
	g := b.join(e, at)
	g.events = append(g.events, e)
	switch e.Type {
	case "HANGUP":
		delete(g.living, e.UniqueID)
	case "LINKEDID_END":
	default:
		g.living[e.UniqueID] = true
	}
	if len(g.living) == 0 && e.Type == "LINKEDID_END" {
		return append(out, b.end(g, false)...)
	}
	return out
}

// restarted reports that a channel is of a younger run of Asterisk than those before: runs
// count their channels from 0. A few may be written out of order.
func (b *Book) restarted(uniqueid string) bool {
	n, err := strconv.ParseInt(uniqueid[strings.LastIndexByte(uniqueid, '.')+1:], 10, 64)
	if err != nil {
		return false
	}
	const disorder = 50
	if b.any && (n < b.highest-disorder || n == 0) {
		b.highest = n
		return true
	}
	b.any, b.highest = true, max(b.highest, n)
	return false
}

// join finds the group of an event; one that belongs to two makes them one.
func (b *Book) join(e Event, at int64) *group {
	g, other := b.groups[e.LinkedID], b.groups[e.UniqueID]
	switch {
	case g == nil && other == nil:
		b.serial++
		g = &group{first: at, order: b.serial, ids: map[string]bool{}, living: map[string]bool{}}
	case g == nil:
		g = other
	case other != nil && other != g:
		if other.order < g.order {
			g, other = other, g
		}
		g.events = append(g.events, other.events...)
		slices.SortStableFunc(g.events, func(a, b Event) int { return a.At.Compare(b.At) })
		for id := range other.ids {
			g.ids[id] = true
			b.groups[id] = g
		}
		for id := range other.living {
			g.living[id] = true
		}
		g.first = min(g.first, other.first)
	}
	for _, id := range []string{e.LinkedID, e.UniqueID} {
		g.ids[id] = true
		b.groups[id] = g
	}
	return g
}

// end takes a group out of the book and tells its calls.
func (b *Book) end(g *group, cut bool) []Call {
	for id := range g.ids {
		delete(b.groups, id)
	}
	return tell(g.events, cut, b.Line)
}

// Cut ends the calls that were up when Asterisk ended without a word: those of which
// nothing was heard since before. The zero time is all of them.
func (b *Book) Cut(before time.Time) []Call {
	var out []Call
	for _, g := range b.open() {
		if last := g.events[len(g.events)-1].At; before.IsZero() || last.Before(before) {
			out = append(out, b.end(g, true)...)
		}
	}
	return out
}

// Stale ends the calls of which nothing was heard for a day.
func (b *Book) Stale(now time.Time) []Call { return b.Cut(now.Add(-staleAfter)) }

// Low is the place in the log from which it must be read again to have every open call;
// next when there is none.
func (b *Book) Low(next int64) int64 {
	for _, g := range b.groups {
		next = min(next, g.first)
	}
	return next
}

// Open counts the calls that are up.
func (b *Book) Open() int { return len(b.open()) }

func (b *Book) open() []*group {
	seen := map[*group]bool{}
	var out []*group
	for _, g := range b.groups {
		if !seen[g] {
			seen[g] = true
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(x, y *group) int { return cmp.Compare(x.order, y.order) })
	return out
}
