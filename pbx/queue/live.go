package queue

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Live is what a queue is doing now.
type Live struct {
	ID        string       `json:"id"`
	Members   []LiveMember `json:"members"`   // by number
	Callers   []LiveCaller `json:"callers"`   // by position
	Completed int          `json:"completed"` // calls answered and ended, since Asterisk started
	Abandoned int          `json:"abandoned"` // callers who hung up while waiting, since then
}

// LiveMember is somebody who is rung.
type LiveMember struct {
	Number   string    `json:"number"`
	State    string    `json:"state"`              // free, busy, ringing, held, absent, unknown: of the phones
	Agent    bool      `json:"agent"`              // has logged in; else belongs to the queue always
	Paused   bool      `json:"paused"`             // gets no calls
	Reason   string    `json:"reason,omitempty"`   // of the pause
	Since    time.Time `json:"since,omitzero"`     // of the pause
	Penalty  int       `json:"penalty,omitempty"`  // is rung when nobody with less can be
	Calls    int       `json:"calls"`              // had from queues, since Asterisk started or the login
	LastCall time.Time `json:"last_call,omitzero"` // its end
	InCall   bool      `json:"in_call"`            // with a caller of a queue

	// Caller is who rings at the member, or speaks with them; Since and Wait are of the ring
	// or the talk, and of the wait before.
	Caller *LiveCaller `json:"caller,omitempty"`
}

// LiveCaller is somebody who waits.
type LiveCaller struct {
	Position int       `json:"position"` // 1 is next
	Number   string    `json:"number"`
	Name     string    `json:"name,omitempty"`
	Since    time.Time `json:"since"`
	Wait     int       `json:"wait"` // seconds

	channel string // its unique id
}

// states are Asterisk's device states (devicestate.h) in our words.
var states = map[string]string{
	"1": "free", "2": "busy", "3": "busy", "4": "absent", "5": "absent", "6": "ringing", "7": "ringing", "8": "held",
}

// Mirror keeps what Asterisk says of its queues. Its methods may be called from several
// goroutines.
type Mirror struct {
	mu      sync.Mutex
	now     func() time.Time
	queues  map[string]*Live
	dirty   bool // something was heard since Begin
	watches map[chan string]bool
}

// NewMirror knows of no queue.
func NewMirror(now func() time.Time) *Mirror {
	return &Mirror{now: now, queues: map[string]*Live{}, watches: map[chan string]bool{}}
}

// Event is one block of Asterisk's manager: an item of QueueStatus or an event.
type Event interface {
	Get(key string) string
}

// Begin is called before QueueStatus is asked for.
func (m *Mirror) Begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dirty = false
}

// Replace takes the answer to QueueStatus, by the names of its items. It reports false, and
// takes nothing, when an event came since Begin: the answer may be older or younger.
func (m *Mirror) Replace(names []string, items []Event) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dirty {
		return false
	}
	old := m.queues
	m.queues = map[string]*Live{}
	for i, e := range items {
		q := m.of(e.Get("Queue"))
		if q == nil {
			continue
		}
		before := old[q.ID]
		switch names[i] {
		case "QueueParams":
			q.Completed, q.Abandoned = number(e, "Completed"), number(e, "Abandoned")
		case "QueueMember":
			q.member(e, "Name", "Location")
			q.recall(before, memberNumber(e.Get("Location")))
		case "QueueEntry":
			q.join(e, m.now().Add(-time.Duration(number(e, "Wait"))*time.Second))
		}
	}
	for id := range old {
		if m.queues[id] == nil {
			m.tell(id)
		}
	}
	for id := range m.queues {
		m.tell(id)
	}
	return true
}

