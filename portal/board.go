package portal

import (
	"context"
	"slices"
	"sync"
	"time"
)

// liveQueue is a queue as it is now, as GET queues/{id}/live shows it.
type liveQueue struct {
	Members []liveMember
	Callers []liveCaller
}

type liveMember struct {
	Number   string
	State    string // free, busy, ringing, held, absent, unknown
	Agent    bool
	Paused   bool
	Reason   string
	Since    time.Time // of the pause
	LastCall time.Time `json:"last_call"`
	InCall   bool      `json:"in_call"`
	Caller   *liveCaller
}

type liveCaller struct {
	Position     int
	Number, Name string
	Since        time.Time
	Wait         int // seconds
}

// What an agent does.
const (
	ready    = "ready"
	ringing  = "ringing"
	talking  = "talking"
	wrapping = "wrapping"
	paused   = "paused"
	away     = "away"
)

// wrapupReason is the reason of a pause in which an agent still works on the last call (pbx/queue).
const wrapupReason = "wrapup"

// doing tells what a member of a queue does now, and until when they wrap up, if that is known.
func doing(m liveMember, wrapup time.Duration, now time.Time) (what string, until time.Time) {
	switch end := m.LastCall.Add(wrapup); {
	case m.Paused && m.Reason == wrapupReason:
		return wrapping, time.Time{}
	case m.Paused:
		return paused, time.Time{}
	case m.State == "absent" || m.State == "unknown":
		return away, time.Time{}
	case m.InCall || m.State == "busy" || m.State == "held":
		return talking, time.Time{}
	case m.State == "ringing":
		return ringing, time.Time{}
	case wrapup > 0 && !m.LastCall.IsZero() && now.Before(end):
		return wrapping, end
	}
	return ready, time.Time{}
}

// doingWords are what an agent does in words: the mark, French, English.
var doingWords = map[string][3]string{
	ready:    {"good", "disponible", "ready"},
	ringing:  {"wait", "sonne", "ringing"},
	talking:  {"held", "en ligne", "on a call"},
	wrapping: {"wait", "post-appel", "wrapping up"},
	paused:   {"wait", "en pause", "paused"},
	away:     {"none", "absent", "away"},
}

// serviceMark tells good, which is what was aimed at in percent or more, from fair (ten
// points below) and bad.
func serviceMark(level, target float64) string {
	switch {
	case level >= target:
		return "good"
	case level >= target-10:
		return "wait"
	}
	return "bad"
}

// board is one queue at a glance.
type board struct {
	queueObject
	Lang    string
	Known   bool // Asterisk says what it does
	Waiting int
	Longest int    // seconds
	Mark    string // of the longest wait: good, wait, bad
	Agents  map[string]int
	There   int // agents logged in
	Day     sums
}

// sums are figures of calls that can be added up.
type sums struct {
	Offered, Answered, Abandoned, InTime, Counted int
	Aimed                                         int // of Counted times what their queue aims at, in percent
}

// add adds the figures of a queue that aims at a share of calls in percent.
func (s *sums) add(f queueFigures, target int) {
	s.Offered += f.Offered
	s.Answered += f.Answered
	s.Abandoned += f.Abandoned
	s.InTime += f.InTime
	counted := f.Offered - f.AbandonedShort - f.Lost - f.Waiting
	s.Counted += counted
	s.Aimed += counted * target
}

// target is what was aimed at with these calls, each by its own queue, in percent.
func (s sums) target() float64 {
	if s.Counted <= 0 {
		return usualTarget
	}
	return float64(s.Aimed) / float64(s.Counted)
}

// Level is the service level in percent; ok is false when no call counts.
func (s sums) level() (level float64, ok bool) {
	if s.Counted <= 0 {
		return 0, false
	}
	return 100 * float64(s.InTime) / float64(s.Counted), true
}

// Service is the level in words: "82 %".
func (b board) Service() string {
	if level, ok := b.Day.level(); ok {
		return percent(level, b.Lang)
	}
	return "–"
}

// Seconds is the time of the service level.
func (b board) Seconds() int { return b.queueObject.Service }

// ServiceMark is its colour.
func (b board) ServiceMark() string {
	if level, ok := b.Day.level(); ok {
		return serviceMark(level, float64(b.queueObject.Target))
	}
	return "none"
}

