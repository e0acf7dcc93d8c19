package portal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"autocom/provision"
)

// pageOfCalls is how many one page shows.
const pageOfCalls = 50

// party is one side of a call, as the records have it.
type party struct{ Number, Name string }

// callRecord is a call of the records, as far as pages tell of it.
type callRecord struct {
	ID                 string
	Start, Answer, End time.Time
	Wait, Talk         float64
	Direction, Result  string
	From               party
	Dialled, Number    string
	AnsweredBy         party `json:"answered_by"`
	Transfers          []party
	Queue, Conference  string
	Box, Trunk         string
	Cut                bool
	Recordings         []string
	Steps              []callStep
}

type callStep struct {
	At    time.Time
	What  string
	Who   party
	Where string
}

// callRow is a call in a list.
type callRow struct {
	Link       string
	When       moment
	Direction  string
	Way        string // the direction in words
	From, To   string
	Queue      string
	Result     string
	Mark       string // of the state
	Wait, Talk string
	Recordings int
}

// callSearch is the form above the list.
type callSearch struct {
	Text, From, To            string
	Directions, Results, Many []choice
	Set                       bool // something is searched for
}

// callList is the page of calls.
type callList struct {
	Search       callSearch
	Rows         []callRow
	Older, First string // pages
	CSV          string
	Bad          string // what is wrong with the search
}

var resultWords = map[string][3]string{ // mark, French, English
	"answered":  {"good", "répondu", "answered"},
	"voicemail": {"wait", "messagerie", "voicemail"},
	"busy":      {"bad", "occupé", "busy"},
	"missed":    {"bad", "sans réponse", "missed"},
	"failed":    {"bad", "échec", "failed"},
	"service":   {"none", "service", "service"},
}

func wayOf(direction, lang string) string {
	switch direction {
	case "in":
		return say(lang, "entrant", "incoming")
	case "out":
		return say(lang, "sortant", "outgoing")
	}
	return say(lang, "interne", "internal")
}

func (p *Portal) callRow(c callRecord, n names, lang string) callRow {
	result := resultWords[c.Result]
	row := callRow{
		Link: "/ui/calls/" + url.PathEscape(c.ID), When: p.moment(c.Start, lang), Direction: c.Direction, Way: wayOf(c.Direction, lang),
		From: n.of(c.From.Number, c.From.Name), Mark: result[0], Result: say(lang, result[1], result[2]), Recordings: len(c.Recordings),
	}
	to := c.Number
	if to == "" {
		to = c.Dialled
	}
	if row.To = n.of(to, ""); c.AnsweredBy.Number != "" {
		row.To = n.of(c.AnsweredBy.Number, c.AnsweredBy.Name)
	}
	if row.From == "" {
		row.From = say(lang, "numéro masqué", "number withheld")
	}
	if c.Queue != "" {
		row.Queue = p.queueName(c.Queue)
	}
	if row.Wait = long(c.Wait); c.Talk > 0 {
		row.Talk = long(c.Talk)
	}
	return row
}

// spaces that people write into numbers.
var spaces = strings.NewReplacer(" ", "", ".", "", "-", "", "\u00a0", "", "(", "", ")", "")

// callQuery makes of the page's form the parameters of the API.
func callQuery(form url.Values) (out url.Values, search callSearch) {
	out = url.Values{}
	text := clipped(provision.Clean(form.Get("q")))
	if number := spaces.Replace(text); someNumber.MatchString(number) {
		out.Set("number", number)
	} else if text != "" {
		out.Set("name", text)
	}
	for _, name := range []string{"from", "to", "direction", "result", "queue"} {
		if v := form.Get(name); v != "" && len(v) <= 80 {
			out.Set(name, v)
		}
	}
	return out, callSearch{Text: text, From: form.Get("from"), To: form.Get("to"), Set: len(out) > 0}
}

// queried reads parameters that are not those of the request.
func (p *Portal) queried(r *http.Request, v url.Values) (CallQuery, error) {
	return p.query(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: r.URL.Path, RawQuery: v.Encode()}})
}

func (p *Portal) callsPage(w http.ResponseWriter, r *http.Request) {
	if p.recordless(w, r) {
		return
	}
	lang, form := p.words(r).Lang, r.URL.Query()
	v, search := callQuery(form)
	page := callList{Search: search, CSV: "/api/v1/calls?" + withFormat(v)}
	all := say(lang, "Tous", "All")
	page.Search.Directions = choose(form.Get("direction"), choice{"", all, false}, choice{"in", say(lang, "Entrants", "Incoming"), false},
		choice{"out", say(lang, "Sortants", "Outgoing"), false}, choice{"internal", say(lang, "Internes", "Internal"), false})
	page.Search.Results = choose(form.Get("result"), choice{"", all, false}, choice{"answered", say(lang, "Répondus", "Answered"), false},
		choice{"unanswered", say(lang, "Non répondus", "Not answered"), false}, choice{"voicemail", say(lang, "Messagerie", "Voicemail"), false})
	page.Search.Many = p.queueChoices(form.Get("queue"), say(lang, "Toutes", "All"))
	if after := form.Get("after"); after != "" {
		v.Set("after", after)
		page.First = "/ui/calls?" + searched(form).Encode()
	}
	q, err := p.queried(r, v)
	if err != nil {
		page.Bad = say(lang, "Cette recherche ne se comprend pas : ", "This search makes no sense: ") + err.Error()
		p.screen(w, r, http.StatusBadRequest, "calls", page)
		return
	}
	q.Limit = pageOfCalls
	list, next, err := p.History.Calls(r.Context(), q)
	if err != nil {
		p.Log.Error("records of calls", "error", err)
		http.Error(w, "the records cannot be read: see the box's log", http.StatusInternalServerError)
		return
	}
	n := p.names()
	for _, text := range list {
		var c callRecord
		if err := json.Unmarshal(text, &c); err != nil {
			p.Log.Error("a record of a call", "error", err)
			continue
		}
		page.Rows = append(page.Rows, p.callRow(c, n, lang))
	}
	if next != "" {
		older := searched(form)
		older.Set("after", next)
		page.Older = "/ui/calls?" + older.Encode()
	}
	p.screen(w, r, http.StatusOK, "calls", page)
}

