package portal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"autocom/pbx"
	"autocom/portal/forms"
	"autocom/provision"
)

// setupRoutes are the pages of every collection: a list, a form, a question before deleting.
func (p *Portal) setupRoutes() []route {
	var out []route
	for _, c := range collections {
		at := "/ui/" + c.path
		out = append(out,
			route{"GET " + at + "/{id}", p.editPage(c), admin},
			route{"POST " + at + "/{id}", p.editForm(c), admin},
			route{"GET " + at + "/{id}/delete", p.dropPage(c), admin},
			route{"POST " + at + "/{id}/delete", p.dropForm(c), admin},
		)
		if c.kind == pbx.KindSettings {
			out = append(out, route{"GET " + at, p.settingsPage, admin})
		} else {
			out = append(out, route{"GET " + at, p.listPage(c), admin})
		}
	}
	return out
}

// newID is the last part of the path of a form for what does not exist yet.
const newID = "new"

// bodyOf is an object as forms read it, without secrets.
func (c collection) bodyOf(o pbx.Object) forms.Body {
	b := forms.Body{}
	text, err := json.Marshal(c.show(o))
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err != nil {
		return forms.Body{} // what came from JSON goes back to it
	}
	for _, name := range []string{"number", "name"} {
		if b[name] == "" {
			delete(b, name)
		}
	}
	return b
}

// secretsOf names the secrets that an object has.
func (c collection) secretsOf(o pbx.Object) []string {
	var set []string
	if json.Unmarshal(c.show(o)["secrets"], &set) != nil {
		return nil // the kind has none
	}
	return set
}

// objectOfBody is the way back; secrets that are not typed stay as they are in old.
func (c collection) objectOfBody(b forms.Body, id string, old pbx.Object) (pbx.Object, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return pbx.Object{}, err
	}
	f := flat{}
	if err := json.Unmarshal(text, &f); err != nil {
		return pbx.Object{}, err
	}
	delete(f, "id")
	o, err := c.object(f, "", old)
	o.ID = id
	return o, err
}

// editor is one form at work.
type editor struct {
	c     collection
	form  forms.Form
	house forms.House
	id    string     // "" it is new
	old   pbx.Object // zero: it is not there
	there bool
	rev   int64 // that who types began from; -1 none
	typed url.Values
}

// editor finds what a path means; false when the request was answered.
func (p *Portal) editor(w http.ResponseWriter, r *http.Request, c collection) (editor, bool) {
	id := r.PathValue("id")
	f, ok := p.forms.Of(c.kind, id)
	e := editor{c: c, form: f, house: p.house(p.words(r).Lang), id: id, rev: -1}
	if id == newID && c.kind != pbx.KindSettings {
		e.id = ""
		return e, true
	}
	e.old, e.there = p.Objects.Object(c.kind, id)
	if !ok || !e.there && c.kind != pbx.KindSettings {
		p.missing(w, r)
		return e, false
	}
	if e.there {
		e.rev = e.old.Rev
	}
	return e, true
}

// missing answers for what does not exist, on a page like the others.
func (p *Portal) missing(w http.ResponseWriter, r *http.Request) {
	p.screen(w, r, http.StatusNotFound, "missing", nil)
}

// maxForm bounds a form in bytes: a black list of 500 numbers with all that is around it.
const maxForm = 256 << 10

func largeForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read, or is too large", http.StatusBadRequest)
		return false
	}
	return true
}

func (p *Portal) editPage(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e, ok := p.editor(w, r, c)
		if !ok {
			return
		}
		var b forms.Body
		if e.there {
			b = c.bodyOf(e.old)
		} else {
			b = proposed(e.form, r.URL.Query())
		}
		e.typed = e.form.Encode(b)
		p.showEditor(w, r, http.StatusOK, e, nil, "", nil)
	}
}

// proposed is what a link to an empty form fills in: texts, choices and one extension.
func proposed(f forms.Form, v url.Values) forms.Body {
	b := forms.Body{}
	for name := range v {
		x, ok := f.Field(name)
		switch value := provision.Clean(v.Get(name)); {
		case !ok || value == "":
		case x.Widget == forms.TextIn, x.Widget == forms.Choice:
			b[name] = value
		case x.Widget == forms.Extensions:
			b[name] = []any{value}
		}
	}
	return b
}

// editForm takes what the buttons of a form send.
func (p *Portal) editForm(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !largeForm(w, r) {
			return
		}
		e, ok := p.editor(w, r, c)
		if !ok {
			return
		}
		e.typed = r.PostForm
		if rev, err := strconv.ParseInt(r.PostForm.Get("_rev"), 10, 64); err == nil && rev != 0 {
			e.rev = rev
		}
		switch do := r.PostForm.Get("_do"); do {
		case "", "save", "apply":
			p.save(w, r, e, do == "apply")
		case "edit":
			p.showEditor(w, r, http.StatusOK, e, nil, "", nil)
		default:
			focus, ok := e.form.Press(e.typed, do)
			if !ok {
				http.Error(w, "the form has no such button", http.StatusBadRequest)
				return
			}
			p.showEditor(w, r, http.StatusOK, e, nil, focus, nil)
		}
	}
}

