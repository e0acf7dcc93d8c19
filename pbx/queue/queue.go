// Package queue turns queues into Asterisk's queues and their part of the dialplan: callers
// wait with music, members are rung one way or another, agents log in and pause, and
// supervisors listen. It also turns Asterisk's events about queues into what a page shows.
package queue

import "autocom/pbx"

// Kind is the kind of its objects.
const Kind = "queue"

// Strategies: who is rung next. The names are Asterisk's.
const (
	RingAll      = "ringall"     // all at once
	LeastRecent  = "leastrecent" // who has had no call for longest
	FewestCalls  = "fewestcalls" // who has had the fewest
	Random       = "random"      // anybody
	RoundRobin   = "rrmemory"    // each in turn, beginning after who had the last call
	InOrder      = "linear"      // in their order, always from the first
	defaultMusic = "default"
)

var strategies = []string{RingAll, LeastRecent, FewestCalls, Random, RoundRobin, InOrder}

// Empty says when a queue counts as empty: nobody who could answer.
const (
	EmptyNever  = "never"  // callers wait whoever is there
	EmptyAbsent = "absent" // nobody is a member, or no member's phone is there
	EmptyPaused = "paused" // or those who are there have paused
	EmptyBusy   = "busy"   // or are on the phone, are rung or wrap up
)

// conditions are Asterisk's words for them (joinempty and leavewhenempty).
var conditions = map[string]string{
	EmptyAbsent: "unavailable,invalid,unknown",
	EmptyPaused: "paused,unavailable,invalid,unknown",
	EmptyBusy:   "paused,inuse,ringing,wrapup,unavailable,invalid,unknown",
}

// Autopause: what becomes of a member who does not answer.
const (
	AutopauseNo  = "no"  // is rung again
	AutopauseYes = "yes" // has paused in this queue
	AutopauseAll = "all" // in every queue
)

// Queue is the body of an object of this kind.
type Queue struct {
	Members []Member `json:"members,omitempty"` // who belong to it always
	Agents  []Agent  `json:"agents,omitempty"`  // who may log in

	Strategy  string `json:"strategy"`              // one of strategies
	Ring      int    `json:"ring"`                  // seconds that a member rings before another is tried
	Retry     int    `json:"retry"`                 // seconds until somebody is tried again
	Wrapup    int    `json:"wrapup,omitempty"`      // seconds without calls after one, in every queue
	Autopause string `json:"autopause"`             // AutopauseNo, AutopauseYes, AutopauseAll
	RingInUse bool   `json:"ring_in_use,omitempty"` // rings members who are on the phone, too

	Language      string `json:"language,omitempty"`  // of the announcements; "" the caller's
	Music         string `json:"music"`               // heard while waiting; the id of a music
	Join          string `json:"join,omitempty"`      // prompt before waiting begins
	Position      bool   `json:"position"`            // tells the caller how many are before
	HoldTime      bool   `json:"hold_time,omitempty"` // and how long it takes, by what it took others; who is next is not told
	Every         int    `json:"every"`               // seconds between these announcements
	Periodic      string `json:"periodic,omitempty"`  // prompt that is repeated; Asterisk finds uploaded ones only, none recorded from a phone
	PeriodicEvery int    `json:"periodic_every"`      // seconds between
	Announce      string `json:"announce,omitempty"`  // prompt that the member hears before the caller

	MaxCallers int                        `json:"max_callers,omitempty"` // that wait; 0: any number
	Full       pbx.Destination            `json:"full,omitzero"`         // for who comes then; zero: as after max_wait
	JoinEmpty  string                     `json:"join_empty"`            // when nobody may begin to wait: EmptyNever …
	LeaveEmpty string                     `json:"leave_empty"`           // when who waits is sent away: EmptyNever …
	Empty      pbx.Destination            `json:"empty,omitzero"`        // where; zero: as after max_wait
	MaxWait    int                        `json:"max_wait,omitempty"`    // seconds; 0: as long as they like
	Timeout    pbx.Destination            `json:"timeout,omitzero"`      // after them; zero: the caller hears that nobody is there
	Keys       map[string]pbx.Destination `json:"keys,omitempty"`        // digit, * or # → where it leads who waits

	Prefix   string `json:"prefix,omitempty"`   // before the caller's name, so that members know why it rings
	Service  int    `json:"service_level"`      // seconds within which calls should be answered
	Target   int    `json:"service_target"`     // percent of them that should be
	Weight   int    `json:"weight,omitempty"`   // a queue with more is served before others by members of both
	Priority int    `json:"priority,omitempty"` // callers with more stand before others, and keep it in the queue that they are sent on to
	Record   bool   `json:"record,omitempty"`   // keeps the sound
}

// Member is an extension that belongs to a queue.
type Member struct {
	Number  string `json:"number"`
	Penalty int    `json:"penalty,omitempty"` // is rung when nobody with less can be
}

// Agent is a person who may log in, with any number of theirs.
type Agent struct {
	Person  string `json:"person"` // id
	Penalty int    `json:"penalty,omitempty"`
}

// Decode reads an object, with the defaults for what it leaves out: those of a small
// office, where callers rather wait than be lost.
func Decode(o pbx.Object) (Queue, error) {
	q := Queue{
		Strategy: RingAll, Ring: 20, Retry: 2, Autopause: AutopauseNo, Music: defaultMusic,
		Position: true, Every: 45, PeriodicEvery: 60, JoinEmpty: EmptyAbsent, LeaveEmpty: EmptyAbsent, Service: 20, Target: 80,
	}
	return q, pbx.Decode(o, &q)
}

// Interface is a member as Asterisk rings it: the phones of a number without its forwards.
func Interface(number string) string { return "Local/" + number + "@ac-member/n" }

// StateInterface is what tells whether a member is on the phone: the number's hint.
func StateInterface(number string) string { return "hint:" + number + "@ac-ext" }
