package portal

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"autocom/pbx"
	"autocom/portal/forms"
)

// reviewed is the page between what was typed and what holds.
type reviewed struct {
	Title, Collection, Action, Back string
	New                             bool
	Rev                             int64
	Typed                           []typed
	Fields                          []forms.Difference
	Effect                          effectWords
	Refers                          []referrer // who names what is to be deleted
	Refused                         string     // why it cannot be deleted
	Sounds                          bool       // its sounds are deleted with it, and no undo brings them back
}

// typed is one value of a form, carried on.
type typed struct{ Name, Value string }

// effectWords is an effect as a person reads it.
type effectWords struct {
	Reloads         []string // what the exchange reads again
	Restart         bool
	Numbers         string
	Lamps, Phones   string
	Calls, Touched  int
	CallsKnown, Any bool
}

// moduleWords are what modules of Asterisk are for.
var moduleWords = map[string]forms.Text{
	"pbx_config.so":       {FR: "le chemin des appels", EN: "the way of calls"},
	"res_pjsip.so":        {FR: "les comptes des téléphones et des lignes", EN: "accounts of phones and trunks"},
	"res_pjsip_notify.so": {FR: "les messages aux téléphones", EN: "messages to phones"},
	"app_queue.so":        {FR: "les files d'attente", EN: "queues"},
	"app_confbridge.so":   {FR: "les conférences", EN: "conferences"},
	"app_voicemail.so":    {FR: "les boîtes vocales", EN: "voicemail"},
	"app_followme.so":     {FR: "les autres téléphones des personnes", EN: "people's other phones"},
	"res_musiconhold.so":  {FR: "la musique d'attente", EN: "music on hold"},
	"res_parking.so":      {FR: "les places de garde", EN: "parking slots"},
	"features":            {FR: "les codes pendant un appel", EN: "codes during a call"},
	"acl":                 {FR: "les adresses permises", EN: "addresses that are let in"},
	"indications":         {FR: "les tonalités", EN: "tones"},
	"logger":              {FR: "le journal", EN: "the log"},
	"cdr":                 {FR: "le journal des appels", EN: "call records"},
	"cel":                 {FR: "le journal des appels", EN: "call records"},
	"cel_custom.so":       {FR: "le journal des appels", EN: "call records"},
	"udptl":               {FR: "le fax", EN: "fax"},
	"res_rtp_asterisk.so": {FR: "le son", EN: "sound"},
}

func (e Effect) words(lang string) effectWords {
	out := effectWords{
		Restart: e.Restart, Numbers: someNumbers(e.Numbers), Lamps: someNumbers(e.Lamps), Phones: someNumbers(e.Phones),
		Calls: e.Calls, Touched: e.Touched, CallsKnown: e.Calls >= 0,
		Any: len(e.Modules) > 0 || e.Restart,
	}
	for _, m := range e.Modules {
		word := m
		if t, ok := moduleWords[m]; ok {
			word = t.In(lang)
		}
		if !slices.Contains(out.Reloads, word) {
			out.Reloads = append(out.Reloads, word)
		}
	}
	return out
}

// someNumbers lists numbers as long as somebody would read them.
func someNumbers(list []string) string {
	if len(list) > 30 {
		return strings.Join(list[:30], ", ") + " … (" + strconv.Itoa(len(list)) + ")"
	}
	return strings.Join(list, ", ")
}

// review shows what a change does before it is made.
func (p *Portal) review(w http.ResponseWriter, r *http.Request, e editor, before, after forms.Body, effect Effect) {
	b := reviewed{
		Collection: e.c.path, New: !e.there, Rev: e.rev, Fields: e.form.Compare(e.house, before, after),
		Effect: effect.words(e.house.Lang), Action: "/ui/" + e.c.path + "/" + url.PathEscape(e.id), Title: e.form.One.In(e.house.Lang),
	}
	if name, _ := after["name"].(string); name != "" {
		b.Title = name
	}
	if e.id == "" {
		b.Action += newID
	}
	names := make([]string, 0, len(e.typed))
	for name := range e.typed {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range e.typed[name] {
			if name != "_do" && name != "_rev" {
				b.Typed = append(b.Typed, typed{name, v})
			}
		}
	}
	p.screen(w, r, http.StatusOK, "review", b)
}

// dropPage asks before something is deleted, and says who names it.
func (p *Portal) dropPage(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e, ok := p.editor(w, r, c)
		if !ok {
			return
		}
		p.askDrop(w, r, e, http.StatusOK, nil)
	}
}

func (p *Portal) askDrop(w http.ResponseWriter, r *http.Request, e editor, code int, refused error) {
	if !e.there {
		p.missing(w, r)
		return
	}
	b := reviewed{
		Collection: e.c.path, Rev: e.rev, Title: e.old.Name, Action: "/ui/" + e.c.path + "/" + url.PathEscape(e.id) + "/delete",
		Back: "/ui/" + e.c.path + "/" + url.PathEscape(e.id), Refers: p.referrers(e.house, e.c.kind, e.id),
		Sounds: e.c.kind == pbx.KindPrompt || e.c.kind == pbx.KindMusic,
	}
	if e.c.kind == pbx.KindSettings {
		b.Title = e.form.One.In(e.house.Lang)
	} else if b.Title == "" {
		b.Title = e.id
	}
	effect, err := p.effect(r, e.old, true, e.rev)
	if refused == nil {
		refused = err
	}
	if refused != nil {
		text, _ := p.translated(cause(refused), e.house.Lang)
		b.Refused = sentence(text)
	}
	b.Effect = effect.words(e.house.Lang)
	p.screen(w, r, code, "drop", b)
}

func (p *Portal) dropForm(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !largeForm(w, r) {
			return
		}
		e, ok := p.editor(w, r, c)
		if !ok {
			return
		}
		rev, err := strconv.ParseInt(r.PostForm.Get("_rev"), 10, 64)
		if err != nil || rev < 1 {
			rev = e.rev
		}
		if err := p.Objects.DropObject(r.Context(), c.kind, e.id, rev); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				p.missing(w, r)
				return
			}
			if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrChanged) {
				p.Log.Error("deletion by the page", "kind", c.kind, "id", e.id, "error", err)
			}
			p.askDrop(w, r, e, http.StatusConflict, err)
			return
		}
		p.Log.Info("deleted by the page", "kind", c.kind, "id", e.id, "from", remote(r))
		p.changed(r, c.kind, e.id)
		http.Redirect(w, r, "/ui/"+c.path, http.StatusSeeOther)
	}
}