// Take takes an event; others than those of queues are not for it.
func (m *Mirror) Take(name string, e Event) {
	if !strings.HasPrefix(name, "QueueMember") && !strings.HasPrefix(name, "QueueCaller") && !strings.HasPrefix(name, "Agent") {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.of(e.Get("Queue"))
	if q == nil {
		return
	}
	m.dirty = true
	switch name {
	case "QueueMemberAdded", "QueueMemberStatus", "QueueMemberPause", "QueueMemberPenalty":
		q.member(e, "MemberName", "Interface")
	case "QueueMemberRemoved":
		number := memberNumber(e.Get("Interface"))
		q.Members = slices.DeleteFunc(q.Members, func(x LiveMember) bool { return x.Number == number })
	case "QueueCallerJoin":
		q.join(e, m.now())
	case "QueueCallerLeave":
		q.leave(e.Get("Uniqueid"))
	case "QueueCallerAbandon":
		q.Abandoned++
	case "AgentCalled", "AgentConnect":
		q.with(e, m.now())
	case "AgentRingNoAnswer", "AgentDump":
		q.without(e)
	case "AgentComplete":
		q.Completed++
		q.without(e)
	default:
		return
	}
	m.tell(q.ID)
}

// maxMirrored bounds what a mirror keeps: queues, and members and callers of one.
const maxMirrored = 1000

func (m *Mirror) of(id string) *Live {
	q := m.queues[id]
	if q == nil && id != "" && len(m.queues) < maxMirrored {
		q = &Live{ID: id, Members: []LiveMember{}, Callers: []LiveCaller{}}
		m.queues[id] = q
	}
	return q
}

// memberNumber reads "Local/201@ac-member/n".
func memberNumber(iface string) string {
	number, ok := strings.CutPrefix(iface, "Local/")
	number, _, at := strings.Cut(number, "@")
	if !ok || !at {
		return ""
	}
	return number
}

func (q *Live) member(e Event, name, iface string) {
	x := LiveMember{
		Number: cmp.Or(memberNumber(e.Get(iface)), e.Get(name)), State: cmp.Or(states[e.Get("Status")], "unknown"),
		Agent: e.Get("Membership") == "dynamic", Paused: e.Get("Paused") == "1", Penalty: number(e, "Penalty"),
		Calls: number(e, "CallsTaken"), LastCall: moment(e, "LastCall"), InCall: e.Get("InCall") == "1",
	}
	if x.Paused {
		x.Reason, x.Since = e.Get("PausedReason"), moment(e, "LastPause")
	}
	i, known := q.seat(x.Number)
	switch {
	case known:
		if x.InCall || x.State != "free" {
			x.Caller = q.Members[i].Caller
		}
		q.Members[i] = x
	case len(q.Members) < maxMirrored:
		q.Members = slices.Insert(q.Members, i, x)
	}
}

// seat is where a number is among the members, or would be.
func (q *Live) seat(number string) (int, bool) {
	return slices.BinarySearchFunc(q.Members, number, func(m LiveMember, n string) int { return strings.Compare(m.Number, n) })
}

// with notes whom a member is rung for (AgentCalled), and then speaks with (AgentConnect,
// whose HoldTime are the seconds of the wait).
func (q *Live) with(e Event, now time.Time) {
	if i, ok := q.seat(memberNumber(e.Get("Interface"))); ok {
		q.Members[i].Caller = &LiveCaller{
			Number: known(e.Get("CallerIDNum")), Name: known(e.Get("CallerIDName")), Since: now.Truncate(time.Second), Wait: number(e, "HoldTime"), channel: e.Get("Uniqueid"),
		}
	}
}

// without notes that it is over; of a call that went to another member meanwhile, nothing.
func (q *Live) without(e Event) {
	i, ok := q.seat(memberNumber(e.Get("Interface")))
	if ok && q.Members[i].Caller != nil && q.Members[i].Caller.channel == e.Get("Uniqueid") {
		q.Members[i].Caller = nil
	}
}

// recall takes over from before a reading whom a member is with, which QueueStatus does not say.
func (q *Live) recall(before *Live, number string) {
	i, ok := q.seat(number)
	if before == nil || !ok {
		return
	}
	if j, was := before.seat(number); was && (q.Members[i].InCall || q.Members[i].State != "free") {
		q.Members[i].Caller = before.Members[j].Caller
	}
}

// join puts a caller at the position that Asterisk says; those behind move on.
func (q *Live) join(e Event, since time.Time) {
	if len(q.Callers) >= maxMirrored {
		return
	}
	id := e.Get("Uniqueid")
	q.leave(id)
	c := LiveCaller{Number: known(e.Get("CallerIDNum")), Name: known(e.Get("CallerIDName")), Since: since.Truncate(time.Second), channel: id}
	at := min(max(number(e, "Position")-1, 0), len(q.Callers))
	q.Callers = slices.Insert(q.Callers, at, c)
	q.count()
}

func (q *Live) leave(channel string) {
	q.Callers = slices.DeleteFunc(q.Callers, func(c LiveCaller) bool { return c.channel == channel })
	q.count()
}

func (q *Live) count() {
	for i := range q.Callers {
		q.Callers[i].Position = i + 1
	}
}

// known is a caller's number or name; Asterisk writes "<unknown>" for none.
func known(s string) string {
	if s == "<unknown>" {
		return ""
	}
	return s
}

func number(e Event, key string) int {
	n, _ := strconv.Atoi(e.Get(key))
	return n
}

func moment(e Event, key string) time.Time {
	if n := number(e, key); n > 0 {
		return time.Unix(int64(n), 0).UTC()
	}
	return time.Time{}
}

// Live gives a queue as it is now; ok is false when Asterisk has none of that name.
func (m *Mirror) Live(id string) (l Live, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.queues[id]
	if q == nil {
		return Live{}, false
	}
	l = *q
	l.Members, l.Callers = slices.Clone(q.Members), slices.Clone(q.Callers)
	for i := range l.Callers {
		l.Callers[i].Wait = int(max(0, m.now().Sub(l.Callers[i].Since)) / time.Second)
	}
	return l, true
}

// All gives every queue, by id.
func (m *Mirror) All() []Live {
	m.mu.Lock()
	var ids []string
	for id := range m.queues {
		ids = append(ids, id)
	}
	m.mu.Unlock()
	slices.Sort(ids)
	var out []Live
	for _, id := range ids {
		if l, ok := m.Live(id); ok {
			out = append(out, l)
		}
	}
	return out
}

// Subscribe gives the ids of queues that have changed, until ctx ends. Who reads slowly
// may miss some: each id that comes stands for all that has happened to it.
func (m *Mirror) Subscribe(ctx context.Context) <-chan string {
	c := make(chan string, 64)
	m.mu.Lock()
	m.watches[c] = true
	m.mu.Unlock()
	context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watches, c)
		close(c)
	})
	return c
}

// tell is called with the lock.
func (m *Mirror) tell(id string) {
	for c := range m.watches {
		select {
		case c <- id:
		default:
		}
	}
}

// Empty forgets everything: Asterisk is away.
func (m *Mirror) Empty() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.queues {
		m.tell(id)
	}
	m.queues, m.dirty = map[string]*Live{}, true
}
