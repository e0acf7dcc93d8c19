package portal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// agentPage is what an agent has before them while they work.
type agentPage struct {
	Lang         string
	Number, Name string
	Path         string
	Others       []choice // numbers whose pages the reader may see

	Mark, State, Detail string
	Caller              *agentCaller
	Left                string // of the wrap-up
	Paused, Anywhere    bool   // logged in to some queue
	Seats               []seatRow
	Reasons             []pauseReason
	Day                 []fact
}

// agentCaller is who is rung for, or spoken with.
type agentCaller struct{ Who, Name, Queue, Wait, Since string }

// seatRow is one queue of the agent's.
type seatRow struct {
	ID, Name    string
	Path        string
	LoggedIn    bool
	Stays       bool // cannot log out
	Mark, State string
	Waiting     int
	Longest     string
}

// ownAgents are the agents whose pages the reader may see: themselves, and all for who supervises.
func (p *Portal) ownAgents(r *http.Request) []agentSeats {
	v := p.visitor(r)
	return slices.DeleteFunc(p.agentList(), func(a agentSeats) bool {
		return v.Role < supervisor && !slices.Contains(v.Numbers, a.Number)
	})
}

// agentPage makes the page of a number, of the reader's own by themselves.
func (p *Portal) agentPage(r *http.Request, number string) (agentPage, bool) {
	lang, list := p.words(r).Lang, p.ownAgents(r)
	v := agentPage{Lang: lang}
	if number == "" {
		for _, own := range p.visitor(r).Numbers {
			if slices.ContainsFunc(list, func(a agentSeats) bool { return a.Number == own }) {
				number = own
				break
			}
		}
	}
	n := p.names()
	at := -1
	for i, a := range list {
		if a.Number == number {
			at = i
		}
		v.Others = append(v.Others, choice{a.Number, n.of(a.Number, a.Name), a.Number == number})
	}
	if at < 0 {
		return v, number == ""
	}
	a := list[at]
	v.Number, v.Name, v.Path = a.Number, cmp.Or(a.Name, n[a.Number]), "/ui/agent/"+url.PathEscape(a.Number)
	v.Reasons = p.pauseReasons()
	p.seats(&v, a)
	v.Day = p.agentDay(r.Context(), a.Number, lang)
	return v, true
}

// seats fills in what the agent does, in all queues together: what counts most stands first.
func (p *Portal) seats(v *agentPage, a agentSeats) {
	rank := []string{talking, ringing, paused, wrapping, ready, away}
	best := len(rank)
	queues := p.queueObjects()
	for _, s := range a.Queues {
		i := slices.IndexFunc(queues, func(q queueObject) bool { return q.ID == s.Queue })
		if i < 0 {
			continue
		}
		q := queues[i]
		live, _ := p.live(s.Queue)
		row := seatRow{ID: q.ID, Name: q.Name, Path: v.Path, LoggedIn: s.LoggedIn, Stays: s.LoggedIn && !s.MayLogIn, Mark: "none", State: say(v.Lang, "pas connecté", "not logged in"), Waiting: len(live.Callers)}
		longest := 0
		for _, c := range live.Callers {
			longest = max(longest, c.Wait)
		}
		row.Longest = short(longest)
		for _, m := range live.Members {
			if m.Number != a.Number {
				continue
			}
			v.Anywhere = true
			what, until := doing(m, time.Duration(q.Wrapup)*time.Second, p.Now())
			row.Mark, row.State = doingWords[what][0], say(v.Lang, doingWords[what][1], doingWords[what][2])
			v.Paused = v.Paused || m.Paused
			at := slices.Index(rank, what)
			if at < best || at == best && v.Caller == nil && m.Caller != nil {
				best = at
				v.Mark, v.State, v.Detail, v.Caller, v.Left = row.Mark, row.State, "", nil, ""
				switch {
				case m.Caller != nil && (what == talking || what == ringing):
					if m.Caller.Name == m.Caller.Number { // a phone without a person's name
						m.Caller.Name = ""
					}
					v.Caller = &agentCaller{Who: cmp.Or(m.Caller.Number, say(v.Lang, "numéro masqué", "number withheld")), Name: m.Caller.Name, Queue: q.Name, Since: p.since(m.Caller.Since, v.Lang)}
					if what == talking {
						v.Caller.Wait = fmt.Sprintf(say(v.Lang, "a attendu %s", "waited %s"), long(float64(m.Caller.Wait)))
					}
				case what == wrapping && !until.IsZero():
					v.Left = short(max(0, int(until.Sub(p.Now())/time.Second)))
				default:
					v.Detail = p.detail(m, what, until, v.Lang)
				}
			}
		}
		v.Seats = append(v.Seats, row)
	}
	if !v.Anywhere {
		v.Mark, v.State = "none", say(v.Lang, "Pas connecté", "Not logged in")
	}
}

// agentFigures are those of an agent, as GET reports/agents shows them.
type agentFigures struct {
	Agent       string
	From        time.Time
	Taken       int
	Missed      int
	Talk        int
	TalkAverage float64 `json:"talk_average"`
	LoggedIn    int     `json:"logged_in"`
	Paused      int
	WrapUp      int `json:"wrap_up"`
	Occupancy   *float64
}

// agentDay are the agent's own figures of today.
func (p *Portal) agentDay(ctx context.Context, number, lang string) []fact {
	if p.History == nil {
		return nil
	}
	rows := p.dayAgents.get(p, func(q ReportQuery) ([]agentFigures, error) {
		report, err := p.History.Report(ctx, "agents", q)
		if err != nil {
			return nil, err
		}
		return as[[]agentFigures](report.Rows)
	})
	var f agentFigures
	for _, x := range rows {
		if x.Agent == number {
			f = x
		}
	}
	return []fact{
		{Name: say(lang, "Appels pris", "Calls taken"), Value: fmt.Sprint(f.Taken)},
		{Name: say(lang, "Manqués", "Missed"), Value: fmt.Sprint(f.Missed)},
		{Name: say(lang, "Conversation moyenne", "Average talk"), Value: long(f.TalkAverage)},
		{Name: say(lang, "Connecté", "Logged in"), Value: long(float64(f.LoggedIn))},
		{Name: say(lang, "En pause", "Paused"), Value: long(float64(f.Paused))},
	}
}

func (p *Portal) agentPageGet(w http.ResponseWriter, r *http.Request) {
	v, ok := p.agentPage(r, r.URL.Query().Get("number"))
	if !ok {
		p.missing(w, r)
		return
	}
	if v.Number == "" {
		p.screen(w, r, http.StatusOK, "agents", v)
		return
	}
	p.screen(w, r, http.StatusOK, "agent", v)
}

// agentForm takes the buttons of the page: for oneself, or by a supervisor.
func (p *Portal) agentForm(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	number := r.PathValue("number")
	if p.visitor(r).Role < supervisor && !p.mine(r, number) {
		p.missing(w, r)
		return
	}
	p.tellAgent(w, r, number, r.PostForm.Get("queue"), "/ui/agent?number="+url.QueryEscape(number))
}

func (v agentPage) live() string {
	return "/ui/events/now?page=agent&number=" + url.QueryEscape(v.Number)
}
func (v agentPage) drawn() (lang, screen string) { return v.Lang, "agent" }
func (v agentPage) ticks() bool                  { return true }
func (v agentPage) pieces() []piece {
	if v.Number == "" {
		return nil
	}
	return []piece{{"agentnow", "agentnow", "", v}, {"agentpause", "agentpause", "", v}, {"agentseats", "agentseats", "", v}, {"agentday", "agentday", "", v}}
}
