package report

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// AgentRow are the figures of one agent in one interval; AgentFigures says what each is.
type AgentRow struct {
	Agent       string         `json:"agent"`
	From        time.Time      `json:"from"`
	Taken       int            `json:"taken"`
	Missed      int            `json:"missed"`
	Talk        int            `json:"talk"`
	TalkAverage float64        `json:"talk_average"`
	LoggedIn    int            `json:"logged_in"`
	Paused      int            `json:"paused"`
	Pauses      map[string]int `json:"pauses"`
	WrapUp      int            `json:"wrap_up"`
	Occupancy   *float64       `json:"occupancy"` // null: not logged in, or always paused
}

// wrapUp is the reason of a pause that belongs to the call before (pbx/queue).
const wrapUp = "wrapup"

// state is an agent in all queues, as of one entry of the log.
type state struct {
	in     map[string]bool   // queues logged in to
	paused map[string]string // queue → reason, while paused there
	since  time.Time
}

// doing names what the agent does: "" logged out, "in", or the pause's reason with "pause "
// before it. Somebody who takes calls of one queue is not paused.
func (s *state) doing() (in bool, reason string, paused bool) {
	if len(s.in) == 0 {
		return false, "", false
	}
	for q := range s.in {
		r, ok := s.paused[q]
		if !ok {
			return true, "", false
		}
		reason = max(reason, r)
	}
	return true, reason, true
}

// Agents makes the figures of agents, by agent and interval. The log must hold all logins
// and pauses before the period that last into it; now ends what lasts still.
func Agents(log []Entry, o Options, now time.Time) []AgentRow {
	o = o.filled()
	rows := map[string]*AgentRow{}
	row := func(agent string, at time.Time) *AgentRow {
		from := o.interval(at)
		id := agent + "|" + from.Format(time.RFC3339)
		if rows[id] == nil {
			rows[id] = &AgentRow{Agent: agent, From: from, Pauses: map[string]int{}}
		}
		return rows[id]
	}
	all, missed, _ := visits(log)
	for _, v := range all {
		if o.has(v.at, v.queue) && v.end == ended {
			r := row(v.agent, v.at)
			r.Taken++
			r.Talk += int(v.talk / time.Second)
		}
	}
	for _, m := range missed {
		if o.has(m.at, m.queue) {
			row(m.agent, m.at).Missed++
		}
	}
	spans(log, o, now, func(agent string, from, to time.Time, reason string, paused bool) {
		o.split(from, to, func(at time.Time, seconds int) {
			r := row(agent, at)
			r.LoggedIn += seconds
			switch {
			case paused && reason == wrapUp:
				r.WrapUp += seconds
			case paused:
				r.Paused += seconds
				r.Pauses[reason] += seconds
			}
		})
	})
	out := []AgentRow{}
	for _, r := range rows {
		r.TalkAverage = mean(time.Duration(r.Talk)*time.Second, r.Taken)
		if there := r.LoggedIn - r.Paused; there > 0 {
			share := tenth(100 * float64(r.Talk+r.WrapUp) / float64(there))
			r.Occupancy = &share
		}
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b AgentRow) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Agent, b.Agent))
	})
	return out
}

// spans gives every stretch of time in which an agent's doing did not change, logged in.
func spans(log []Entry, o Options, now time.Time, each func(agent string, from, to time.Time, reason string, paused bool)) {
	agents := map[string]*state{}
	change := func(agent string, at time.Time, do func(*state)) {
		s := agents[agent]
		if s == nil {
			s = &state{in: map[string]bool{}, paused: map[string]string{}, since: at}
			agents[agent] = s
		}
		if in, reason, paused := s.doing(); in {
			each(agent, s.since, at, reason, paused)
		}
		s.since = at
		do(s)
	}
	for _, e := range log {
		if e.Agent == "" || e.Agent == "NONE" || o.Queue != "" && e.Queue != o.Queue && e.Queue != "NONE" {
			continue
		}
		switch e.Event {
		case "ADDMEMBER":
			change(e.Agent, e.At, func(s *state) { s.in[e.Queue] = true; delete(s.paused, e.Queue); paused(s, e) })
		case "REMOVEMEMBER":
			change(e.Agent, e.At, func(s *state) { delete(s.in, e.Queue); delete(s.paused, e.Queue) })
		case "PAUSE":
			change(e.Agent, e.At, func(s *state) { s.paused[e.Queue] = e.data(1) })
		case "UNPAUSE":
			change(e.Agent, e.At, func(s *state) { delete(s.paused, e.Queue) })
		case "PAUSEALL":
			change(e.Agent, e.At, func(s *state) {
				for q := range s.in {
					s.paused[q] = e.data(1)
				}
			})
		case "UNPAUSEALL":
			change(e.Agent, e.At, func(s *state) { clear(s.paused) })
		}
	}
	for _, agent := range slices.Sorted(maps.Keys(agents)) {
		change(agent, now, func(*state) {})
	}
}

// paused notes that somebody logs in paused: ADDMEMBER has it as its first field.
func paused(s *state, e Entry) {
	if e.data(1) == "PAUSED" {
		s.paused[e.Queue] = ""
	}
}

// split cuts a stretch at the bounds of the period and of its intervals.
func (o Options) split(from, to time.Time, each func(at time.Time, seconds int)) {
	if from.Before(o.From) {
		from = o.From
	}
	if to.After(o.To) {
		to = o.To
	}
	for from.Before(to) {
		until := to
		begin := o.interval(from)
		switch o.Every {
		case "quarter":
			if next := begin.Add(15 * time.Minute); next.Before(until) {
				until = next
			}
		case "hour":
			if next := begin.Add(time.Hour); next.Before(until) {
				until = next
			}
		case "day":
			if next := begin.AddDate(0, 0, 1); next.Before(until) {
				until = next
			}
		}
		each(from, int(until.Sub(from)/time.Second))
		from = until
	}
}
