package portal

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"autocom/provision"
)

// App is an application (Linphone on a smartphone) that rings with a number of somebody's.
type App struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"` // as its owner calls it; "" nothing
	Number string    `json:"number"`
	Made   time.Time `json:"made"`
}

// Apps keeps the applications of people. What is refused is an ErrConflict.
type Apps interface {
	Apps(person string) []App
	AddApp(ctx context.Context, person, number, name string) (id string, err error)
	DropApp(ctx context.Context, person, id string) error       // fs.ErrNotExist: it is not theirs
	AppFile(id string, from netip.Addr) (provision.File, error) // with the password of its line; who reads it is noted
}

func (p *Portal) appRoutes() []route {
	return []route{
		{"POST /ui/me/{number}/apps", p.ownAppAdd, user},
		{"POST /ui/me/apps/{id}/delete", p.ownAppDrop, user},
		{"GET /ui/app/{secret}/linphone.xml", p.appFile, anybody},
		{"GET /api/v1/me/apps", p.listApps, user},
		{"POST /api/v1/me/numbers/{number}/apps", p.addApp, user},
		{"DELETE /api/v1/me/apps/{id}", p.dropApp, user},
	}
}

// errNotMine: an application belongs to the person behind an account, and rings with a
// number of theirs; no right over the house makes another's number one's own.
var errNotMine = errors.New("this is no number of yours")

// makeApp makes one for who asks, and the address of its file.
func (p *Portal) makeApp(r *http.Request, name string) (a App, link string, until time.Time, err error) {
	v, number := p.visitor(r), r.PathValue("number")
	if p.Apps == nil || v.Person == "" || !slices.Contains(v.Numbers, number) {
		return a, "", until, errNotMine
	}
	a = App{Name: clipped(provision.Clean(name)), Number: number, Made: p.Now().UTC()}
	if a.ID, err = p.Apps.AddApp(r.Context(), v.Person, number, a.Name); err != nil {
		return a, "", until, err
	}
	secret, ok := p.tickets.give(a.ID, p.Now())
	if !ok {
		return a, "", until, errors.Join(ErrConflict, p.Apps.DropApp(r.Context(), v.Person, a.ID))
	}
	p.Log.Info("an application rings with a number", "number", number, "account", v.Account, "device", a.ID)
	// By http, as phones' files: an application does not believe the box's own certificate.
	return a, "http://" + p.Site().Host() + "/ui/app/" + secret + "/linphone.xml", p.Now().Add(ticketFor), nil
}

func (p *Portal) endApp(r *http.Request) error {
	v, id := p.visitor(r), r.PathValue("id")
	if p.Apps == nil || v.Person == "" {
		return fs.ErrNotExist
	}
	if err := p.Apps.DropApp(r.Context(), v.Person, id); err != nil {
		return err
	}
	p.tickets.end(id)
	p.Log.Info("an application was removed", "account", v.Account, "device", id)
	return nil
}

// ownApps are those of who looks.
func (p *Portal) ownApps(r *http.Request) []App {
	v := p.visitor(r)
	if p.Apps == nil || v.Person == "" {
		return []App{}
	}
	return append([]App{}, p.Apps.Apps(v.Person)...)
}

func (p *Portal) ownAppAdd(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	a, link, until, err := p.makeApp(r, r.PostForm.Get("name"))
	if errors.Is(err, errNotMine) {
		p.missing(w, r)
		return
	}
	lang := p.words(r).Lang
	if err == nil {
		p.giveOnce(r, once{App: link, QR: drawQR(link), For: a.Number, Until: p.moment(until, lang)})
	}
	p.ownDone(w, r, say(lang, "Scannez le code avec Linphone.", "Scan the code with Linphone."), err)
}

func (p *Portal) ownAppDrop(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	p.ownDone(w, r, say(p.words(r).Lang, "L'application ne sonne plus.", "The application rings no more."), p.endApp(r))
}

// appFile is what the application reads. Every refusal is the same.
func (p *Portal) appFile(w http.ResponseWriter, r *http.Request) {
	id, ok := p.tickets.use(r.PathValue("secret"), remote(r), p.Now())
	if !ok || p.Apps == nil {
		http.NotFound(w, r)
		return
	}
	file, err := p.Apps.AppFile(id, remote(r))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			p.Log.Error("the file of an application", "device", id, "error", err)
		}
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.ContentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(file.Body)
}

func (p *Portal) listApps(w http.ResponseWriter, r *http.Request) {
	reply(w, http.StatusOK, p.ownApps(r))
}

// newApp is what making one answers: the address is shown this once.
type newApp struct {
	App
	URL   string    `json:"url"`
	Until time.Time `json:"until"`
}

func (p *Portal) addApp(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name string `json:"name"`
	}
	if !decode(w, r, &body, true) {
		return
	}
	a, link, until, err := p.makeApp(r, body.Name)
	switch {
	case errors.Is(err, errNotMine):
		problem(w, http.StatusNotFound, errNotMine.Error())
	case errors.Is(err, ErrConflict):
		problem(w, http.StatusConflict, err.Error())
	case err != nil:
		p.Log.Error("no line for an application", "error", err)
		problem(w, http.StatusInternalServerError, "the line could not be made: try again in a moment")
	default:
		reply(w, http.StatusCreated, newApp{a, link, until.UTC()})
	}
}

func (p *Portal) dropApp(w http.ResponseWriter, r *http.Request) {
	switch err := p.endApp(r); {
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such application")
	case err != nil:
		p.Log.Error("an application was not removed", "error", err)
		problem(w, http.StatusInternalServerError, "the change could not be kept: see the box's log")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// appShown is one in the page of its owner.
type appShown struct {
	App
	When moment
	Path string // of the button that removes it
}

func (p *Portal) shownApps(r *http.Request) (out []appShown) {
	for _, a := range p.ownApps(r) {
		a.Name = printing(a.Name)
		out = append(out, appShown{a, p.moment(a.Made, p.words(r).Lang), "/ui/me/apps/" + url.PathEscape(a.ID) + "/delete"})
	}
	return out
}
