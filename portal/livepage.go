package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"autocom/pbx"
)

// floor is the page of all queues now.
type floor struct {
	Lang  string
	Cards []card
}

func (p *Portal) floorPage(w http.ResponseWriter, r *http.Request) {
	p.screen(w, r, http.StatusOK, "floor", p.floor(r.Context(), p.words(r).Lang))
}

func (p *Portal) floor(ctx context.Context, lang string) floor {
	v := floor{Lang: lang}
	all, _ := p.boards(ctx, lang)
	for i, b := range all {
		v.Cards = append(v.Cards, card{b, "queue-" + b.ID, fmt.Sprintf("%04d", i)})
	}
	return v
}

func (v floor) live() string                 { return "/ui/events/now?page=floor" }
func (v floor) drawn() (lang, screen string) { return v.Lang, "floor" }
func (v floor) ticks() bool                  { return true }
func (v floor) pieces() []piece {
	var out []piece
	for _, c := range v.Cards {
		out = append(out, piece{c.Part, "glance", c.Key, c})
	}
	return out
}

// oneQueue is the page of one queue now.
type oneQueue struct {
	board
	Path    string
	Callers []waiter
	Members []memberRow
	Others  []memberRow // who may log in, and has not
	reasons []pauseReason
}

// waiter is who waits.
type waiter struct {
	Position int
	Who      string
	Wait     string
}

// memberRow is one agent of a queue.
type memberRow struct {
	Part, Key    string
	Path         string // of the forms
	Number, Name string
	Mark, State  string
	Detail       string
	Stays        bool // belongs to the queue always
	Paused       bool
	Listen       string // what the reader dials to listen; "" nothing to hear, or not for them
	Reasons      []pauseReason
}

// agentSeats is who is or may be a member of queues, as GET agents shows it.
type agentSeats struct {
	Number, Name string
	Queues       []seat
}

type seat struct {
	Queue    string
	MayLogIn bool `json:"may_log_in"`
	LoggedIn bool `json:"logged_in"`
	Paused   bool
	Reason   string
	State    string
}

func (p *Portal) agentList() []agentSeats {
	if p.Queues == nil {
		return nil
	}
	list, err := as[[]agentSeats](p.Queues.Agents())
	if err != nil {
		p.Log.Error("agents", "error", err)
	}
	return list
}

// pauseReason is why an agent pauses.
type pauseReason struct{ Code, Name string }

// pauseReasons are those of the settings, else the usual ones (pbx/queue).
func (p *Portal) pauseReasons() []pauseReason {
	if o, ok := p.Objects.Object(pbx.KindSettings, "agents"); ok {
		var body struct{ Reasons []pauseReason }
		if json.Unmarshal(o.Body, &body) == nil && body.Reasons != nil {
			return body.Reasons
		}
	}
	if p.Site().Language == "fr" {
		return []pauseReason{{"1", "pause"}, {"2", "repas"}, {"3", "réunion"}, {"4", "formation"}}
	}
	return []pauseReason{{"1", "break"}, {"2", "lunch"}, {"3", "meeting"}, {"4", "training"}}
}

// reasonText says a reason, those of autocom's and Asterisk's own in the reader's words.
func reasonText(reason, lang string) string {
	switch reason {
	case wrapupReason:
		return say(lang, "suite du dernier appel", "work on the last call")
	case "Auto-Pause":
		return say(lang, "n'a pas répondu", "did not answer")
	}
	return reason
}

// detail says what is to know of what a member does.
func (p *Portal) detail(m liveMember, what string, until time.Time, lang string) string {
	switch {
	case what == wrapping && !until.IsZero():
		return fmt.Sprintf(say(lang, "encore %s", "%s left"), short(int(until.Sub(p.Now())/time.Second)))
	case what == paused || what == wrapping:
		return strings.TrimLeft(reasonText(m.Reason, lang)+" · "+p.since(m.Since, lang), " ·")
	case m.Caller != nil && (what == talking || what == ringing):
		who := strings.TrimSpace(m.Caller.Number + " " + m.Caller.Name)
		if what == talking {
			return strings.TrimRight(cmp.Or(who, say(lang, "numéro masqué", "number withheld"))+" · "+p.since(m.Caller.Since, lang), " ·")
		}
		return who
	}
	return ""
}

func (p *Portal) since(t time.Time, lang string) string {
	if t.IsZero() {
		return ""
	}
	return say(lang, "depuis ", "since ") + p.moment(t, lang).Text
}

