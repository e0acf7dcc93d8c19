package portal

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"autocom/pbx"
	"autocom/portal/account"
)

// doorRoutes are the ways in: a name with its password, and the setup code, which opens the
// first minute while there is no administrator and sets an administrator's password later.
func (p *Portal) doorRoutes() []route {
	return []route{
		{"GET /ui/login", p.loginPage, anybody},
		{"POST /ui/login", p.login, anybody},
		{"POST /ui/logout", p.logout, user},
		{"GET /ui/code", p.codePage, anybody},
		{"POST /ui/code", p.code, anybody},
		{"GET /ui/welcome", p.begun(p.welcomePage), anybody},
		{"POST /ui/welcome", p.begun(p.welcome), anybody},
		{"GET /ui/reset", p.begun(p.resetPage), anybody},
		{"POST /ui/reset", p.begun(p.reset), anybody},
	}
}

// gate is what the pages before the house show.
type gate struct {
	Name string
	Next string
	Bad  string
	Code bool // there is no administrator: the setup code is the way in
}

// Dial is what the first phone dials to hear the setup code.
func (gate) Dial() string { return pbx.SetupDial }

// settled reports that the first minute is over.
func (p *Portal) settled() bool { return p.Accounts != nil && len(p.Accounts.Admins()) > 0 }

func (p *Portal) loginPage(w http.ResponseWriter, r *http.Request) {
	next := inside(r.URL.Query().Get("next"))
	switch {
	case p.visitor(r).Role > anybody:
		http.Redirect(w, r, next, http.StatusSeeOther)
	case !p.settled():
		http.Redirect(w, r, "/ui/code", http.StatusSeeOther)
	default:
		p.screen(w, r, http.StatusOK, "login", gate{Next: next})
	}
}

func (p *Portal) login(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	from, name := remote(r), account.Key(r.PostForm.Get("name"))
	if len(name) > 160 {
		name = ""
	}
	words, next := p.words(r), inside(r.PostForm.Get("next"))
	if seconds := p.tooSoon(w, from, name); seconds > 0 {
		p.screen(w, r, http.StatusTooManyRequests, "login", gate{name, next, fmt.Sprintf(words.Admin.CodeWait, seconds), true})
		return
	}
	a, err := p.Accounts.Login(r.Context(), name, r.PostForm.Get("password"))
	switch {
	case errors.Is(err, account.ErrWrong):
		p.turnAway(r, name, false)
		p.screen(w, r, http.StatusForbidden, "login", gate{name, next, words.Door.LoginWrong, true})
		return
	case err != nil:
		p.Log.Error("nobody can log in", "error", err)
		p.screen(w, r, http.StatusServiceUnavailable, "login", gate{name, next, words.Door.Busy, true})
		return
	}
	p.throttle.good(from, name)
	if p.enter(w, r, a) {
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

// tooSoon counts an attempt; more than 0 are the seconds to wait for the next.
func (p *Portal) tooSoon(w http.ResponseWriter, from netip.Addr, name string) int {
	wait := p.throttle.take(from, name, p.Now())
	if wait <= 0 {
		return 0
	}
	seconds := int(wait/time.Second) + 1
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return seconds
}

// enter opens a session; false when the request was answered.
func (p *Portal) enter(w http.ResponseWriter, r *http.Request, a account.Account) bool {
	if old := sessionToken(r); old != "" {
		_ = p.Accounts.End(r.Context(), account.SessionID(old), "") // of before; there may be none
	}
	secret, err := p.Accounts.Start(r.Context(), a.Name, remote(r).String(), r.UserAgent())
	if err != nil {
		p.Log.Error("no session", "account", a.Name, "error", err)
		http.Error(w, p.words(r).Admin.Failed, http.StatusInternalServerError)
		return false
	}
	p.giveSession(w, r, secret)
	languageOf(w, r, a)
	p.Log.Info("somebody logged in", "account", a.Name, "role", a.Role, "from", remote(r))
	return true
}

func (p *Portal) logout(w http.ResponseWriter, r *http.Request) {
	if err := p.Accounts.End(r.Context(), account.SessionID(sessionToken(r)), p.visitor(r).Account); err != nil {
		p.Log.Error("a session did not end", "error", err)
	}
	p.dropSession(w, r)
	http.Redirect(w, r, "/ui/login", http.StatusSeeOther)
}

// digits is what counts of a code: people type it with a space, a dash or without.
func digits(code string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, code)
}

// setupUsed tells the owner of what the setup code did; account is whose, "" nobody's yet.
func (p *Portal) setupUsed(r *http.Request, account, text string) {
	a := Alert{At: p.Now(), Kind: AlertSetup, IP: remote(r), Text: text}
	if account != "" {
		a.Device = "account " + account // the same of two accounts is not the same
	}
	p.NoteAlert(a)
}

func (p *Portal) codePage(w http.ResponseWriter, r *http.Request) {
	if p.Box != nil && !p.settled() { // known until the next page asks
		go p.Box.OtherDHCP(context.WithoutCancel(r.Context()))
	}
	p.screen(w, r, http.StatusOK, "code", gate{Code: !p.settled()})
}

func (p *Portal) code(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	from, words := remote(r), p.words(r).Admin
	if seconds := p.tooSoon(w, from, ""); seconds > 0 {
		p.screen(w, r, http.StatusTooManyRequests, "code", gate{Bad: fmt.Sprintf(words.CodeWait, seconds), Code: !p.settled()})
		return
	}
	want, got := digits(p.SetupCode()), digits(r.PostForm.Get("code"))
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	if len(want) < 8 || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		p.turnAway(r, "", true)
		p.screen(w, r, http.StatusForbidden, "code", gate{Bad: words.CodeWrong, Code: !p.settled()})
		return
	}
	p.throttle.good(from, "")
	p.begin(w, r)
	p.Log.Info("somebody typed the setup code", "from", from)
	to, text := "/ui/welcome", "the setup code was typed: whoever did may make the first administrator"
	if p.settled() {
		to, text = "/ui/reset", "the setup code was typed: whoever did may give an administrator another password"
	}
	p.setupUsed(r, "", text)
	http.Redirect(w, r, to, http.StatusSeeOther)
}
