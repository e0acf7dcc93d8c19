package office

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"autocom/provision"
)

// Audit is one file that was given or refused.
type Audit struct {
	At       time.Time     `json:"at"`
	Device   string        `json:"device,omitempty"` // whose file it is, or who asked; "" for a stranger
	IP       netip.Addr    `json:"ip,omitzero"`
	MAC      provision.MAC `json:"mac,omitzero"` // of the address, when it is proved
	File     string        `json:"file"`
	Protocol string        `json:"protocol"`
	Secret   bool          `json:"secret"`  // with account keys
	Token    bool          `json:"token"`   // it was asked for under a token
	Outcome  string        `json:"outcome"` // OutcomeGiven, OutcomeRefused
	Why      string        `json:"why,omitempty"`
}

// The outcomes of Audit.
const (
	OutcomeGiven   = "given"
	OutcomeRefused = "refused"
)

const (
	maxGiven   = 1500
	maxRefused = 500 // apart, so that no flood of them pushes out what was given
	maxOpen    = 500 // sorts of refusals told apart within a minute
)

// trail is what was given and refused lately. What is refused again within a minute
// is one entry that counts: of a stranger whatever it asks for, of a phone of the
// office by file.
type trail struct {
	tell func(Audit) // may be nil

	mu             sync.Mutex
	handed, denied []*entry
	minute         time.Time
	open           map[openKey]*entry
}

type entry struct {
	Audit
	times int
}

type openKey struct {
	ip        netip.Addr
	file, why string
}

func (t *trail) given(a Audit) {
	t.mu.Lock()
	t.handed = push(t.handed, &entry{a, 1}, maxGiven)
	t.mu.Unlock()
	t.say(a)
}

func (t *trail) refused(a Audit, member bool) {
	t.close(a.At)
	key := openKey{ip: a.IP}
	if member {
		key.file, key.why = a.File, a.Why
	}
	t.mu.Lock()
	e, again := t.open[key]
	if !again && len(t.open) >= maxOpen {
		key = openKey{} // of too many: one for all that come now
		e, again = t.open[key]
	}
	if again {
		e.times++
	} else {
		e = &entry{a, 1}
		t.open[key] = e
		t.denied = push(t.denied, e, maxRefused)
	}
	t.mu.Unlock()
	if !again {
		t.say(a)
	}
}

// close ends the minute: what was refused several times is told with its count.
func (t *trail) close(now time.Time) {
	minute := now.Truncate(time.Minute)
	t.mu.Lock()
	if t.minute.Equal(minute) {
		t.mu.Unlock()
		return
	}
	var ended []Audit
	for _, e := range t.open {
		if e.times > 1 {
			ended = append(ended, e.counted())
		}
	}
	t.minute, t.open = minute, map[openKey]*entry{}
	t.mu.Unlock()
	slices.SortFunc(ended, func(a, b Audit) int { return a.At.Compare(b.At) })
	for _, a := range ended {
		t.say(a)
	}
}

func (t *trail) say(a Audit) {
	if t.tell != nil {
		t.tell(a)
	}
}

func (e *entry) counted() Audit {
	a := e.Audit
	if e.times > 1 {
		a.Why = fmt.Sprintf("%s (%d times within a minute)", a.Why, e.times)
	}
	return a
}

// push keeps the last of a list, with some slack so that it is seldom copied.
func push[T any](list []T, x T, keep int) []T {
	if len(list) >= 2*keep {
		list = slices.Clone(list[len(list)-keep+1:])
	}
	return append(list, x)
}

func last[T any](list []T, keep int) []T { return list[max(0, len(list)-keep):] }

// Trail gives the last n files given or refused, newest first; all that are
// remembered when n is 0.
func (o *Office) Trail(n int) []Audit {
	t := &o.trail
	t.mu.Lock()
	var out []Audit
	for _, e := range slices.Concat(last(t.handed, maxGiven), last(t.denied, maxRefused)) {
		out = append(out, e.counted())
	}
	t.mu.Unlock()
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b Audit) int { return b.At.Compare(a.At) })
	if n > 0 && len(out) > n {
		out = out[:n]
	}
	return out
}
