package calls

import (
	"slices"
	"strings"
	"time"
)

// leg is one channel of a call.
type leg struct {
	id, channel string
	party       Party
	bridge      string // it is in now
	hold        bool   // that bridge joins nobody: parking, waiting
	dialled     string // what its caller dialled; "" a leg that we called
	root        bool   // the oldest of its linkedid
	up          bool   // answered
	trunk       bool
}

// leg finds the channel of an event, and at its first makes it; the caller's begins the call.
func (t *teller) leg(e Event, first string, roots map[string]bool) *leg {
	l := t.legs[e.UniqueID]
	if l == nil {
		l = &leg{id: e.UniqueID, channel: e.Channel, root: roots[e.UniqueID], party: Party{Number: e.Num, Name: e.Name, Line: endpoint(e.Channel)}}
		if number, trunk := t.line(l.party.Line); trunk {
			l.trunk = true
		} else if number != "" {
			l.party.Number = number
		}
		if l.root {
			l.dialled = e.Exten
		}
		t.legs[e.UniqueID] = l
		if e.UniqueID == first {
			t.a = l
			t.call = &Call{
				ID: e.UniqueID, Start: e.At, End: e.At, From: l.party, Dialled: e.Exten, Direction: Internal,
				Transfers: []Party{}, Recordings: []string{}, Steps: []Step{},
			}
			if l.trunk {
				t.call.Direction, t.call.Trunk, t.call.From.Line = In, trunkID(l.party.Line), ""
			}
		} else if l.trunk && t.call != nil && t.call.Trunk == "" {
			t.call.Direction, t.call.Trunk = Out, trunkID(l.party.Line)
		}
	}
	t.names[e.Channel] = l // a masquerade gives a channel another's name
	l.channel = e.Channel
	if !l.root && l.party.Number == "" && e.Num != "" && !e.local() {
		l.party.Number, l.party.Name = e.Num, e.Name
	}
	if l == t.a && t.call.From.Number == "" && e.Num != "" {
		t.call.From.Number, t.call.From.Name = e.Num, e.Name
	}
	return l
}

// connected looks who is joined with whom now: those of one bridge, and of bridges that the
// two halves of a Local channel join. Two people who are joined hear each other.
func (t *teller) connected(at time.Time) {
	group := map[string]string{} // bridge → the name of all that are joined with it
	var find func(string) string
	find = func(b string) string {
		if group[b] == "" || group[b] == b {
			return b
		}
		return find(group[b])
	}
	for name, l := range t.names {
		half, ok := strings.CutSuffix(name, ";1")
		if other := t.names[half+";2"]; ok && other != nil && l.channel == name && l.bridge != "" && other.bridge != "" && l.bridge != other.bridge {
			group[find(l.bridge)] = find(other.bridge)
		}
	}
	people := map[string][]*leg{}
	for _, l := range t.legs {
		if l.bridge != "" && !l.hold && !strings.HasPrefix(l.channel, "Local/") {
			people[find(l.bridge)] = append(people[find(l.bridge)], l)
		}
	}
	talking := false
	for _, set := range people {
		if len(set) < 2 {
			continue
		}
		talking = true
		slices.SortFunc(set, func(x, y *leg) int { return strings.Compare(x.id, y.id) })
		t.met(set, at)
	}
	switch {
	case talking && t.since.IsZero():
		t.since = at
	case !talking && !t.since.IsZero():
		t.talk += max(0, at.Sub(t.since))
		t.since = time.Time{}
	}
}

// met notes who is heard for the first time: the first is who answered, each further one
// came by a transfer or joined.
func (t *teller) met(set []*leg, at time.Time) {
	c := t.call
	for _, l := range set {
		if l == t.a || t.spoken[l] {
			continue
		}
		switch {
		case !slices.Contains(set, t.a) && !t.moving:
			continue // a consultation: it counts when the call is handed over
		case c.Answer.IsZero():
			c.Answer, c.AnsweredBy = at, l.party
			t.note(at, "answered", l.party, "")
		case l.party != c.AnsweredBy || t.moving:
			c.Transfers = append(c.Transfers, l.party)
			t.note(at, "joined", l.party, "")
		}
		t.spoken[l] = true
	}
}
