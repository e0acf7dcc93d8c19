package portal

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"autocom/pbx"
	"autocom/portal/account"
)

// accountRoutes are the pages about who gets in.
func (p *Portal) accountRoutes() []route {
	return []route{
		{"GET /ui/accounts", p.accountsPage, admin},
		{"POST /ui/accounts", p.accountAdd, admin},
		{"GET /ui/accounts/{name}", p.accountPage, admin},
		{"POST /ui/accounts/{name}", p.accountChange, admin},
		{"POST /ui/accounts/{name}/invite", p.accountInvite, admin},
		{"POST /ui/accounts/{name}/end", p.accountEnd, admin},
		{"POST /ui/accounts/{name}/delete", p.accountDrop, admin},
		{"POST /ui/sessions/{id}/end", p.sessionEnd, admin},
		{"POST /ui/tokens", p.tokenAdd, admin},
		{"POST /ui/tokens/{id}/revoke", p.tokenRevoke, admin},
		{"GET /ui/invitation/{secret}", p.invitationPage, anybody},
		{"POST /ui/invitation/{secret}", p.invitationAccept, anybody},
	}
}

// once is a secret that the next page shows, and no other.
type once struct {
	Token string // of a program
	Link  string // to choose a password
	App   string // of an application's file
	QR    QR     // of Link or App
	For   string // whose it is
	Until moment
}

// member is an account in a list.
type member struct {
	account.Account
	Link   string
	Role   string
	Who    string // the person behind it
	Until  moment // of its invitation
	Asked  bool   // it has an invitation that is still good
	Myself bool
}

// visit is an open session.
type visit struct {
	account.Session
	Since moment
	Here  bool // this browser
}

// program is a token.
type program struct {
	account.Token
	Role       string
	Made, Used moment
}

type attempt struct {
	account.Refused
	When moment
}

// entrance is the page about who gets in.
type entrance struct {
	Once     once
	Accounts []member
	Sessions []visit
	Programs []program
	Refused  []attempt
	People   []option
	Roles    []option
}

// option is one of a choice.
type option struct{ Value, Name string }

func (p *Portal) roles(r *http.Request) []option {
	words := p.words(r).Door
	var out []option
	for role := user; role <= admin; role++ {
		out = append(out, option{role.String(), words.role(role)})
	}
	return out
}

func (p *Portal) people() []option {
	var out []option
	for _, o := range p.Objects.Objects(pbx.KindPerson) {
		out = append(out, option{o.ID, printing(cmp.Or(o.Name, o.ID))})
	}
	return out
}

func (p *Portal) member(r *http.Request, a account.Account) member {
	words := p.words(r)
	m := member{
		Account: a, Link: "/ui/accounts/" + url.PathEscape(a.Name), Role: words.Door.role(a.Role), Until: p.moment(a.Invited, words.Lang),
		Asked: p.Now().Before(a.Invited), Myself: a.Name == p.visitor(r).Account,
	}
	if o, ok := p.Objects.Object(pbx.KindPerson, a.Person); ok {
		m.Who = printing(cmp.Or(o.Name, o.ID))
	}
	return m
}

func (p *Portal) visits(r *http.Request, of string) []visit {
	var out []visit
	here := account.SessionID(sessionToken(r))
	for _, x := range p.Accounts.Sessions(of) {
		x.Program = browser(x.Program)
		out = append(out, visit{x, p.moment(x.Started, p.words(r).Lang), x.ID == here})
	}
	return out
}

// browser shortens what a browser calls itself to what tells it from another.
func browser(agent string) string {
	name, system := "", ""
	for _, x := range []struct{ mark, name string }{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"},
	} {
		if strings.Contains(agent, x.mark) {
			name = x.name
			break
		}
	}
	for _, x := range []struct{ mark, name string }{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"},
	} {
		if strings.Contains(agent, x.mark) {
			system = x.name
			break
		}
	}
	if name == "" {
		return printing(clipped(agent))
	}
	return strings.TrimSpace(name + " " + system)
}

func (p *Portal) accountsPage(w http.ResponseWriter, r *http.Request) {
	lang := p.words(r).Lang
	page := entrance{Once: p.takeOnce(r), People: p.people(), Roles: p.roles(r), Sessions: p.visits(r, "")}
	for _, a := range p.Accounts.Accounts() {
		page.Accounts = append(page.Accounts, p.member(r, a))
	}
	for _, t := range p.Accounts.Tokens() {
		page.Programs = append(page.Programs, program{t, p.words(r).Door.role(t.Role), p.moment(t.Made, lang), p.moment(t.Used, lang)})
	}
	refused := p.Accounts.Refused()
	for _, x := range refused[:min(maxRefused, len(refused))] {
		page.Refused = append(page.Refused, attempt{x, p.moment(x.At, lang)})
	}
	p.screen(w, r, http.StatusOK, "accounts", page)
}

// accountShown is the page of one account.
type accountShown struct {
	member
	Once     once
	Sessions []visit
	People   []option
	Roles    []option
}

