package portal

import (
	"maps"
	"net/http"
	"slices"

	"autocom/pbx"
)

// usually gives the settings of an id as they hold while nobody has written them: revision 0.
func (p *Portal) usually(c collection, id string) (pbx.Object, bool) {
	if c.kind != pbx.KindSettings || p.Usual == nil {
		return pbx.Object{}, false
	}
	body, known := p.Usual()[id]
	return pbx.Object{Kind: c.kind, ID: id, Body: body}, known
}

// withUsual adds to a list of settings those that nobody has written.
func (p *Portal) withUsual(c collection, list []pbx.Object) []pbx.Object {
	if c.kind != pbx.KindSettings || p.Usual == nil {
		return list
	}
	usual, all := p.Usual(), map[string]pbx.Object{}
	for id, body := range usual {
		all[id] = pbx.Object{Kind: c.kind, ID: id, Body: body}
	}
	for _, o := range list {
		all[o.ID] = o
	}
	out := make([]pbx.Object, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[id])
	}
	return out
}

// noSetting refuses settings that no feature reads: a slip of the pen would be kept, and do nothing.
func (p *Portal) noSetting(w http.ResponseWriter, c collection, id string) bool {
	if c.kind != pbx.KindSettings || p.Usual == nil {
		return false
	}
	if _, known := p.Usual()[id]; known {
		return false
	}
	if _, kept := p.Objects.Object(c.kind, id); kept {
		return false // of before; it can be changed and deleted
	}
	problem(w, http.StatusNotFound, "there are no settings of that name: see the list of settings")
	return true
}
