package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"autocom/pbx"
	"autocom/provision"
)

// Objects is what people set up: queues, menus, people. An unknown one is an
// fs.ErrNotExist; what makes no sense in the plan an ErrConflict with the reason; what
// somebody else has changed meanwhile an ErrChanged.
type Objects interface {
	Objects(kind string) []pbx.Object
	Object(kind, id string) (pbx.Object, bool)
	// PutObject keeps an object and gives it as kept. ifRev is the revision of the one that is
	// changed; 0 for whatever is there, -1 for none.
	PutObject(ctx context.Context, o pbx.Object, ifRev int64) (pbx.Object, error)
	DropObject(ctx context.Context, kind, id string, ifRev int64) error
}

// ErrChanged marks what somebody else has changed since it was read: the API answers 412.
var ErrChanged = errors.New("changed meanwhile")

// collection is a kind of objects as the API has it.
type collection struct {
	path    string // "queues"
	kind    string // "queue"
	schema  string // of openapi.json; "" Object
	secrets []string
	passing []string // shown as they are, and not as they were
}

// collections are all of them. The secrets of a kind are written and never read: an answer
// lists under "secrets" which of them are set.
var collections = []collection{
	{path: "people", kind: pbx.KindPerson, schema: "Person"},
	{path: "groups", kind: "group", schema: "Group"},
	{path: "queues", kind: "queue", schema: "Queue"},
	{path: "menus", kind: "menu", schema: "Menu"},
	{path: "hours", kind: "hours", schema: "Hours"},
	{path: "announcements", kind: "announcement", schema: "Announcement"},
	{path: "directories", kind: "directory", schema: "Directory"},
	{path: "prompts", kind: "prompt", schema: "Prompt"},
	{path: "conferences", kind: "conference", schema: "Conference", passing: []string{"pin", "leader_pin"}},
	{path: "paging", kind: "paging", schema: "Paging"},
	{path: "music", kind: "music", schema: "Music"},
	{path: "speeddials", kind: "speeddial", schema: "SpeedDial"},
	{path: "blacklist", kind: "blacklist", schema: "Blacklist"},
	{path: "trunks", kind: "trunk", schema: "Trunk", secrets: []string{"password"}},
	{path: "routes", kind: "route", schema: "Route"},
	{path: "inbound", kind: "inbound", schema: "Inbound"},
	{path: "outside", kind: "outside", schema: "Outside"},
	{path: "settings", kind: pbx.KindSettings, schema: "Settings", secrets: []string{"password"}},
}

// objectRoutes are the paths of every collection.
func (p *Portal) objectRoutes() []route {
	var out []route
	for _, c := range collections {
		at := "/api/v1/" + c.path
		out = append(out,
			route{"GET " + at, p.listObjects(c), admin},
			route{"GET " + at + "/{id}", p.getObject(c), admin},
			route{"PUT " + at + "/{id}", p.putObject(c), admin},
			route{"PATCH " + at + "/{id}", p.patchObject(c), admin},
			route{"DELETE " + at + "/{id}", p.dropObject(c), admin},
		)
		if c.kind != pbx.KindSettings { // there each id is a feature's name
			out = append(out, route{"POST " + at, p.postObject(c), admin})
		}
	}
	return out
}

// flat is an object as the API shows it: the fields of its body beside id, rev, number and name.
type flat map[string]json.RawMessage

// own are the fields that every object has; the body may not use their names.
var own = []string{"id", "rev", "number", "name", "secrets"}

func (c collection) show(o pbx.Object) flat {
	f := flat{}
	if json.Unmarshal(o.Body, &f) != nil || f == nil {
		f = flat{}
	}
	set := []string{}
	for _, s := range c.secrets {
		if v, ok := f[s]; ok {
			delete(f, s)
			if string(v) != `""` && string(v) != "null" {
				set = append(set, s)
			}
		}
	}
	if len(c.secrets) > 0 {
		f["secrets"] = raw(set)
	}
	f["id"], f["rev"], f["number"], f["name"] = raw(o.ID), raw(o.Rev), raw(o.Number), raw(o.Name)
	return f
}

func raw(v any) json.RawMessage {
	b, _ := json.Marshal(v) // of texts, numbers and lists of texts: it cannot fail
	return b
}

// object reads what somebody sent, over what is there: secrets that are not sent stay.
func (c collection) object(f flat, id string, old pbx.Object) (pbx.Object, error) {
	o := pbx.Object{Kind: c.kind, ID: id}
	for name, to := range map[string]*string{"id": &o.ID, "number": &o.Number, "name": &o.Name} {
		if v, ok := f[name]; ok && string(v) != "null" {
			if err := json.Unmarshal(v, to); err != nil {
				return o, fmt.Errorf("%s is to be a text", name)
			}
		}
	}
	if id != "" && o.ID != id {
		return o, fmt.Errorf("the id %q is not the path's: an object keeps its id", provision.Clean(o.ID))
	}
	o.Name = provision.Clean(o.Name)
	body := flat{}
	for name, v := range f {
		if !slices.Contains(own, name) {
			body[name] = v
		}
	}
	before := flat{}
	if len(old.Body) > 0 && json.Unmarshal(old.Body, &before) != nil {
		before = flat{}
	}
	for _, s := range c.secrets {
		if v, ok := before[s]; ok && body[s] == nil {
			body[s] = v
		}
	}
	var err error
	o.Body, err = json.Marshal(body) // sorted: the same object has the same bytes
	return o, err
}

func (p *Portal) listObjects(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		list := []flat{}
		for _, o := range p.withUsual(c, p.Objects.Objects(c.kind)) {
			list = append(list, c.show(o))
		}
		reply(w, http.StatusOK, list)
	}
}

func (p *Portal) getObject(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if o, ok := p.objectOf(w, c, r.PathValue("id")); ok {
			c.reply(w, http.StatusOK, o)
		}
	}
}

func (p *Portal) objectOf(w http.ResponseWriter, c collection, id string) (pbx.Object, bool) {
	o, ok := p.Objects.Object(c.kind, id)
	if !ok {
		o, ok = p.usually(c, id)
	}
	if !ok {
		problem(w, http.StatusNotFound, fmt.Sprintf("there is no %s with that id", c.kind))
	}
	return o, ok
}

// reply sends an object with its revision as the ETag (RFC 9110 8.8.3).
func (c collection) reply(w http.ResponseWriter, code int, o pbx.Object) {
	w.Header().Set("ETag", `"`+strconv.FormatInt(o.Rev, 10)+`"`)
	reply(w, code, c.show(o))
}

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
