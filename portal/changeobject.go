package portal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"autocom/pbx"
)

// ifRev is the revision that a request wants to change (RFC 9110 13.1.1): 0 for any, -1 for none.
func ifRev(w http.ResponseWriter, r *http.Request) (int64, bool) {
	tag := r.Header.Get("If-Match")
	if tag == "" || tag == "*" {
		return 0, true
	}
	if tag == `"0"` { // settings that nobody has written
		return -1, true
	}
	n, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil || n < 1 {
		problem(w, http.StatusPreconditionFailed, "If-Match is not an ETag of ours: send the one that came with the object")
		return 0, false
	}
	return n, true
}

func (p *Portal) postObject(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := flat{}
		if !decode(w, r, &f, false) {
			return
		}
		o, err := c.object(f, "", pbx.Object{})
		if err != nil {
			problem(w, http.StatusBadRequest, err.Error())
			return
		}
		if o.ID == "" {
			o.ID = p.freeID(c.kind, o.Name)
		}
		if kept, ok := p.keepObject(w, r, o, -1); ok {
			w.Header().Set("Location", "/api/v1/"+c.path+"/"+kept.ID)
			c.reply(w, http.StatusCreated, kept)
		}
	}
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// freeID makes an id of a name: "Ventes 2" → "ventes-2".
func (p *Portal) freeID(kind, name string) string {
	base := strings.Trim(notInID.ReplaceAllString(pbx.ASCII(strings.ToLower(name)), "-"), "-")
	if base = base[:min(len(base), 24)]; base == "" || base == newID || !pbx.ObjectID.MatchString(base) {
		base = kind // an object "new" would have the page of the empty form
	}
	id := base
	for n := 2; ; n++ {
		if _, taken := p.Objects.Object(kind, id); !taken {
			return id
		}
		id = base + "-" + strconv.Itoa(n)
	}
}

func (p *Portal) putObject(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { p.change1(w, r, c, false) }
}

func (p *Portal) patchObject(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { p.change1(w, r, c, true) }
}

// change1 replaces an object, or merges into it what was sent (RFC 7396): null removes.
func (p *Portal) change1(w http.ResponseWriter, r *http.Request, c collection, merge bool) {
	id := r.PathValue("id")
	rev, ok := ifRev(w, r)
	if !ok {
		return
	}
	if p.noSetting(w, c, id) {
		return
	}
	old, known := p.Objects.Object(c.kind, id)
	if !known && merge && c.kind != pbx.KindSettings {
		p.objectOf(w, c, id)
		return
	}
	sent := flat{}
	if !decode(w, r, &sent, false) {
		return
	}
	f := sent
	if merge && known {
		f = c.show(old)
		var body flat
		if json.Unmarshal(old.Body, &body) == nil {
			for _, s := range c.secrets {
				if v, set := body[s]; set {
					f[s] = v
				}
			}
		}
		patch(f, sent)
		if rev == 0 {
			rev = old.Rev // what was merged is what was read
		}
	}
	for name, v := range f {
		if string(v) == "null" {
			delete(f, name)
		}
	}
	base := old
	if merge { // a secret that null took away is not put back
		base = pbx.Object{}
	}
	o, err := c.object(f, id, base)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if kept, ok := p.keepObject(w, r, o, rev); ok {
		c.reply(w, http.StatusOK, kept)
	}
}

// patch merges as RFC 7396 says; objects within are merged too.
func patch(into, from flat) {
	for name, v := range from {
		var inner, old flat
		if json.Unmarshal(v, &inner) == nil && inner != nil && json.Unmarshal(into[name], &old) == nil && old != nil {
			patch(old, inner)
			for k, x := range old {
				if string(x) == "null" {
					delete(old, k)
				}
			}
			into[name] = raw(old)
			continue
		}
		into[name] = v
	}
}

// keepObject asks the office; the problem was answered when it returns false.
func (p *Portal) keepObject(w http.ResponseWriter, r *http.Request, o pbx.Object, rev int64) (pbx.Object, bool) {
	kept, err := p.Objects.PutObject(r.Context(), o, rev)
	if err != nil {
		p.refused(w, o.Kind+" "+o.ID, err)
		return kept, false
	}
	p.Log.Info("changed by the API", "kind", o.Kind, "id", o.ID)
	return kept, true
}

func (p *Portal) refused(w http.ResponseWriter, what string, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such "+strings.SplitN(what, " ", 2)[0])
	case errors.Is(err, ErrChanged):
		problem(w, http.StatusPreconditionFailed, "somebody has changed it meanwhile: read it again")
	case errors.Is(err, ErrConflict):
		problem(w, http.StatusConflict, strings.TrimPrefix(err.Error(), ErrConflict.Error()+": "))
	default:
		p.Log.Error("change of the API", "what", what, "error", err)
		problem(w, http.StatusInternalServerError, "the change could not be kept: see the box's log")
	}
}

func (p *Portal) dropObject(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rev, ok := ifRev(w, r)
		if !ok {
			return
		}
		id := r.PathValue("id")
		if err := p.Objects.DropObject(r.Context(), c.kind, id, rev); err != nil {
			p.refused(w, c.kind+" "+id, err)
			return
		}
		p.Log.Info("deleted by the API", "kind", c.kind, "id", id)
		w.WriteHeader(http.StatusNoContent)
	}
}