// ServiceBar is the level as a whole number, for a bar.
func (b board) ServiceBar() int {
	level, _ := b.Day.level()
	return int(level)
}

// Target is what is aimed at, in words.
func (b board) Target() string { return percent(float64(b.queueObject.Target), b.Lang) }

// TargetBar is the target as a whole number, for the mark on a bar.
func (b board) TargetBar() int { return b.queueObject.Target }

// LongestText is the longest wait as a clock has it.
func (b board) LongestText() string {
	if b.Waiting == 0 {
		return "–"
	}
	return short(b.Longest)
}

// board looks at one queue.
func (p *Portal) board(q queueObject, live liveQueue, known bool, lang string) board {
	b := board{queueObject: q, Lang: lang, Known: known, Agents: map[string]int{}, Waiting: len(live.Callers), Mark: "good"}
	for _, c := range live.Callers {
		b.Longest = max(b.Longest, c.Wait)
	}
	switch {
	case b.Waiting > 0 && b.Longest > q.Service:
		b.Mark = "bad"
	case b.Waiting > 0:
		b.Mark = "wait"
	}
	for _, m := range live.Members {
		what, _ := doing(m, time.Duration(q.Wrapup)*time.Second, p.Now())
		b.Agents[what]++
		b.There++
	}
	return b
}

// live reads a queue; false when Asterisk does not have it now.
func (p *Portal) live(id string) (liveQueue, bool) {
	if p.Queues == nil {
		return liveQueue{}, false
	}
	got, err := p.Queues.LiveQueue(id)
	if err != nil {
		return liveQueue{}, false
	}
	q, err := as[liveQueue](got)
	return q, err == nil
}

// boards are all queues, by name, with the figures of today.
func (p *Portal) boards(ctx context.Context, lang string) ([]board, []queueFigures) {
	day := p.today(ctx)
	var out []board
	for _, q := range p.queueObjects() {
		live, known := p.live(q.ID)
		b := p.board(q, live, known, lang)
		for _, f := range day {
			if f.Queue == q.ID {
				b.Day.add(f, q.Target)
			}
		}
		out = append(out, b)
	}
	return out, day
}

// queueFigures are those of a queue in an interval, as GET reports/queues shows them.
type queueFigures struct {
	Queue          string
	From           time.Time
	Offered        int
	Answered       int
	Abandoned      int
	AbandonedShort int `json:"abandoned_short"`
	Lost           int
	Waiting        int
	InTime         int     `json:"in_time"`
	WaitAnswered   float64 `json:"wait_answered"`
	WaitLongest    int     `json:"wait_longest"`
	Talk           int
}

// dayFor is how old the figures of today may be on a page: each reading of the logs may
// write to the card.
const dayFor = 5 * time.Second

// dayFigures keeps those of today for all open pages.
type dayFigures[T any] struct {
	mu   sync.Mutex
	at   time.Time
	rows []T
}

// get reads them when they are too old.
func (d *dayFigures[T]) get(p *Portal, read func(ReportQuery) ([]T, error)) []T {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, begin := p.Now(), p.midnight()
	if age := now.Sub(d.at); d.rows != nil && age >= 0 && age < dayFor && !d.at.Before(begin) {
		return slices.Clone(d.rows)
	}
	rows, err := read(ReportQuery{From: begin, To: begin.AddDate(0, 0, 1)})
	if err != nil {
		p.Log.Error("figures of today", "error", err)
		return slices.Clone(d.rows)
	}
	d.at, d.rows = now, rows
	return slices.Clone(rows)
}

// today are the figures of all queues by the quarter of an hour, since midnight.
func (p *Portal) today(ctx context.Context) []queueFigures {
	if p.History == nil {
		return nil
	}
	return p.day.get(p, func(q ReportQuery) ([]queueFigures, error) {
		q.Every = "quarter"
		report, err := p.History.Report(ctx, "queues", q)
		if err != nil {
			return nil, err
		}
		return as[[]queueFigures](report.Rows)
	})
}

// midnight is when today began at the site.
func (p *Portal) midnight() time.Time {
	n := p.Now().In(p.zone())
	return time.Date(n.Year(), n.Month(), n.Day(), 0, 0, 0, 0, n.Location())
}
