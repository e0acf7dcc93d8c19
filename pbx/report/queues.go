package report

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Options are what a report is about.
type Options struct {
	From, To time.Time                // To is the first instant that does not belong to it
	Within   time.Duration            // of the service level; 0: 20 s
	WithinOf map[string]time.Duration // of queues that have another
	Short    time.Duration            // sooner is a short abandon; 0: 5 s
	Queue    string                   // this queue alone; "" all
	Every    string                   // "quarter" of an hour, "hour", "day": a row for each; "": one for the period
	Zone     *time.Location           // whose days; nil: UTC
}

func (o Options) filled() Options {
	o.Within, o.Short = cmp.Or(o.Within, 20*time.Second), cmp.Or(o.Short, 5*time.Second)
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return o
}

// interval is the begin of the hour or day that an instant is in.
func (o Options) interval(at time.Time) time.Time {
	at = at.In(o.Zone)
	switch o.Every {
	case "quarter":
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute()/15*15, 0, 0, o.Zone)
	case "hour":
		return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), 0, 0, 0, o.Zone)
	case "day":
		return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, o.Zone)
	}
	return o.From
}

func (o Options) has(at time.Time, queue string) bool {
	return !at.Before(o.From) && at.Before(o.To) && (o.Queue == "" || o.Queue == queue)
}

// QueueRow are the figures of one queue in one interval; QueueFigures says what each is.
type QueueRow struct {
	Queue          string    `json:"queue"`
	From           time.Time `json:"from"`
	Offered        int       `json:"offered"`
	Answered       int       `json:"answered"`
	Abandoned      int       `json:"abandoned"`
	AbandonedShort int       `json:"abandoned_short"`
	TimedOut       int       `json:"timed_out"`
	LeftByKey      int       `json:"left_by_key"`
	LeftEmpty      int       `json:"left_empty"`
	Withdrawn      int       `json:"withdrawn"`
	Lost           int       `json:"lost"`
	Waiting        int       `json:"waiting"`
	Refused        int       `json:"refused"`
	InTime         int       `json:"in_time"`
	ServiceLevel   *float64  `json:"service_level"` // null: no call that counts
	WaitAnswered   float64   `json:"wait_answered"`
	WaitAbandoned  float64   `json:"wait_abandoned"`
	WaitLongest    int       `json:"wait_longest"`
	Talk           int       `json:"talk"`
	TalkAverage    float64   `json:"talk_average"`
	RingNoAnswer   int       `json:"ring_no_answer"`

	waited, left time.Duration // sums behind the averages
}

// Queues makes the figures of queues, by queue and interval. The log must begin before the
// period for calls that were up then, and go on after it until they ended.
func Queues(log []Entry, o Options) []QueueRow {
	o = o.filled()
	rows := map[string]*QueueRow{}
	row := func(queue string, at time.Time) *QueueRow {
		from := o.interval(at)
		id := queue + "|" + from.Format(time.RFC3339)
		if rows[id] == nil {
			rows[id] = &QueueRow{Queue: queue, From: from}
		}
		return rows[id]
	}
	all, missed, refused := visits(log)
	for _, v := range all {
		if o.has(v.at, v.queue) {
			row(v.queue, v.at).count(v, o)
		}
	}
	for _, m := range missed {
		if o.has(m.at, m.queue) {
			row(m.queue, m.at).RingNoAnswer++
		}
	}
	for _, m := range refused {
		if o.has(m.at, m.queue) {
			row(m.queue, m.at).Refused++
		}
	}
	out := []QueueRow{}
	for _, r := range rows {
		r.average()
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b QueueRow) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Queue, b.Queue))
	})
	return out
}

func (r *QueueRow) count(v *visit, o Options) {
	r.Offered++
	if v.end == waiting {
		r.Waiting++
		return
	}
	r.WaitLongest = max(r.WaitLongest, int(v.wait/time.Second))
	switch v.end {
	case ended:
		r.Answered++
		r.waited += v.wait
		r.Talk += int(v.talk / time.Second)
		if v.wait <= cmp.Or(o.WithinOf[v.queue], o.Within) {
			r.InTime++
		}
	case abandoned:
		if v.wait < o.Short {
			r.AbandonedShort++
			return
		}
		r.Abandoned++
		r.left += v.wait
	case timeout:
		r.TimedOut++
	case key:
		r.LeftByKey++
	case empty:
		r.LeftEmpty++
	case withdrawn:
		r.Withdrawn++
	case lost:
		r.Lost++
	}
}

func (r *QueueRow) average() {
	if n := r.Offered - r.AbandonedShort - r.Lost - r.Waiting; n > 0 {
		level := tenth(100 * float64(r.InTime) / float64(n))
		r.ServiceLevel = &level
	}
	r.WaitAnswered = mean(r.waited, r.Answered)
	r.WaitAbandoned = mean(r.left, r.Abandoned)
	r.TalkAverage = mean(time.Duration(r.Talk)*time.Second, r.Answered)
}

// mean is in seconds, to a tenth.
func mean(sum time.Duration, n int) float64 {
	if n == 0 {
		return 0
	}
	return tenth(sum.Seconds() / float64(n))
}

func tenth(x float64) float64 { return math.Round(10*x) / 10 }
