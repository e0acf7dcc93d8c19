package portal

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"autocom/pbx"
	"autocom/portal/account"
)

// visitor is who sends a request.
type visitor struct {
	Account string // "" nobody, or a token
	Name    string // as people call them
	Role    account.Role
	Person  string   // id among the people; "" none
	Numbers []string // their own
	Token   bool     // a program with a token
	reads   bool     // a token that may only read
}

type visitorKey struct{}

// visitor tells who sends a request that came through the table of routes.
func (p *Portal) visitor(r *http.Request) visitor {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	return v
}

// mine reports whether a number is one of the visitor's own. An administrator's are all.
func (p *Portal) mine(r *http.Request, number string) bool {
	v := p.visitor(r)
	return v.Role >= admin || slices.Contains(v.Numbers, number)
}

// own lets through who asks about a number of their own, the path's {number}. To others it
// does not exist.
func (p *Portal) own(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.mine(r, r.PathValue("number")) {
			problem(w, http.StatusNotFound, "this is no number of yours")
			return
		}
		h(w, r)
	}
}

// identify finds out who sends a request: by a token where programs ask, else by the cookie.
// renewed is the cookie that should be sent again, because its session lasts on.
func (p *Portal) identify(r *http.Request) (v visitor, renewed string) {
	if secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && strings.HasPrefix(r.URL.Path, "/api/") {
		// Digests are compared: neither the key's length nor its beginning shows in the time taken.
		a, b := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(p.Key))
		if p.Key != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1 {
			return visitor{Name: "api", Role: admin, Token: true}, ""
		}
		if p.Accounts != nil {
			if t, ok := p.Accounts.Token(r.Context(), secret); ok {
				return visitor{Name: t.Name, Role: t.Role, Token: true, reads: !t.Writes}, ""
			}
		}
	}
	secret := sessionToken(r)
	if secret == "" || p.Accounts == nil {
		return visitor{}, ""
	}
	a, again, ok := p.Accounts.Session(r.Context(), secret)
	if !ok {
		return visitor{}, ""
	}
	v = visitor{Account: a.Name, Name: a.Name, Role: a.Role, Person: a.Person}
	if a.Person != "" && p.Objects != nil {
		if o, ok := p.Objects.Object(pbx.KindPerson, a.Person); ok {
			var person struct{ Numbers []string }
			_ = json.Unmarshal(o.Body, &person) // the office has read it strictly
			v.Name, v.Numbers = cmp.Or(o.Name, v.Name), person.Numbers
		}
	}
	if again {
		renewed = secret
	}
	return v, renewed
}

// admitted lets in who has the role; who has not logged in is asked to.
func (p *Portal) admitted(least who, api bool, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, renewed := p.identify(r)
		if renewed != "" {
			p.giveSession(w, r, renewed)
		}
		name := v.Account
		if v.Token {
			name = v.Name
		}
		r = acting(r, name)
		r = r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
		writes := r.Method != http.MethodGet && r.Method != http.MethodHead
		switch {
		case v.Role >= least && v.reads && writes:
			problem(w, http.StatusForbidden, "this token may only read: make one that may write")
		case v.Role >= least:
			h(w, r)
		case v.Role == anybody && api:
			w.Header().Set("WWW-Authenticate", `Bearer realm="autocom"`)
			problem(w, http.StatusUnauthorized, "send the header Authorization: Bearer with a token, as the text of the file api-token in the data directory")
		case api:
			problem(w, http.StatusForbidden, "this is for the role "+least.String()+", yours is "+v.Role.String())
		case v.Role > anybody && isEvents(r):
			http.Error(w, "this is not for your role", http.StatusForbidden)
		case v.Role > anybody:
			p.screen(w, r, http.StatusForbidden, "denied", nil)
		default:
			p.askIn(w, r)
		}
	}
}

// isEvents tells a stream: a redirect would be followed in vain.
func isEvents(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/ui/events") }

// askIn sends who has not logged in to where they can, and back afterwards.
func (p *Portal) askIn(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if isEvents(r) {
		http.Error(w, "log in first", http.StatusUnauthorized)
		return
	}
	to := "/ui/login"
	if r.Method == http.MethodGet {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// role gives the word for a role.
func (d Door) role(r account.Role) string {
	return map[account.Role]string{user: d.RoleUser, agent: d.RoleAgent, supervisor: d.RoleSupervisor, admin: d.RoleAdmin}[r]
}
