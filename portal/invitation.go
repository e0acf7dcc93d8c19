package portal

import (
	"net/http"
	"time"

	"autocom/portal/account"
)

// invitation makes a link to choose a password with, good once and for a while. It is of
// https when the asker came by it: then their certificate is believed here.
func (p *Portal) invitation(r *http.Request, name string) (link string, until time.Time, err error) {
	secret, until, err := p.Accounts.Invite(r.Context(), name)
	base := "http://" + p.Site().Host() + "/"
	if r.TLS != nil && p.Site().HTTPSPort != 0 {
		base = p.Site().SecureURL()
	}
	return base + "ui/invitation/" + secret, until, err
}

// invited is the page of an invitation.
type invited struct {
	Path  string // the form's, with the secret
	Name  string
	Least int
	Bad   string
	Gone  bool // it was used, or is too old
}

func (p *Portal) invitedBy(r *http.Request) (invited, bool) {
	a, ok := p.Accounts.Invited(r.PathValue("secret"))
	return invited{Path: "/ui/invitation/" + r.PathValue("secret"), Name: a.Name, Least: account.MinPassword, Gone: !ok}, ok
}

func (p *Portal) invitationPage(w http.ResponseWriter, r *http.Request) {
	page, ok := p.invitedBy(r)
	if !ok {
		p.screen(w, r, http.StatusNotFound, "invitation", invited{Gone: true})
		return
	}
	p.screen(w, r, http.StatusOK, "invitation", page)
}

func (p *Portal) invitationAccept(w http.ResponseWriter, r *http.Request) {
	page, ok := p.invitedBy(r)
	if !ok {
		p.screen(w, r, http.StatusNotFound, "invitation", invited{Gone: true})
		return
	}
	if !form(w, r) {
		return
	}
	a, err := p.Accounts.Accept(r.Context(), r.PathValue("secret"), r.PostForm.Get("password"))
	if err != nil {
		page.Bad = p.whyNot(r, err)
		p.screen(w, r, http.StatusBadRequest, "invitation", page)
		return
	}
	p.Log.Info("an invitation was accepted", "account", a.Name, "from", remote(r))
	if p.enter(w, r, a) {
		http.Redirect(w, r, "/ui/", http.StatusSeeOther)
	}
}
