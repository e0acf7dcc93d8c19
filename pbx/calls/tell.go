package calls

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// teller goes through the events of one call.
type teller struct {
	line   func(string) (string, bool)
	legs   map[string]*leg // by uniqueid
	names  map[string]*leg // by channel
	call   *Call
	a      *leg      // who called
	since  time.Time // since when two people are connected; zero: they are not
	talk   time.Duration
	spoken map[*leg]bool // legs whose people have been heard
	moving bool          // a transfer was asked for
}

// tell makes calls of the events of a group. A group without its beginning is of a log that
// was read before: it gives none.
func tell(events []Event, cut bool, line func(string) (string, bool)) []Call {
	if line == nil {
		line = func(string) (string, bool) { return "", false }
	}
	roots, begun, rooms := map[string]bool{}, map[string]Event{}, map[string]string{}
	for _, e := range events {
		roots[e.LinkedID] = true
		if e.Type == "CHAN_START" {
			begun[e.UniqueID] = e
		}
		if e.Type == "APP_START" && e.App == "ConfBridge" && !e.local() {
			rooms[e.UniqueID], _, _ = strings.Cut(e.AppData, ",")
		}
	}
	first := ""
	for id := range roots {
		e, ok := begun[id]
		if !ok {
			return nil
		}
		if first == "" || e.At.Before(begun[first].At) || e.At.Equal(begun[first].At) && id < first {
			first = id
		}
	}
	if first == "" || strings.HasPrefix(begun[first].Channel, "Local/") && len(rooms) == 0 {
		return nil // nobody called: our own doing
	}
	if len(rooms) > 0 {
		return conference(events, begun, rooms, cut, line)
	}
	t := teller{line: line, legs: map[string]*leg{}, names: map[string]*leg{}, spoken: map[*leg]bool{}}
	for _, e := range events {
		t.step(e, first, roots)
	}
	return []Call{t.done(events[len(events)-1].At, cut)}
}

func (t *teller) step(e Event, first string, roots map[string]bool) {
	l := t.leg(e, first, roots)
	c := t.call
	if c == nil {
		return // before the caller's leg: of an older call that joined
	}
	switch e.Type {
	case "AC_NUMBER":
		n := e.extra("extra")
		if n == "" || n == "outside" {
			break
		}
		if c.Number == "" && !e.local() { // there: one of those whom a group or queue rings
			c.Number = n
		}
		t.note(e.At, "asked", Party{Number: n}, "")
	case "AC_RECORDING":
		if f := e.extra("extra"); f != "" && !slices.Contains(c.Recordings, f) && len(c.Recordings) < 20 {
			c.Recordings = append(c.Recordings, f)
		}
	case "ANSWER":
		l.up = true
	case "APP_START":
		t.app(e, l)
	case "BRIDGE_ENTER":
		l.bridge, l.hold = e.extra("bridge_id"), e.extra("bridge_technology") == "holding_bridge"
		t.connected(e.At)
	case "BRIDGE_EXIT":
		if l.bridge == e.extra("bridge_id") || e.extra("bridge_id") == "" {
			l.bridge = ""
		}
		t.connected(e.At)
	case "BLINDTRANSFER", "ATTENDEDTRANSFER":
		t.moving = true
		t.note(e.At, "transferred", l.party, e.extra("extension"))
	case "PICKUP":
		t.note(e.At, "pickup", l.party, "")
	case "FORWARD":
		t.note(e.At, "forwarded", l.party, "")
	case "PARK_START":
		t.note(e.At, "parked", l.party, e.extra("parkingspace"))
	case "HANGUP":
		l.bridge = ""
		t.connected(e.At)
		if l == t.a {
			c.Cause, _ = strconv.Atoi(e.extra("hangupcause"))
		}
		if c.End = e.At; t.spoken[l] {
			t.note(e.At, "left", l.party, "")
		}
	}
}

// app notes where the caller was led.
func (t *teller) app(e Event, l *leg) {
	where, _, _ := strings.Cut(e.AppData, ",")
	switch e.App {
	case "Queue":
		if t.call.Queue == "" {
			t.call.Queue = where
		}
		t.note(e.At, "queue", l.party, where)
	case "VoiceMail":
		t.call.Box, _, _ = strings.Cut(where, "@")
		t.note(e.At, "voicemail", l.party, t.call.Box)
	case "ConfBridge":
		t.call.Conference = where
		t.note(e.At, "conference", l.party, where)
		if t.call.Answer.IsZero() {
			t.call.Answer = e.At
		}
	}
}

func (t *teller) note(at time.Time, what string, who Party, where string) {
	if len(t.call.Steps) < 100 {
		t.call.Steps = append(t.call.Steps, Step{at, what, who, where})
	}
}

// unanswered are the causes (Q.850) of a call that found the way and nobody: normal
// clearing, no user responding, no answer, subscriber absent (the phone is not there: for
// who called nobody answered), non-selected user clearing; 127 is what Asterisk makes of
// SIP's CANCEL; 0 is a call that was cut.
var unanswered = []int{0, 16, 18, 19, 20, 26, 127}

// done sums up.
func (t *teller) done(last time.Time, cut bool) Call {
	c := t.call
	if cut {
		c.End, c.Cut = last, true
	}
	if !t.since.IsZero() {
		t.talk += max(0, c.End.Sub(t.since))
	}
	c.Talk = t.talk.Seconds()
	wait := c.End
	if !c.Answer.IsZero() {
		wait = c.Answer
	}
	c.Wait = max(0, wait.Sub(c.Start).Seconds())
	switch {
	case !c.Answer.IsZero():
		c.Result = Answered
	case c.Box != "":
		c.Result = Voicemail
	case c.Cause == 17:
		c.Result = Busy
	case len(t.legs) == 1 && t.a.up && c.Number == "" && c.Queue == "" && c.Trunk == "":
		c.Result = Service
	case slices.Contains(unanswered, c.Cause) || c.Queue != "":
		c.Result = Missed
	default:
		c.Result = Failed
	}
	return *c
}

// trunkID is the object's id of a trunk's endpoint (pbx/trunk).
func trunkID(endpoint string) string { return strings.TrimPrefix(endpoint, "trunk-") }