// searched is the form without the place in the list.
func searched(form url.Values) url.Values {
	out := url.Values{}
	for _, name := range []string{"q", "from", "to", "direction", "result", "queue"} {
		if v := form.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

func cloned(v url.Values) url.Values {
	out := url.Values{}
	for name, values := range v {
		out[name] = slices.Clone(values)
	}
	return out
}

func withFormat(v url.Values) string {
	out := cloned(v)
	out.Set("format", "csv")
	return out.Encode()
}

// callView is the page of one call.
type callView struct {
	callRow
	Day, Began string
	Facts      []fact
	Steps      []told
	Sounds     []soundOf
	Path       string
}

// told is one thing that happened, in words.
type told struct{ At, Text string }

type soundOf struct{ Link, Name string }

func (p *Portal) callPage(w http.ResponseWriter, r *http.Request) {
	if p.recordless(w, r) {
		return
	}
	id, lang := r.PathValue("id"), p.words(r).Lang
	if !callID.MatchString(id) {
		p.missing(w, r)
		return
	}
	text, err := p.History.Call(r.Context(), id)
	var c callRecord
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.missing(w, r)
		return
	case err != nil:
		p.Log.Error("a record of a call", "error", err)
		http.Error(w, "the records cannot be read: see the box's log", http.StatusInternalServerError)
		return
	}
	n, zone := p.names(), p.zone()
	v := callView{callRow: p.callRow(c, n, lang), Day: day(c.Start.In(zone), lang), Began: c.Start.In(zone).Format("15:04:05"), Path: "/ui/calls/" + url.PathEscape(id)}
	add := func(fr, en, value string) {
		if value != "" {
			v.Facts = append(v.Facts, fact{Name: say(lang, fr, en), Value: value})
		}
	}
	add("De", "From", v.From)
	add("Vers", "To", n.of(c.Dialled, ""))
	add("A répondu", "Answered by", n.of(c.AnsweredBy.Number, c.AnsweredBy.Name))
	add("Attente", "Wait", v.Wait)
	add("Conversation", "Talk", v.Talk)
	add("File d'attente", "Queue", v.Queue)
	add("Messagerie de", "Mailbox of", n.of(c.Box, ""))
	add("Ligne extérieure", "Trunk", p.trunkName(c.Trunk))
	if c.Cut {
		add("Fin", "End", say(lang, "le standard s'est arrêté pendant l'appel", "the exchange stopped in the middle of it"))
	}
	v.Steps = p.tellSteps(c, n, lang)
	for i := range c.Recordings {
		v.Sounds = append(v.Sounds, soundOf{fmt.Sprintf("/api/v1/calls/%s/recording?n=%d", url.PathEscape(id), i), fmt.Sprintf("%s-%d.wav", c.Start.In(zone).Format("2006-01-02-150405"), i+1)})
	}
	p.screen(w, r, http.StatusOK, "call", v)
}

func (p *Portal) trunkName(id string) string {
	if o, ok := p.Objects.Object("trunk", id); ok && o.Name != "" {
		return o.Name
	}
	return id
}

// callForm erases what is kept of a call.
func (p *Portal) callForm(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) || p.recordless(w, r) {
		return
	}
	id, act, words := r.PathValue("id"), r.PathValue("act"), p.words(r)
	var err error
	to, done := "/ui/calls/"+url.PathEscape(id), say(words.Lang, "Les enregistrements sont effacés.", "The recordings are erased.")
	switch act {
	case "silence":
		err = p.History.DropRecordings(r.Context(), id)
	case "forget":
		to, done = "/ui/calls", say(words.Lang, "L'appel est effacé.", "The call is erased.")
		err = p.History.DropCall(r.Context(), id)
	default:
		err = fs.ErrNotExist
	}
	if !callID.MatchString(id) || errors.Is(err, fs.ErrNotExist) {
		p.missing(w, r)
		return
	}
	n := notice{Text: done}
	if err != nil {
		p.Log.Error("record not erased", "call", id, "error", err)
		n = notice{Bad: true, Text: words.Admin.Failed}
	} else {
		p.Log.Info("records of a call were erased", "call", id, "what", act, "from", remote(r))
	}
	p.tell(r, n)
	http.Redirect(w, r, to, http.StatusSeeOther)
}
