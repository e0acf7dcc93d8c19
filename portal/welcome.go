package portal

import (
	"cmp"
	"errors"
	"net/http"

	"autocom/portal/account"
)

// welcoming is the page of the first minute.
type welcoming struct {
	Name  string // of the administrator
	Least int    // characters of a password
	Bad   string
}

func (p *Portal) welcomePage(w http.ResponseWriter, r *http.Request) {
	if p.settled() {
		http.Redirect(w, r, "/ui/reset", http.StatusSeeOther)
		return
	}
	p.screen(w, r, http.StatusOK, "welcome", welcoming{Name: firstName, Least: account.MinPassword})
}

func (p *Portal) welcome(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	page := welcoming{Name: cmp.Or(account.Key(r.PostForm.Get("account")), firstName), Least: account.MinPassword}
	a, err := p.Accounts.Establish(r.Context(), page.Name, "", r.PostForm.Get("password"))
	switch {
	case errors.Is(err, account.ErrTaken): // somebody was quicker
		http.Redirect(w, r, "/ui/login", http.StatusSeeOther)
		return
	case err != nil:
		page.Bad = p.whyNot(r, err)
		p.screen(w, r, http.StatusBadRequest, "welcome", page)
		return
	}
	p.ended(w, r)
	p.Log.Info("the first administrator is made", "account", a.Name, "from", remote(r))
	if p.enter(w, r, a) {
		http.Redirect(w, r, "/ui/phones", http.StatusSeeOther)
	}
}