func (p *Portal) accountPage(w http.ResponseWriter, r *http.Request) {
	a, ok := p.Accounts.Account(r.PathValue("name"))
	if !ok {
		p.tell(r, notice{Bad: true, Text: p.words(r).Door.NotThere})
		http.Redirect(w, r, "/ui/accounts", http.StatusSeeOther)
		return
	}
	p.screen(w, r, http.StatusOK, "account", accountShown{p.member(r, a), p.takeOnce(r), p.visits(r, a.Name), p.people(), p.roles(r)})
}

// giveOnce keeps a secret for the next page of this session.
func (p *Portal) giveOnce(r *http.Request, x once) {
	p.sessions.with(r, p.Now(), func(s *session) { s.once = x })
}

func (p *Portal) takeOnce(r *http.Request) (x once) {
	p.sessions.with(r, p.Now(), func(s *session) { x, s.once = s.once, once{} })
	return x
}

// concerning reads the fields of an account's form.
func concerning(f url.Values) account.Account {
	role, _ := account.ParseRole(f.Get("role")) // the book refuses nobody
	return account.Account{Name: account.Key(f.Get("name")), Role: role, Person: f.Get("person"), Language: f.Get("language")}
}

// changedAccount says what came of a form, and goes on to a page.
func (p *Portal) changedAccount(w http.ResponseWriter, r *http.Request, what, name string, err error, to string) {
	n := notice{Text: p.words(r).Admin.Done}
	if err != nil {
		n = notice{Bad: true, Text: p.whyNot(r, err)}
	} else {
		p.Log.Info(what, "account", name, "by", p.visitor(r).Account, "from", remote(r))
	}
	p.tell(r, n)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// accountAdd makes an account and the link with which its owner chooses a password: nobody
// else ever knows it.
func (p *Portal) accountAdd(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	a := concerning(r.PostForm)
	if err := p.Accounts.Add(r.Context(), a); err != nil {
		p.changedAccount(w, r, "", a.Name, err, "/ui/accounts")
		return
	}
	p.changedAccount(w, r, "account made", a.Name, p.invite(r, a.Name), "/ui/accounts/"+url.PathEscape(a.Name))
}

func (p *Portal) accountChange(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	a := concerning(r.PostForm)
	a.Name = account.Key(r.PathValue("name"))
	p.changedAccount(w, r, "account changed", a.Name, p.Accounts.Change(r.Context(), a), "/ui/accounts")
}

// invite makes a link for an account, which the next page shows.
func (p *Portal) invite(r *http.Request, name string) error {
	link, until, err := p.invitation(r, name)
	if err == nil {
		p.giveOnce(r, once{Link: link, QR: drawQR(link), For: name, Until: p.moment(until, p.words(r).Lang)})
	}
	return err
}

func (p *Portal) accountInvite(w http.ResponseWriter, r *http.Request) {
	name := account.Key(r.PathValue("name"))
	p.changedAccount(w, r, "invitation made", name, p.invite(r, name), "/ui/accounts/"+url.PathEscape(name))
}

func (p *Portal) accountEnd(w http.ResponseWriter, r *http.Request) {
	name := account.Key(r.PathValue("name"))
	p.changedAccount(w, r, "sessions ended", name, p.Accounts.EndAll(r.Context(), name), "/ui/accounts/"+url.PathEscape(name))
}

func (p *Portal) accountDrop(w http.ResponseWriter, r *http.Request) {
	name := account.Key(r.PathValue("name"))
	p.changedAccount(w, r, "account deleted", name, p.Accounts.Drop(r.Context(), name), "/ui/accounts")
}

func (p *Portal) sessionEnd(w http.ResponseWriter, r *http.Request) {
	p.changedAccount(w, r, "session ended", r.PathValue("id"), p.Accounts.End(r.Context(), r.PathValue("id"), ""), "/ui/accounts#sessions")
}

func (p *Portal) tokenAdd(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	role, err := account.ParseRole(r.PostForm.Get("role"))
	if err == nil {
		var secret string
		var t account.Token
		secret, t, err = p.Accounts.MakeToken(r.Context(), r.PostForm.Get("name"), role, r.PostForm.Get("writes") != "", p.visitor(r).Account)
		if err == nil {
			p.giveOnce(r, once{Token: secret, For: t.Name})
		}
	}
	p.changedAccount(w, r, "token made", r.PostForm.Get("name"), err, "/ui/accounts")
}

func (p *Portal) tokenRevoke(w http.ResponseWriter, r *http.Request) {
	p.changedAccount(w, r, "token revoked", r.PathValue("id"), p.Accounts.Revoke(r.Context(), r.PathValue("id")), "/ui/accounts#tokens")
}

// The fields of a form: of a new account, and of one that is there.

// IsRole tells the role that a form begins with.
func (entrance) IsRole(role string) bool { return role == user.String() }

// PersonID is whom a form begins with.
func (entrance) PersonID() string { return "" }

// Tongue is the language that a form begins with.
func (entrance) Tongue() string { return "" }

// IsRole tells the role that a form begins with.
func (a accountShown) IsRole(role string) bool { return role == a.Account.Role.String() }

// PersonID is whom a form begins with.
func (a accountShown) PersonID() string { return a.Person }

// Tongue is the language that a form begins with.
func (a accountShown) Tongue() string { return a.Language }
