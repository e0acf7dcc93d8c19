package report

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// history is a made-up past of a call centre with its own count, kept by hand: it shares no
// code with the report.
type history struct {
	lines  []line
	kills  []int // seconds at which Asterisk ended without a word
	visits []stay
	agents map[string][]uint8 // what each did in every second
	missed map[string]int     // by agent and day
	rna    map[string]int     // by queue and day
}

type line struct {
	at, order int
	text      string
}

type stay struct {
	queue, agent     string
	enter, out, done int // connect or leave; end of the talk
	how              string
}

// What an agent does in a second.
const (
	away uint8 = iota
	ready
	resting // with the reason lunch
	wrapping
)

const (
	days  = 3
	total = days * 86400
	epoch = 1795392000 // 2026-11-23 00:00 UTC
)

func (h *history) say(at int, format string, args ...any) {
	h.lines = append(h.lines, line{at, len(h.lines), fmt.Sprintf("%d|", epoch+at) + fmt.Sprintf(format, args...)})
}

// killed gives the first kill after from, not after to.
func (h *history) killed(from, to int) (int, bool) {
	for _, k := range h.kills {
		if k > from && k <= to {
			return k, true
		}
	}
	return 0, false
}

func invent(r *rand.Rand) *history {
	h := &history{agents: map[string][]uint8{}, missed: map[string]int{}, rna: map[string]int{}}
	for range r.IntN(4) {
		h.kills = append(h.kills, 1000+r.IntN(total-2000))
	}
	slices.Sort(h.kills)
	h.say(0, "NONE|NONE|NONE|QUEUESTART|")
	for _, k := range h.kills {
		h.say(k, "NONE|NONE|NONE|QUEUESTART|")
	}
	for a := range 1 + r.IntN(5) {
		h.work(r, fmt.Sprint(201+a))
	}
	for c := range r.IntN(400) {
		h.call(r, fmt.Sprintf("autocom-%d.%d", epoch, c))
	}
	slices.SortStableFunc(h.lines, func(a, b line) int { return cmp.Or(a.at-b.at, a.order-b.order) })
	return h
}

// work invents logins, each in both queues, and the pauses within.
func (h *history) work(r *rand.Rand, agent string) {
	did := make([]uint8, total)
	fill := func(from, to int, what uint8) {
		for i := from; i < min(to, total); i++ {
			did[i] = what
		}
	}
	queues := []string{"sav", "vente"}
	for t := r.IntN(40000); t < total; {
		in := 60 + r.IntN(50000)
		for _, q := range queues {
			h.say(t, "autocom-1.1|%s|%s|ADDMEMBER|", q, agent)
		}
		fill(t, t+in, ready)
		for p := t + 1 + r.IntN(9000); p < t+in-2; {
			long := min(1+r.IntN(4000), t+in-p-1)
			reason, what := "lunch", resting
			if r.IntN(3) == 0 {
				reason, what = "wrapup", wrapping
			}
			if r.IntN(2) == 0 {
				h.say(p, "NONE|NONE|%s|PAUSEALL|%s", agent, reason)
			}
			for _, q := range queues {
				h.say(p, "NONE|%s|%s|PAUSE|%s", q, agent, reason)
			}
			fill(p, p+long, what)
			for _, q := range queues {
				h.say(p+long, "NONE|%s|%s|UNPAUSE|%s", q, agent, reason)
			}
			p += long + 1 + r.IntN(9000)
		}
		for _, q := range queues {
			h.say(t+in, "autocom-1.1|%s|%s|REMOVEMEMBER|", q, agent)
		}
		t += in + 1 + r.IntN(60000)
	}
	h.agents[agent] = did
}

