package portal

import (
	"fmt"
	"net/http"

	"autocom/portal/account"
)

// ownRoutes are what everybody does for themselves: of numbers, those of their own.
func (p *Portal) ownRoutes() []route {
	at := "/api/v1/me/numbers/{number}"
	return []route{
		{"GET /ui/me", p.mePage, user},
		{"POST /ui/me/password", p.mePassword, user},
		{"GET /api/v1/me", p.me, user},
		{"GET " + at + "/forwards", p.own(p.readForwards), user},
		{"PUT " + at + "/forwards", p.own(p.writeForwards), user},
		{"GET " + at + "/messages", p.own(p.messages), user},
		{"GET " + at + "/messages/{id}", p.own(p.messageSound), user},
		{"PATCH " + at + "/messages/{id}", p.own(p.messageHeard), user},
		{"DELETE " + at + "/messages/{id}", p.own(p.messageDelete), user},
		{"POST " + at + "/login", p.own(p.agentDo("login")), agent},
		{"POST " + at + "/logout", p.own(p.agentDo("logout")), agent},
		{"POST " + at + "/pause", p.own(p.agentDo("pause")), agent},
		{"POST " + at + "/unpause", p.own(p.agentDo("unpause")), agent},
	}
}

// me tells a program whom it speaks for.
func (p *Portal) me(w http.ResponseWriter, r *http.Request) {
	v := p.visitor(r)
	if v.Numbers == nil {
		v.Numbers = []string{}
	}
	reply(w, http.StatusOK, map[string]any{
		"account": v.Account, "name": v.Name, "role": v.Role, "person": v.Person, "numbers": v.Numbers, "reads_only": v.reads,
	})
}

// self is the page about who looks.
type self struct {
	visitor
	ownThings
	Role  string
	Least int // characters of a password
	Bad   string
	Done  bool // the password was changed just now
}

func (p *Portal) self(r *http.Request) self {
	v := p.visitor(r)
	return self{visitor: v, ownThings: p.ownThings(r), Role: p.words(r).Door.role(v.Role), Least: account.MinPassword}
}

func (p *Portal) mePage(w http.ResponseWriter, r *http.Request) {
	page := p.self(r)
	page.Done = r.URL.Query().Has("done")
	p.screen(w, r, http.StatusOK, "me", page)
}

// mePassword changes one's own password: who finds an open browser must know the old one.
func (p *Portal) mePassword(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	page, from, words := p.self(r), remote(r), p.words(r)
	fail := func(code int, why string) {
		page.Bad = why
		p.screen(w, r, code, "me", page)
	}
	if seconds := p.tooSoon(w, from, page.Account); seconds > 0 {
		fail(http.StatusTooManyRequests, fmt.Sprintf(words.Admin.CodeWait, seconds))
		return
	}
	a, err := p.Accounts.Login(r.Context(), page.Account, r.PostForm.Get("old"))
	if err == nil {
		p.throttle.good(from, page.Account)
		err = p.Accounts.SetPassword(r.Context(), a.Name, r.PostForm.Get("password"))
	}
	if err != nil {
		fail(http.StatusBadRequest, p.whyNot(r, err))
		return
	}
	p.Log.Info("password changed", "account", a.Name, "from", from)
	if p.enter(w, r, a) { // all sessions have ended, this one too
		http.Redirect(w, r, "/ui/me?done", http.StatusSeeOther)
	}
}