func (p *Portal) oneQueue(r *http.Request, id string) (oneQueue, bool) {
	ctx, lang := r.Context(), p.words(r).Lang
	all := p.queueObjects()
	i := slices.IndexFunc(all, func(q queueObject) bool { return q.ID == id })
	if i < 0 {
		return oneQueue{}, false
	}
	live, known := p.live(id)
	v := oneQueue{board: p.board(all[i], live, known, lang), Path: "/ui/live/" + url.PathEscape(id), reasons: p.pauseReasons()}
	for _, f := range p.today(ctx) {
		if f.Queue == id {
			v.Day.add(f, all[i].Target)
		}
	}
	for _, c := range live.Callers {
		v.Callers = append(v.Callers, waiter{c.Position, cmp.Or(strings.TrimSpace(c.Number+" "+c.Name), say(lang, "numéro masqué", "number withheld")), short(c.Wait)})
	}
	n, listens := p.names(), p.listens(r)
	for _, m := range live.Members {
		what, until := doing(m, time.Duration(v.Wrapup)*time.Second, p.Now())
		v.Members = append(v.Members, memberRow{
			Part: "member-" + m.Number, Key: m.Number, Path: v.Path, Number: m.Number, Name: n[m.Number], Mark: doingWords[what][0],
			State: say(lang, doingWords[what][1], doingWords[what][2]), Detail: p.detail(m, what, until, lang), Stays: !m.Agent, Paused: m.Paused, Reasons: v.reasons,
		})
		if what == talking && listens != "" && !slices.Contains(p.visitor(r).Numbers, m.Number) {
			v.Members[len(v.Members)-1].Listen = listens + m.Number
		}
	}
	for _, a := range p.agentList() {
		if slices.ContainsFunc(a.Queues, func(s seat) bool { return s.Queue == id && s.MayLogIn && !s.LoggedIn }) {
			v.Others = append(v.Others, memberRow{Path: v.Path, Number: a.Number, Name: cmp.Or(a.Name, n[a.Number])})
		}
	}
	return v, true
}

func (p *Portal) oneQueuePage(w http.ResponseWriter, r *http.Request) {
	v, ok := p.oneQueue(r, r.PathValue("id"))
	if !ok {
		p.missing(w, r)
		return
	}
	p.screen(w, r, http.StatusOK, "onequeue", v)
}

func (v oneQueue) live() string                 { return "/ui/events/now?page=queue&id=" + url.QueryEscape(v.ID) }
func (v oneQueue) drawn() (lang, screen string) { return v.Lang, "onequeue" }
func (v oneQueue) ticks() bool                  { return true }
func (v oneQueue) pieces() []piece {
	out := []piece{{"figures", "figures", "", v}, {"callers", "callers", "", v}, {"others", "others", "", v}}
	for _, m := range v.Members {
		out = append(out, piece{m.Part, "member", m.Key, m})
	}
	return out
}

// agentVerbs are what forms do to agents, and what they say then.
var agentVerbs = map[string][2]string{
	"login":   {"%s est connecté.", "%s is logged in."},
	"logout":  {"%s est déconnecté.", "%s is logged out."},
	"pause":   {"%s est en pause.", "%s is paused."},
	"unpause": {"%s reprend les appels.", "%s takes calls again."},
}

// tellAgent does what a button says, and goes back to the page.
func (p *Portal) tellAgent(w http.ResponseWriter, r *http.Request, number, queue, back string) {
	verb, words := r.PathValue("verb"), p.words(r)
	said, ok := agentVerbs[verb]
	if !ok || p.Queues == nil || !houseNumber.MatchString(number) {
		p.missing(w, r)
		return
	}
	reason := ""
	if verb == "pause" {
		reason = r.PostForm.Get("reason")
	}
	n := notice{Text: fmt.Sprintf(say(words.Lang, said[0], said[1]), p.names().of(number, ""))}
	switch err := p.Queues.Agent(r.Context(), verb, number, queue, reason); {
	case errors.Is(err, fs.ErrNotExist):
		p.missing(w, r)
		return
	case errors.Is(err, ErrConflict):
		n = notice{Bad: true}
		n.Text, n.Foreign = p.translated(err.Error(), words.Lang)
		n.Text = sentence(n.Text)
	case err != nil:
		p.Log.Error("command for an agent", "verb", verb, "number", number, "error", err)
		n = notice{Bad: true, Text: words.Admin.Failed}
	default:
		p.Log.Info("command for an agent", "verb", verb, "number", number, "queue", queue, "by", Actor(r.Context()), "from", remote(r))
	}
	p.tell(r, n)
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (p *Portal) oneQueueForm(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	id := r.PathValue("id")
	if _, ok := p.Objects.Object("queue", id); !ok {
		p.missing(w, r)
		return
	}
	p.tellAgent(w, r, r.PostForm.Get("number"), id, "/ui/live/"+url.PathEscape(id))
}