func (h *history) call(r *rand.Rand, id string) {
	s := stay{queue: []string{"sav", "vente"}[r.IntN(2)], enter: r.IntN(total - 10)}
	s.how = []string{"answered", "answered", "answered", "abandoned", "timeout", "key", "empty", "withdrawn", "refused"}[r.IntN(9)]
	if s.how == "refused" {
		h.say(s.enter, "%s|%s|NONE|REFUSED|full", id, s.queue)
		h.visits = append(h.visits, s)
		return
	}
	wait := r.IntN(40)
	if r.IntN(20) == 0 {
		wait = r.IntN(7200)
	}
	s.out = s.enter + wait
	h.say(s.enter, "%s|%s|NONE|ENTERQUEUE||+237 6|1", id, s.queue)
	if k, cut := h.killed(s.enter-1, s.out); cut && k >= s.enter {
		s.how, s.out = "lost", k
		if k == s.enter {
			s.enter--
			h.lines[len(h.lines)-1].at--
			h.lines[len(h.lines)-1].text = fmt.Sprintf("%d|%s|%s|NONE|ENTERQUEUE||1|1", epoch+s.enter, id, s.queue)
		}
		h.visits = append(h.visits, s)
		return
	}
	for range r.IntN(3) {
		at := s.enter + r.IntN(wait+1)
		a := fmt.Sprint(201 + r.IntN(3))
		h.say(at, "%s|%s|%s|RINGNOANSWER|5000", id, s.queue, a)
		h.missed[fmt.Sprint(a, "/", at/86400)]++
		h.rna[fmt.Sprint(s.queue, "/", at/86400)]++
	}
	switch s.how {
	case "answered":
		s.agent = fmt.Sprint(201 + r.IntN(3))
		s.done = s.out + r.IntN(900)
		h.say(s.out, "%s|%s|%s|CONNECT|%d|autocom-1.2|2", id, s.queue, s.agent, wait)
		if k, cut := h.killed(s.out-1, s.done); cut {
			s.done = -k
		} else {
			switch talk := s.done - s.out; r.IntN(4) {
			case 0:
				h.say(s.done, "%s|%s|%s|BLINDTRANSFER|203|ac-ext|%d|%d|1", id, s.queue, s.agent, wait, talk)
			case 1:
				h.say(s.done, "%s|%s|%s|ATTENDEDTRANSFER|BRIDGE|x|%d|%d|1", id, s.queue, s.agent, wait, talk)
			case 2:
				h.say(s.done, "%s|%s|%s|COMPLETEAGENT|%d|%d|1", id, s.queue, s.agent, wait, talk)
			default:
				h.say(s.done, "%s|%s|%s|COMPLETECALLER|%d|%d|1", id, s.queue, s.agent, wait, talk)
			}
		}
	case "abandoned":
		h.say(s.out, "%s|%s|NONE|ABANDON|1|1|%d", id, s.queue, wait)
	case "timeout":
		h.say(s.out, "%s|%s|NONE|EXITWITHTIMEOUT|1|1|%d", id, s.queue, wait)
	case "key":
		h.say(s.out, "%s|%s|NONE|EXITWITHKEY|0|1|1|%d", id, s.queue, wait)
	case "empty":
		h.say(s.out, "%s|%s|NONE|EXITEMPTY|1|1|%d", id, s.queue, wait)
	case "withdrawn":
		h.say(s.out, "%s|%s|NONE|WITHDRAW|1|1|%d|", id, s.queue, wait)
	}
	h.visits = append(h.visits, s)
}

// lastBefore is when the last line was written before a kill.
func (h *history) lastBefore(kill int) int {
	last := 0
	for _, l := range h.lines {
		if strings.Contains(l.text, "QUEUESTART") && l.at == kill {
			return last
		}
		last = l.at
	}
	return last
}

func (h *history) log(t *testing.T) []Entry {
	var out []Entry
	for _, l := range h.lines {
		e, ok := Parse(l.text)
		if !ok {
			t.Fatalf("line %q is not read", l.text)
		}
		out = append(out, e)
	}
	return out
}

