package portal

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"autocom/pbx"
)

// Changes looks at a change before it is made, and takes it back afterwards.
type Changes interface {
	// Preview says what keeping an object, or deleting it, would do; errors are those of
	// PutObject and DropObject.
	Preview(ctx context.Context, o pbx.Object, drop bool, ifRev int64) (Effect, error)
	// Changes are the last ones, newest first.
	Changes(ctx context.Context, limit int) ([]Change, error)
	// Undo puts back what was before a change; an ErrChanged when somebody has changed it since.
	Undo(ctx context.Context, n int64) (Change, error)
}

// Effect is what a change does to the exchange.
type Effect struct {
	Same    bool     `json:"same"`    // nothing differs
	Files   []string `json:"files"`   // of Asterisk's that change
	Modules []string `json:"modules"` // that read them again; calls go on
	Restart bool     `json:"restart"` // Asterisk restarts when nobody is on the phone
	Numbers []string `json:"numbers"` // that ring, or are answered, otherwise than before
	Lamps   []string `json:"lamps"`   // numbers whose lamps are watched otherwise
	Phones  []string `json:"phones"`  // numbers whose phones' accounts change
	Calls   int      `json:"calls"`   // up now; -1 nobody can say
	Touched int      `json:"touched"` // of them, those with one of these numbers
}

// Change is one that was made.
type Change struct {
	N      int64       `json:"n"`
	Rev    int64       `json:"rev"`
	At     time.Time   `json:"at"`
	Who    string      `json:"who"`
	Kind   string      `json:"kind"`
	ID     string      `json:"id"`
	Before *pbx.Object `json:"-"` // nil: it was new
	After  *pbx.Object `json:"-"` // nil: it was deleted
	Undone bool        `json:"undone"`
	Last   bool        `json:"last"` // nobody has changed the object since
}

func (p *Portal) changeRoutes() []route {
	out := []route{
		{"GET /api/v1/changes", p.listChanges, admin},
		{"POST /api/v1/changes/{n}/undo", p.undoChange, admin},
	}
	for _, c := range collections {
		out = append(out, route{"POST /api/v1/" + c.path + "/{id}/preview", p.previewObject(c), admin})
	}
	return out
}

// shownChange is a change as the API shows it: without secrets.
type shownChange struct {
	Change
	Before flat `json:"before"`
	After  flat `json:"after"`
}

func showChange(x Change) shownChange {
	out := shownChange{Change: x}
	c, _ := collectionOf(x.Kind)
	if x.Before != nil {
		out.Before = c.past(*x.Before)
	}
	if x.After != nil {
		out.After = c.past(*x.After)
	}
	return out
}

func collectionOf(kind string) (collection, bool) {
	for _, c := range collections {
		if c.kind == kind {
			return c, true
		}
	}
	return collection{kind: kind, path: kind}, false
}

// someChanges bounds a list of changes.
const someChanges = 200

func (p *Portal) listChanges(w http.ResponseWriter, r *http.Request) {
	if p.Changes == nil {
		problem(w, http.StatusServiceUnavailable, "no changes are kept")
		return
	}
	list, err := p.Changes.Changes(r.Context(), someChanges)
	if err != nil {
		p.refused(w, "change", err)
		return
	}
	out := []shownChange{}
	for _, x := range list {
		out = append(out, showChange(x))
	}
	reply(w, http.StatusOK, out)
}

func (p *Portal) undoChange(w http.ResponseWriter, r *http.Request) {
	if p.Changes == nil {
		problem(w, http.StatusServiceUnavailable, "no changes are kept")
		return
	}
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil {
		err = fs.ErrNotExist
	} else if decode(w, r, &struct{}{}, true) {
		var x Change
		if x, err = p.Changes.Undo(r.Context(), n); err == nil {
			p.Log.Info("change undone by the API", "n", n, "kind", x.Kind, "id", x.ID)
			reply(w, http.StatusOK, showChange(x))
			return
		}
	} else {
		return
	}
	if errors.Is(err, ErrChanged) {
		problem(w, http.StatusConflict, "somebody has changed it since: undo the later change first")
		return
	}
	p.refused(w, "change", err)
}

// previewObject says what a PUT of the same body would do.
func (p *Portal) previewObject(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.Changes == nil {
			problem(w, http.StatusServiceUnavailable, "nobody can look at changes before they are made")
			return
		}
		id := r.PathValue("id")
		rev, ok := ifRev(w, r)
		if !ok {
			return
		}
		f := flat{}
		if !decode(w, r, &f, false) {
			return
		}
		old, _ := p.Objects.Object(c.kind, id)
		o, err := c.object(f, id, old)
		if err != nil {
			problem(w, http.StatusBadRequest, err.Error())
			return
		}
		effect, err := p.Changes.Preview(r.Context(), o, false, rev)
		if err != nil {
			p.refused(w, o.Kind+" "+o.ID, err)
			return
		}
		reply(w, http.StatusOK, effect)
	}
}
