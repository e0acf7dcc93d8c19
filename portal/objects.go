package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

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
