package portal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"autocom/provision"
)

// ownThings is what the page about who looks shows of their numbers.
type ownThings struct {
	Once     once // the address of an application's file, once
	Apps     []appShown
	Lines    []ownLine
	Calls    []callRow
	Phone    string // where the browser phone is; "" none in this build
	Agent    bool   // of some queue
	Numbered bool   // has a number
}

// ownLine is one number of the reader's.
type ownLine struct {
	Number   string
	Path     string // of its forms
	Set      Forwarding
	Known    bool // Asterisk says what is set
	Box      bool // has a mailbox
	Messages []ownMessage
}

type ownMessage struct {
	ID, From, Long string
	When           moment
	Heard          bool
	Sound, Path    string
}

// someMessages and someOwnCalls bound the page.
const (
	someMessages = 50
	someOwnCalls = 10
)

// ownFormRoutes are the buttons of it.
func (p *Portal) ownFormRoutes() []route {
	return []route{
		{"POST /ui/me/{number}/forwards", p.ownForwards, user},
		{"POST /ui/me/{number}/messages/{id}/{act}", p.ownMessage, user},
	}
}

func (p *Portal) ownThings(r *http.Request) ownThings {
	v, lang := p.visitor(r), p.words(r).Lang
	out := ownThings{Numbered: len(v.Numbers) > 0, Agent: v.Role >= agent && len(p.ownAgents(r)) > 0, Once: p.takeOnce(r), Apps: p.shownApps(r)}
	if p.hasSoftphone() {
		out.Phone = "/ui/softphone"
		if r.TLS == nil && p.Site().HTTPSPort != 0 {
			out.Phone = p.Site().SecureURL() + "ui/softphone"
		}
	}
	for _, number := range v.Numbers {
		out.Lines = append(out.Lines, p.ownLine(r, number, lang))
	}
	if p.History == nil {
		return out
	}
	n := p.names()
	for _, number := range v.Numbers {
		list, _, err := p.History.Calls(r.Context(), CallQuery{Number: number, Limit: someOwnCalls})
		if err != nil {
			p.Log.Error("own calls", "error", err)
			continue
		}
		for _, text := range list {
			var c callRecord
			if json.Unmarshal(text, &c) != nil {
				continue
			}
			row := p.callRow(c, n, lang)
			if v.Role < supervisor {
				row.Link = "" // the page of a call is for who supervises
			}
			out.Calls = append(out.Calls, row)
		}
	}
	return out
}

func (p *Portal) ownLine(r *http.Request, number, lang string) ownLine {
	at := "/ui/me/" + url.PathEscape(number)
	l := ownLine{Number: number, Path: at}
	if p.Forwards != nil {
		set, err := p.Forwards.Forwards(r.Context(), number)
		l.Set, l.Known = set, err == nil
	}
	if p.Mailboxes == nil {
		return l
	}
	list, err := p.Mailboxes.Messages(number)
	l.Box = err == nil
	for i, m := range list {
		if i == someMessages {
			break
		}
		from := strings.TrimSpace(m.From + " " + m.Name)
		if from == "" {
			from = say(lang, "numéro masqué", "number withheld")
		}
		id := url.PathEscape(m.ID)
		l.Messages = append(l.Messages, ownMessage{
			ID: m.ID, From: from, Long: long(float64(m.Seconds)), When: p.moment(m.At, lang), Heard: m.Heard,
			Sound: "/api/v1/me/numbers/" + url.PathEscape(number) + "/messages/" + id, Path: at + "/messages/" + id,
		})
	}
	return l
}

// ownDone says how a button went, and goes back.
func (p *Portal) ownDone(w http.ResponseWriter, r *http.Request, done string, err error) {
	words := p.words(r)
	n := notice{Text: done}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.missing(w, r)
		return
	case errors.Is(err, ErrConflict):
		n = notice{Bad: true}
		n.Text, n.Foreign = p.translated(err.Error(), words.Lang)
		n.Text = sentence(n.Text)
	case err != nil:
		p.Log.Error("button of one's own page", "path", r.URL.Path, "error", err)
		n = notice{Bad: true, Text: words.Admin.Failed}
	}
	p.tell(r, n)
	http.Redirect(w, r, "/ui/me", http.StatusSeeOther)
}

// forwardsOf reads the form of forwards; false when one leads nowhere.
func forwardsOf(f url.Values) (Forwarding, bool) {
	clean := func(name string) string { return spaces.Replace(provision.Clean(f.Get(name))) }
	set := Forwarding{Always: clean("always"), Busy: clean("busy"), None: clean("none"), Absent: clean("absent"), DND: f.Get("dnd") != ""}
	for _, to := range []string{set.Always, set.Busy, set.None, set.Absent} {
		if !forwardTo.MatchString(to) {
			return set, false
		}
	}
	return set, true
}

func (p *Portal) ownForwards(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	number, words := r.PathValue("number"), p.words(r).Setup
	if !p.mine(r, number) || p.Forwards == nil || !houseNumber.MatchString(number) {
		p.missing(w, r)
		return
	}
	set, ok := forwardsOf(r.PostForm)
	if !ok {
		p.tell(r, notice{Bad: true, Text: words.ForwardBad})
		http.Redirect(w, r, "/ui/me", http.StatusSeeOther)
		return
	}
	p.ownDone(w, r, words.Forwarded, p.Forwards.SetForwards(r.Context(), number, set))
}

func (p *Portal) ownMessage(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	number, id, lang := r.PathValue("number"), r.PathValue("id"), p.words(r).Lang
	if !p.mine(r, number) || p.Mailboxes == nil || !houseNumber.MatchString(number) {
		p.missing(w, r)
		return
	}
	switch r.PathValue("act") {
	case "delete":
		p.ownDone(w, r, say(lang, "Le message est supprimé.", "The message is deleted."), p.Mailboxes.Delete(r.Context(), number, id))
	case "heard":
		p.ownDone(w, r, say(lang, "Le message est marqué comme écouté.", "The message is marked as heard."), p.Mailboxes.Heard(r.Context(), number, id, true))
	case "new":
		p.ownDone(w, r, say(lang, "Le message est de nouveau à écouter.", "The message is to be heard again."), p.Mailboxes.Heard(r.Context(), number, id, false))
	default:
		p.missing(w, r)
	}
}

// Unheard is how many messages wait.
func (l ownLine) Unheard() (n int) {
	for _, m := range l.Messages {
		if !m.Heard {
			n++
		}
	}
	return n
}
