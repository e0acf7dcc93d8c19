package portal

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"autocom/portal/account"
)

// doorAPI is who gets in, for programs.
func (p *Portal) doorAPI() []route {
	return []route{
		{"GET /api/v1/accounts", p.listAccounts, admin},
		{"POST /api/v1/accounts", p.addAccount, admin},
		{"GET /api/v1/accounts/{name}", p.getAccount, admin},
		{"PATCH /api/v1/accounts/{name}", p.patchAccount, admin},
		{"DELETE /api/v1/accounts/{name}", p.dropAccount, admin},
		{"POST /api/v1/accounts/{name}/invitation", p.inviteAccount, admin},
		{"GET /api/v1/sessions", p.listSessions, admin},
		{"DELETE /api/v1/sessions/{id}", p.endSession, admin},
		{"GET /api/v1/refused-logins", p.listRefused, admin},
	}
}

func (p *Portal) listAccounts(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, p.Accounts.Accounts())
}

// accounted reports that an account was changed; else the problem was answered.
func (p *Portal) accounted(w http.ResponseWriter, err error, missing string) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such "+missing)
	case errors.Is(err, account.ErrTaken) || errors.Is(err, account.ErrLastAdmin) || errors.Is(err, account.ErrFull):
		problem(w, http.StatusConflict, err.Error())
	case errors.Is(err, account.ErrName) || errors.Is(err, account.ErrRole) || errors.Is(err, account.ErrLanguage):
		problem(w, http.StatusBadRequest, err.Error())
	default:
		p.Log.Error("an account was not changed", "error", err)
		problem(w, http.StatusInternalServerError, "the change could not be kept: see the box's log")
	}
	return false
}

func (p *Portal) showAccount(w http.ResponseWriter, code int, name string) {
	a, ok := p.Accounts.Account(name)
	if !ok {
		problem(w, http.StatusNotFound, "there is no such account")
		return
	}
	reply(w, code, a)
}

func (p *Portal) getAccount(w http.ResponseWriter, r *http.Request) {
	p.showAccount(w, http.StatusOK, r.PathValue("name"))
}

func (p *Portal) addAccount(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name     string       `json:"name"`
		Role     account.Role `json:"role"`
		Person   string       `json:"person"`
		Language string       `json:"language"`
	}
	if !decode(w, r, &body, false) {
		return
	}
	a := account.Account{Name: body.Name, Role: body.Role, Person: body.Person, Language: body.Language}
	if p.accounted(w, p.Accounts.Add(r.Context(), a), "account") {
		p.Log.Info("account made", "account", account.Key(a.Name), "by", Actor(r.Context()))
		p.showAccount(w, http.StatusCreated, a.Name)
	}
}

func (p *Portal) patchAccount(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Role     *account.Role `json:"role"`
		Person   *string       `json:"person"`
		Language *string       `json:"language"`
	}
	if !decode(w, r, &body, false) {
		return
	}
	a, ok := p.Accounts.Account(r.PathValue("name"))
	if !ok {
		p.accounted(w, fs.ErrNotExist, "account")
		return
	}
	if body.Role != nil {
		a.Role = *body.Role
	}
	if body.Person != nil {
		a.Person = *body.Person
	}
	if body.Language != nil {
		a.Language = *body.Language
	}
	if p.accounted(w, p.Accounts.Change(r.Context(), a), "account") {
		p.Log.Info("account changed", "account", a.Name, "by", Actor(r.Context()))
		p.showAccount(w, http.StatusOK, a.Name)
	}
}

// ended204 answers what ends something.
func (p *Portal) ended204(w http.ResponseWriter, r *http.Request, what, id string, end func(context.Context) error) {
	if p.accounted(w, end(r.Context()), what) {
		p.Log.Info("ended by the API", "what", what, "id", id, "by", Actor(r.Context()))
		w.WriteHeader(http.StatusNoContent)
	}
}

func (p *Portal) dropAccount(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	p.ended204(w, r, "account", name, func(ctx context.Context) error { return p.Accounts.Drop(ctx, name) })
}

func (p *Portal) inviteAccount(w http.ResponseWriter, r *http.Request) {
	if !decode(w, r, &struct{}{}, true) {
		return
	}
	link, until, err := p.invitation(r, r.PathValue("name"))
	if p.accounted(w, err, "account") {
		p.Log.Info("invitation made", "account", r.PathValue("name"), "by", Actor(r.Context()))
		reply(w, http.StatusCreated, struct {
			Link  string    `json:"link"`
			Until time.Time `json:"until"`
		}{link, until})
	}
}

func (p *Portal) listSessions(w http.ResponseWriter, _ *http.Request) {
	list := p.Accounts.Sessions("")
	if list == nil {
		list = []account.Session{}
	}
	reply(w, http.StatusOK, list)
}

func (p *Portal) endSession(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	p.ended204(w, r, "session", id, func(ctx context.Context) error { return p.Accounts.End(ctx, id, "") })
}

// listRefused gives the newest 100, or as many as are asked for.
func (p *Portal) listRefused(w http.ResponseWriter, r *http.Request) {
	list := p.Accounts.Refused()
	if list == nil {
		list = []account.Refused{}
	}
	if q := r.URL.Query(); q.Get("limit") == "" && q.Get("after") == "" {
		list = list[:min(maxRefused, len(list))]
	}
	reply(w, http.StatusOK, list)
}
