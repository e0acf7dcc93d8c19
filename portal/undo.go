package portal

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"autocom/portal/forms"
)

// undoFor is how long the bar that offers to undo stands on the pages after a change.
const undoFor = 10 * time.Minute

// undo is the offer to take the last change back.
type undo struct {
	N    int64
	Text string // what was changed
	Back string // the page to return to
}

// changed notes in the session what was just changed, so that the next pages offer to undo it.
func (p *Portal) changed(r *http.Request, kind, id string) {
	p.tell(r, notice{Text: p.words(r).Setup.Saved})
	if p.Changes == nil {
		return
	}
	list, err := p.Changes.Changes(r.Context(), 8)
	if err != nil {
		p.Log.Error("changes cannot be read", "error", err)
		return
	}
	for _, x := range list {
		if x.Kind == kind && x.ID == id {
			p.sessions.with(r, p.Now(), func(s *session) { s.undo, s.undoAt = x.N, p.Now() })
			return
		}
	}
}

// offer gives the bar of a page; nil when there is nothing to undo any more.
func (p *Portal) offer(r *http.Request, lang string) *undo {
	var n int64
	p.sessions.with(r, p.Now(), func(s *session) {
		if n = s.undo; n != 0 && p.Now().Sub(s.undoAt) > undoFor {
			s.undo, n = 0, 0
		}
	})
	if n == 0 || p.Changes == nil || r.URL.Path == "/ui/changes" {
		return nil
	}
	list, err := p.Changes.Changes(r.Context(), 20) // what is older than so many was not just now
	if err != nil {
		return nil
	}
	for _, x := range list {
		if x.N == n && x.Last && !x.Undone {
			return &undo{N: n, Text: p.changeTitle(x, lang), Back: r.URL.Path}
		}
	}
	return nil
}

// changeTitle says what a change was about: "Groups · Vente".
func (p *Portal) changeTitle(x Change, lang string) string {
	f, _ := p.forms.Of(x.Kind, x.ID)
	name := x.ID
	if o := x.After; o != nil && o.Name != "" {
		name = o.Name
	} else if o := x.Before; o != nil && o.Name != "" {
		name = o.Name
	}
	if strings.HasPrefix(f.Kind, "settings/") {
		return wordsIn(lang).Setup.Settings + " · " + f.One.In(lang)
	}
	return f.Many.In(lang) + " · " + name
}

// changeRow is one change on the page of all.
type changeRow struct {
	N       int64
	When    moment
	Who     string
	Title   string
	Link    string
	What    string // new, changed, deleted
	Fields  []forms.Difference
	CanUndo bool
	Undone  bool
}

func (p *Portal) changesPage(w http.ResponseWriter, r *http.Request) {
	words := p.words(r)
	var rows []changeRow
	if p.Changes != nil {
		list, err := p.Changes.Changes(r.Context(), someChanges)
		if err != nil {
			p.Log.Error("changes cannot be read", "error", err)
			http.Error(w, "the changes cannot be read: see the box's log", http.StatusInternalServerError)
			return
		}
		h := p.house(words.Lang)
		for _, x := range list {
			f, _ := p.forms.Of(x.Kind, x.ID)
			c, _ := collectionOf(x.Kind)
			row := changeRow{
				N: x.N, When: p.moment(x.At, words.Lang), Who: x.Who, Title: p.changeTitle(x, words.Lang),
				CanUndo: x.Last && !x.Undone, Undone: x.Undone, What: words.Setup.WasChanged,
			}
			before, after := forms.Body{}, forms.Body{}
			if x.Before != nil {
				before = c.bodyOf(*x.Before)
			} else {
				row.What = words.Setup.WasNew
			}
			if x.After != nil {
				after = c.bodyOf(*x.After)
			} else {
				row.What = words.Setup.WasDeleted
			}
			if _, there := p.Objects.Object(x.Kind, x.ID); there {
				row.Link = "/ui/" + c.path + "/" + url.PathEscape(x.ID)
			}
			c.veil(before, after)
			row.Fields = f.Compare(h, before, after)
			rows = append(rows, row)
		}
	}
	p.screen(w, r, http.StatusOK, "changes", rows)
}

func (p *Portal) undoForm(w http.ResponseWriter, r *http.Request) {
	if !largeForm(w, r) {
		return
	}
	words := p.words(r)
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || p.Changes == nil {
		p.missing(w, r)
		return
	}
	x, err := p.Changes.Undo(r.Context(), n)
	said := notice{Text: fmt.Sprintf(words.Setup.Undone, p.changeTitle(x, words.Lang))}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.missing(w, r)
		return
	case errors.Is(err, ErrChanged):
		said = notice{Bad: true, Text: words.Setup.UndoneNot}
	case errors.Is(err, ErrConflict):
		said = notice{Bad: true}
		said.Text, said.Foreign = p.translated(err.Error(), words.Lang)
		said.Text = sentence(said.Text)
	case err != nil:
		p.Log.Error("undo by the page", "n", n, "error", err)
		said = notice{Bad: true, Text: words.Admin.Failed}
	default:
		p.Log.Info("change undone by the page", "n", n, "kind", x.Kind, "id", x.ID, "from", remote(r))
		p.sessions.with(r, p.Now(), func(s *session) { s.undo = 0 })
	}
	p.tell(r, said)
	back := inside(r.PostForm.Get("back"))
	if c, _ := collectionOf(x.Kind); err == nil && x.Before == nil && strings.HasPrefix(back, "/ui/"+c.path+"/") {
		back = "/ui/" + c.path // its page is no more
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// lastChange tells who changed an object last, and when.
func (p *Portal) lastChange(r *http.Request, kind, id string) (who string, at moment) {
	if p.Changes == nil {
		return "", moment{}
	}
	list, err := p.Changes.Changes(r.Context(), someChanges)
	if err != nil {
		return "", moment{}
	}
	for _, x := range list {
		if x.Kind == kind && x.ID == id {
			return x.Who, p.moment(x.At, p.words(r).Lang)
		}
	}
	return "", moment{}
}
