package portal

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Browser is a browser that rings with a number: no device, for nobody plugs it in.
type Browser struct {
	ID         string    `json:"id"` // of the installation: "soft-…"
	Number     string    `json:"number"`
	Name       string    `json:"name"`
	Person     string    `json:"person,omitempty"` // id of whose it is; "" of an installation that got a number by itself
	Rings      bool      `json:"rings"`            // false: the number has gone to somebody else
	Registered bool      `json:"registered"`
	Since      time.Time `json:"since,omitzero"` // it is registered, or not any more; zero: from before autocomd was there
}

// Browsers are the browser phones.
type Browsers interface {
	Browsers() []Browser
	// RemoveBrowser takes the line of one away; an unknown one is an fs.ErrNotExist.
	RemoveBrowser(ctx context.Context, id string) error
	// BrowserChanges wakes who shows them when one comes or goes, until ctx ends.
	BrowserChanges(ctx context.Context) <-chan struct{}
}

func (p *Portal) browserRoutes() []route {
	return []route{
		{"GET /api/v1/softphones", p.listBrowsers, admin},
		{"DELETE /api/v1/softphones/{id}", p.dropBrowser, admin},
		{"POST /ui/browsers/{id}/remove", p.removeBrowser, admin},
	}
}

func (p *Portal) allBrowsers() []Browser {
	if p.Browsers == nil {
		return []Browser{}
	}
	return p.Browsers.Browsers()
}

// browserChanges is nil, which never gives anything, when nobody mirrors them.
func (p *Portal) browserChanges(ctx context.Context) <-chan struct{} {
	if p.Browsers == nil {
		return nil
	}
	return p.Browsers.BrowserChanges(ctx)
}

func (p *Portal) listBrowsers(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, p.allBrowsers())
}

func (p *Portal) dropBrowser(w http.ResponseWriter, r *http.Request) {
	if p.Browsers == nil {
		problem(w, http.StatusNotFound, "no such softphone")
		return
	}
	if err := p.Browsers.RemoveBrowser(r.Context(), r.PathValue("id")); err != nil {
		p.refused(w, "softphone", err)
		return
	}
	p.Log.Info("browser phone removed", "id", r.PathValue("id"), "by", Actor(r.Context()), "from", remote(r))
	w.WriteHeader(http.StatusNoContent)
}

func (p *Portal) removeBrowser(w http.ResponseWriter, r *http.Request) {
	if p.Browsers == nil {
		p.missing(w, r)
		return
	}
	lang := p.words(r).Lang
	p.besideTo(w, r, "/ui/phones", say(lang, "Le navigateur n'a plus de ligne.", "The browser has no line any more."),
		p.Browsers.RemoveBrowser(r.Context(), r.PathValue("id")))
}

// browserList is the part of the page of the phones that shows them: its template has no
// words of its own.
type browserList struct {
	Title, Hint, Remove, Sure string
	Rows                      []browserRow
}

type browserRow struct {
	Number, Name string
	Mark, State  string
	Ago          string
	Since        moment
	Path         string // of the button
}

func (v reader) browsers(q query) browserList {
	all := v.portal.allBrowsers()
	if q.List != listPhones || q.Page > 1 || len(all) == 0 {
		return browserList{}
	}
	out := browserList{
		Title: say(v.lang, "Téléphones des navigateurs", "Browser phones"), Remove: say(v.lang, "Retirer", "Remove"),
		Hint: say(v.lang, "Ils sonnent avec le poste de leur numéro.", "They ring with the desk phone of their number."),
		Sure: say(v.lang, "Ce navigateur ne sonne plus. Qui peut se connecter l'ouvre de nouveau : fermez aussi sa session (Comptes).", "This browser rings no more. Who may log in can open it again: end their session, too (Accounts)."),
	}
	for _, b := range all {
		row := browserRow{Number: printing(b.Number), Name: printing(b.Name), Path: "/ui/browsers/" + url.PathEscape(b.ID) + "/remove", Since: v.portal.moment(b.Since, v.lang)}
		if text := strings.ToLower(q.Text); text != "" && !strings.Contains(strings.ToLower(row.Number+" "+row.Name), text) {
			continue
		}
		switch {
		case b.Registered:
			row.Mark, row.State, row.Ago = "good", v.words.Connected, v.words.Since
		case b.Rings:
			row.Mark, row.State, row.Ago = "none", v.words.NotConnected, v.words.Since
		default:
			row.Mark, row.State, row.Since = "bad", fmt.Sprintf(say(v.lang, "le %s est à quelqu'un d'autre", "%s is somebody else's"), row.Number), moment{}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