// save keeps what was typed: at once when nothing reloads, else after it was looked at.
func (p *Portal) save(w http.ResponseWriter, r *http.Request, e editor, looked bool) {
	before := e.c.bodyOf(e.old)
	after, mistakes := e.form.Decode(e.typed, before)
	if len(mistakes) > 0 {
		wrong := map[string]string{}
		for _, m := range mistakes {
			wrong[m.Path] = m.Text.In(e.house.Lang)
		}
		p.showEditor(w, r, http.StatusUnprocessableEntity, e, wrong, "", nil)
		return
	}
	id := e.id
	if id == "" {
		name, _ := after["name"].(string)
		id = p.freeID(e.c.kind, name)
	}
	o, err := e.c.objectOfBody(after, id, e.old)
	if err != nil {
		p.wrong(w, r, e, err)
		return
	}
	effect, err := p.effect(r, o, false, e.rev)
	switch {
	case err != nil:
		p.wrong(w, r, e, err)
		return
	case effect.Same, e.there && len(e.form.Compare(e.house, before, after)) == 0:
		p.tell(r, notice{Text: p.words(r).Setup.NothingChanged})
		http.Redirect(w, r, "/ui/"+e.c.path, http.StatusSeeOther)
		return
	case !looked && len(effect.Modules)+len(effect.Phones) > 0 || !looked && effect.Restart:
		p.review(w, r, e, before, after, effect)
		return
	}
	if _, err := p.Objects.PutObject(r.Context(), o, e.rev); err != nil {
		p.wrong(w, r, e, err)
		return
	}
	p.Log.Info("changed by the page", "kind", o.Kind, "id", o.ID, "from", remote(r))
	p.changed(r, o.Kind, o.ID)
	to := "/ui/" + e.c.path
	if slices.Contains(staysOpen, e.c.kind) {
		to += "/" + url.PathEscape(id)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// staysOpen are the kinds whose page has more to do after the form was kept.
var staysOpen = []string{pbx.KindPrompt, pbx.KindMusic, pbx.KindTrunk, "menu", "hours"}

// effect asks what a change would do; without anybody to ask it is made at once.
func (p *Portal) effect(r *http.Request, o pbx.Object, drop bool, rev int64) (Effect, error) {
	if p.Changes == nil {
		return Effect{Calls: -1}, nil
	}
	return p.Changes.Preview(r.Context(), o, drop, rev)
}

// wrong shows the form again with what was wrong: a sentence at the field that it names,
// or both versions when somebody else was quicker.
func (p *Portal) wrong(w http.ResponseWriter, r *http.Request, e editor, err error) {
	if errors.Is(err, ErrChanged) {
		now, there := p.Objects.Object(e.c.kind, e.id)
		c := &clash{Gone: !there}
		mine, _ := e.form.Decode(e.typed, e.c.bodyOf(e.old))
		c.Fields = e.form.Compare(e.house, e.c.bodyOf(now), mine)
		if e.rev = -1; there {
			e.rev = now.Rev
		}
		if there {
			c.Who, c.At = p.lastChange(r, e.c.kind, e.id)
		}
		p.showEditor(w, r, http.StatusConflict, e, nil, "", c)
		return
	}
	if !errors.Is(err, ErrConflict) && !errors.Is(err, fs.ErrNotExist) {
		p.Log.Error("change of the page", "kind", e.c.kind, "id", e.id, "error", err)
		p.showEditor(w, r, http.StatusInternalServerError, e, map[string]string{"": p.words(r).Admin.Failed}, "", nil)
		return
	}
	path, text := e.form.Blame(cause(err), e.c.kind)
	said, _ := p.translated(text, e.house.Lang)
	p.showEditor(w, r, http.StatusUnprocessableEntity, e, map[string]string{path: sentence(said)}, "", nil)
}

// cause is what the exchange says, without that it refuses.
func cause(err error) string {
	text := strings.TrimPrefix(err.Error(), ErrConflict.Error()+": ")
	return strings.TrimPrefix(text, "it cannot be done: ")
}

// edit is the page of one object.
type edit struct {
	Collection, Title, Kind, ID string
	Number                      string
	Lead                        string
	New, There, CanDrop         bool
	Back, BackName              string
	Action                      string
	Rev                         int64
	Form                        forms.View
	Wrong                       string // of no field
	Clash                       *clash
	Presets                     []suggestion // kinds of trunks to begin with
	Side                        side
}

// clash is two versions of one object.
type clash struct {
	Gone   bool // somebody deleted it
	Who    string
	At     moment
	Fields []forms.Difference // Before: theirs, After: what was typed
}

func (p *Portal) showEditor(w http.ResponseWriter, r *http.Request, code int, e editor, wrong map[string]string, focus string, c *clash) {
	list, _ := p.forms.Of(e.c.kind, e.id)
	b := edit{
		Collection: e.c.path, Kind: e.c.kind, ID: e.id, New: e.id == "", There: e.there, Rev: e.rev, Clash: c,
		Back: "/ui/" + e.c.path, BackName: list.Many.In(e.house.Lang), Lead: e.form.Lead.In(e.house.Lang),
		Action: "/ui/" + e.c.path + "/" + url.PathEscape(e.id), CanDrop: e.there, Wrong: wrong[""], Number: e.old.Number,
	}
	b.Form = e.form.View(e.house, e.typed, wrong, focus)
	b.Form.Set(e.c.secretsOf(e.old))
	if b.New && e.c.path == "trunks" {
		b.Presets = p.presetTiles(e.house.Lang)
	}
	switch b.Title = e.old.Name; {
	case e.c.kind == pbx.KindSettings:
		b.Title, b.BackName = e.form.One.In(e.house.Lang), p.words(r).Setup.Settings
	case b.New:
		b.Title, b.Action = e.form.New.In(e.house.Lang), b.Action+newID
	case b.Title == "":
		b.Title = e.id
	}
	if e.there {
		b.Side = p.side(r, e)
	}
	p.screen(w, r, code, "edit", b)
}