// count is the generator's own: a row's numbers as one text.
func (h *history) count(queue string, day int) string {
	var offered, answered, left, short, out, by, none, taken, lost, refused, quick, talk int
	for _, v := range h.visits {
		if v.queue != queue || v.enter/86400 != day {
			continue
		}
		if v.how == "refused" {
			refused++
			continue
		}
		offered++
		wait := v.out - v.enter
		switch v.how {
		case "answered":
			answered++
			if wait <= 20 {
				quick++
			}
			done := v.done
			if done < 0 {
				done = max(v.out, h.lastBefore(-done))
			}
			talk += done - v.out
		case "abandoned":
			if wait < 5 {
				short++
			} else {
				left++
			}
		case "timeout":
			out++
		case "key":
			by++
		case "empty":
			none++
		case "withdrawn":
			taken++
		case "lost":
			lost++
		}
	}
	level := "-"
	if n := offered - short - lost; n > 0 {
		level = fmt.Sprintf("%.1f", tenth(100*float64(quick)/float64(n)))
	}
	return fmt.Sprint(offered, answered, left, short, out, by, none, taken, lost, refused, quick, talk, h.rna[fmt.Sprint(queue, "/", day)], level)
}

func told(rows []QueueRow, queue string, day int) string {
	for _, r := range rows {
		if r.Queue == queue && r.From.Equal(time.Unix(epoch+int64(day)*86400, 0)) {
			level := "-"
			if r.ServiceLevel != nil {
				level = fmt.Sprintf("%.1f", *r.ServiceLevel)
			}
			return fmt.Sprint(r.Offered, r.Answered, r.Abandoned, r.AbandonedShort, r.TimedOut, r.LeftByKey, r.LeftEmpty, r.Withdrawn, r.Lost, r.Refused, r.InTime, r.Talk, r.RingNoAnswer, level)
		}
	}
	return fmt.Sprint(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "-")
}

func TestTheReportEqualsTheGeneratorsCount(t *testing.T) {
	for seed := range uint64(150) {
		h := invent(rand.New(rand.NewPCG(seed, 4)))
		log := h.log(t)
		period := Options{From: time.Unix(epoch, 0), To: time.Unix(epoch+total, 0), Every: "day"}
		queues := Queues(log, period)
		agents := Agents(log, period, period.To)
		for day := range days {
			for _, q := range []string{"sav", "vente"} {
				if want, got := h.count(q, day), told(queues, q, day); want != got {
					t.Errorf("seed %d, day %d, queue %s:\n%s, want\n%s", seed, day, q, got, want)
				}
			}
			for agent, did := range h.agents {
				var in, rest, wrap int
				for _, what := range did[day*86400 : (day+1)*86400] {
					switch what {
					case ready:
						in++
					case resting:
						in, rest = in+1, rest+1
					case wrapping:
						in, wrap = in+1, wrap+1
					}
				}
				var got AgentRow
				for _, r := range agents {
					if r.Agent == agent && r.From.Equal(time.Unix(epoch+int64(day)*86400, 0)) {
						got = r
					}
				}
				want := fmt.Sprint(in, rest, wrap, rest, h.missed[fmt.Sprint(agent, "/", day)])
				if s := fmt.Sprint(got.LoggedIn, got.Paused, got.WrapUp, got.Pauses["lunch"], got.Missed); s != want {
					t.Errorf("seed %d, day %d, agent %s: %s, want %s", seed, day, agent, s, want)
				}
			}
		}
		whole := period
		whole.Every = ""
		sum := map[string]int{}
		for _, r := range queues {
			sum[r.Queue] += r.Offered*1000 + r.Answered + r.Talk
		}
		for _, r := range Queues(log, whole) {
			if got := r.Offered*1000 + r.Answered + r.Talk; got != sum[r.Queue] {
				t.Errorf("seed %d: the days of %s do not add up", seed, r.Queue)
			}
		}
	}
}
