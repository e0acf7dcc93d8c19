package portal

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"autocom/pbx"
	"autocom/portal/account"
)

// probeWait is how long the first page waits to know of another DHCP server. The page of
// the code has begun to ask: mostly it is known.
const probeWait = 6 * time.Second

// welcoming is the page of the first minute: everything has a value that will do.
type welcoming struct {
	Name      string // of the administrator
	Least     int    // characters of a password
	Bad       string
	Foreign   bool // Bad is English
	Box       bool // there is more to choose than a password
	Site      pbx.Site
	Here      string // our address with its prefix, "" without one
	Fixed     bool
	Giving    bool
	Other     string // the DHCP server that is there
	Known     bool   // whether there is one is known
	Countries []country
	Zones     []string
	Now       int64 // by our clock, in milliseconds
}

func (p *Portal) welcomePage(w http.ResponseWriter, r *http.Request) {
	if p.settled() {
		http.Redirect(w, r, "/ui/reset", http.StatusSeeOther)
		return
	}
	p.showWelcome(w, r, http.StatusOK, p.welcoming(r))
}

// showWelcome adds what is asked of the network, and what there is to choose from.
func (p *Portal) showWelcome(w http.ResponseWriter, r *http.Request, code int, page welcoming) {
	if page.Box {
		ctx, cancel := context.WithTimeout(r.Context(), probeWait)
		defer cancel()
		other, known := p.Box.OtherDHCP(ctx)
		if page.Known = known; other.IsValid() {
			page.Other = other.String()
		}
		page.Countries = countries()
		page.Zones = zones(page.Countries)
		page.Now = p.Now().UnixMilli()
	}
	p.screen(w, r, code, "welcome", page)
}

// welcoming is what the page begins with.
func (p *Portal) welcoming(r *http.Request) welcoming {
	page := welcoming{Name: firstName, Least: account.MinPassword, Box: p.Box != nil}
	if p.Box == nil {
		return page
	}
	page.Site = p.Box.Site()
	page.Site.Language = p.words(r).Lang
	at, giving := p.Box.Network()
	if page.Giving = giving; at.IsValid() {
		page.Here = at.String()
	}
	if fixed, err := netip.ParsePrefix(page.Site.Address); err == nil {
		page.Here, page.Fixed = fixed.String(), true
	} else {
		// An address that the box gave itself goes when a router comes: it is not one to fix.
		page.Fixed = page.Here != "" && !giving && p.Box.Sensible(pbx.Site{Address: page.Here}) == nil
	}
	return page
}

// read takes the form over the page.
func (w *welcoming) read(f func(string) string) {
	w.Name = cmp.Or(account.Key(f("account")), firstName)
	if !w.Box {
		return
	}
	s := pbx.Site{
		Title: strings.TrimSpace(f("title")), Language: f("language"), Country: strings.ToUpper(strings.TrimSpace(f("country"))),
		TimeZone: strings.TrimSpace(f("timezone")), DHCP: f("dhcp"), Mode: f("mode"), Address: "auto",
	}
	if w.Fixed = f("fixed") != ""; w.Fixed {
		w.Here = strings.TrimSpace(f("address"))
		s.Address = w.Here
	}
	if f("dhcp") == "" && f("mode") == "" { // a program, which sends a password alone
		s.Address = ""
	}
	w.Site = s.Or(w.Site)
}

func (p *Portal) welcome(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	if p.settled() {
		http.Redirect(w, r, "/ui/login", http.StatusSeeOther)
		return
	}
	ahead := p.clockBehind(r) // at once: what follows takes its time
	page := p.welcoming(r)
	page.read(r.PostForm.Get)
	again := func(why string, foreign bool) {
		page.Bad, page.Foreign = why, foreign
		p.showWelcome(w, r, http.StatusBadRequest, page)
	}
	if page.Box {
		if err := p.Box.Sensible(page.Site); err != nil {
			text, foreign := p.translated(err.Error(), p.words(r).Lang)
			again(sentence(text), foreign)
			return
		}
	}
	a, err := p.Accounts.Establish(r.Context(), page.Name, page.Site.Language, r.PostForm.Get("password"))
	switch {
	case errors.Is(err, account.ErrTaken): // somebody was quicker
		http.Redirect(w, r, "/ui/login", http.StatusSeeOther)
		return
	case err != nil:
		again(p.whyNot(r, err), false)
		return
	}
	p.ended(w, r)
	p.Log.Info("the first administrator is made", "account", a.Name, "from", remote(r))
	p.setupUsed(r, a.Name, "the setup code made the first administrator: "+a.Name)
	if page.Box {
		p.setClock(r, ahead) // before the session, which is counted by it
	}
	if !p.enter(w, r, a) {
		return
	}
	if page.Box && page.Site != p.Box.Site() {
		if err := p.Box.Choose(acting(r, a.Name).Context(), page.Site); err != nil {
			p.Log.Error("what was chosen in the first minute is not kept: choose it again under settings", "error", err)
		}
	}
	http.Redirect(w, r, "/ui/phones", http.StatusSeeOther)
}
