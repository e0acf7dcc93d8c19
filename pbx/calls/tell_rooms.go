package calls

import (
	"slices"
	"time"
)

// conference tells of each who dialled into a room a call of its own: they come and go.
func conference(events []Event, begun map[string]Event, rooms map[string]string, cut bool, line func(string) (string, bool)) []Call {
	var out []Call
	for _, id := range slices.Sorted(keys(begun)) {
		if rooms[id] == "" || begun[id].Exten == "" || begun[id].Exten == "s" {
			continue
		}
		t := teller{line: line, legs: map[string]*leg{}, names: map[string]*leg{}, spoken: map[*leg]bool{}}
		var last time.Time
		for _, e := range events {
			if e.UniqueID == id {
				t.step(e, id, map[string]bool{id: true})
				last = e.At
			}
		}
		c := t.done(last, cut)
		if c.Result == Service || c.Result == Failed || c.Result == Missed {
			c.Result = Answered
		}
		c.Talk = mixed(events, id, last).Seconds()
		out = append(out, c)
	}
	return out
}

// mixed is how long a leg was in the bridge of a room. Who is alone there, or waits for the
// leader, hears music outside it.
func mixed(events []Event, id string, last time.Time) time.Duration {
	var sum time.Duration
	var since time.Time
	for _, e := range events {
		switch {
		case e.UniqueID != id:
		case e.Type == "BRIDGE_ENTER" && since.IsZero():
			since = e.At
		case (e.Type == "BRIDGE_EXIT" || e.Type == "HANGUP") && !since.IsZero():
			sum += e.At.Sub(since)
			since = time.Time{}
		}
	}
	if !since.IsZero() { // a power cut
		sum += last.Sub(since)
	}
	return sum
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
