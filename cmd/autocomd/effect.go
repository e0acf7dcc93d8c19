package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"autocom/office"
	"autocom/pbx"
	"autocom/pbx/ami"
	pbxsync "autocom/pbx/sync"
	"autocom/portal"
)

// Preview renders the plan with and without a change, and says what Asterisk would have to
// read again, which numbers it is about, and who is on the phone with them.
func (d desk) Preview(ctx context.Context, o pbx.Object, drop bool, ifRev int64) (portal.Effect, error) {
	var before, after pbx.Plan
	var same bool
	var err error
	if drop {
		before, after, same, err = d.Office.Preview(ctx, office.DropObject{Kind: o.Kind, ID: o.ID, IfRev: ifRev})
	} else {
		if o.Kind == pbx.KindMusic {
			old, _ := d.Object(o.Kind, o.ID)
			if o.Body, err = withFilesOf(old, o.Body); err != nil {
				return portal.Effect{}, fmt.Errorf("%w: %w", portal.ErrConflict, err)
			}
		}
		before, after, same, err = d.Office.Preview(ctx, office.PutObject{Object: o, IfRev: ifRev})
	}
	if err != nil {
		return portal.Effect{}, stale(err)
	}
	if same {
		none := []string{}
		return portal.Effect{Same: true, Calls: -1, Files: none, Modules: none, Numbers: none, Lamps: none, Phones: none}, nil
	}
	if !before.Address.IsValid() { // no LAN yet: what is written later has another address, and the same change
		before.Address, after.Address = fallback.Addr(), fallback.Addr()
	}
	complete := func(p pbx.Plan) pbx.Plan { return p }
	if d.exchange != nil && d.exchange.complete != nil {
		complete = d.exchange.complete
	}
	old, _, err := d.exchange.sketches().RenderSound(complete(before))
	if err != nil {
		return portal.Effect{}, fmt.Errorf("render the plan as it is: %w", err)
	}
	next, _, err := d.exchange.sketches().RenderSound(complete(after))
	if err != nil {
		return portal.Effect{}, fmt.Errorf("render the plan with the change: %w", err)
	}
	e := effectOf(before, after, old, next)
	return d.exchange.onThePhone(ctx, e, o.Kind, o.ID, after), nil
}

// effectOf compares two plans and what was rendered of them.
func effectOf(before, after pbx.Plan, old, next pbx.Files) portal.Effect {
	e := portal.Effect{Calls: -1, Files: []string{}, Phones: []string{}}
	for _, name := range slices.Sorted(maps.Keys(next)) {
		if !bytes.Equal(old[name], next[name]) {
			e.Files = append(e.Files, name)
		}
	}
	for name := range old {
		if _, stays := next[name]; !stays {
			e.Files = append(e.Files, name)
		}
	}
	modules, restart := pbxsync.Modules(e.Files)
	e.Modules, e.Restart = append([]string{}, modules...), restart
	e.Numbers = differ(answering(before), answering(after))
	e.Lamps = differ(lamps(old["extensions.conf"]), lamps(next["extensions.conf"]))
	number := map[string]string{}
	for _, x := range append(slices.Clone(before.Endpoints), after.Endpoints...) {
		number[x.ID] = x.Number
	}
	for _, id := range changedSections(old["pjsip_lines.conf"], next["pjsip_lines.conf"]) {
		if n := number[id]; n != "" && !slices.Contains(e.Phones, n) {
			e.Phones = append(e.Phones, n)
		}
	}
	slices.Sort(e.Phones)
	return e
}

// answering tells for every number of a plan what answers there.
func answering(p pbx.Plan) map[string]any {
	out := map[string]any{}
	for _, x := range p.Extensions() {
		out[x.Number] = x
	}
	for _, o := range p.Objects {
		if o.Number != "" {
			out[o.Number] = [...]string{o.Kind, o.ID, o.Name, string(o.Body)}
		}
	}
	return out
}

// lamps are the hints of single numbers in a dialplan: "exten => 201,hint,PJSIP/…".
func lamps(dialplan []byte) map[string]any {
	out := map[string]any{}
	for line := range strings.Lines(string(dialplan)) {
		exten, hint, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "exten => "), ",hint,")
		if ok && !strings.HasPrefix(exten, "_") {
			out[exten] = hint
		}
	}
	return out
}

// changedSections are the names of a file's sections whose texts are others.
func changedSections(old, next []byte) []string {
	if bytes.Equal(old, next) {
		return nil
	}
	return differ(sections(old), sections(next))
}

// sections are the lines of a file by the names of its sections; a name may come again.
func sections(file []byte) map[string]any {
	lines := map[string][]string{}
	name := ""
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "[") {
			name, _, _ = strings.Cut(line[1:], "]")
		}
		lines[name] = append(lines[name], line)
	}
	out := make(map[string]any, len(lines))
	for name, all := range lines {
		out[name] = all
	}
	return out
}

// differ are the keys whose values are not the same in both, sorted.
func differ(a, b map[string]any) []string {
	out := []string{}
	for k, v := range a {
		if w, ok := b[k]; !ok || !reflect.DeepEqual(v, w) {
			out = append(out, k)
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// onThePhone counts the calls that are up, and of them those with a number of the effect or
// in the context of the object. Asterisk keeps a channel's "linkedid" for all of one call.
func (e *exchange) onThePhone(ctx context.Context, out portal.Effect, kind, id string, plan pbx.Plan) portal.Effect {
	if e == nil || !e.Up() {
		return out
	}
	channels, err := e.ask(ctx, ami.Action{Name: "CoreShowChannels"})
	if err != nil && !refused(err, "") {
		return out
	}
	number := map[string]string{}
	for _, x := range plan.Endpoints {
		number["PJSIP/"+x.ID] = x.Number
	}
	calls, touched := map[string]bool{}, map[string]bool{}
	for _, c := range channels.Items {
		if c.Name != "CoreShowChannel" {
			continue
		}
		call := c.Get("Linkedid")
		calls[call] = true
		name := c.Get("Channel") // PJSIP/0015654aa937-1-0000002a
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		if slices.Contains(out.Numbers, number[name]) || c.Get("Context") == "ac-"+kind+"-"+id || kind == pbx.KindTrunk && name == "PJSIP/trunk-"+id {
			touched[call] = true
		}
	}
	out.Calls, out.Touched = len(calls), len(touched)
	return out
}

// Changes are the last ones that people made.
func (d desk) Changes(ctx context.Context, limit int) ([]portal.Change, error) {
	list, err := d.Office.Changes(ctx, limit)
	out := make([]portal.Change, 0, len(list))
	for _, c := range list {
		out = append(out, changeOf(c))
	}
	return out, err
}

func changeOf(c office.Change) portal.Change {
	return portal.Change{
		N: c.N, Rev: c.Rev, At: c.At, Who: c.Who, Kind: c.Kind, ID: c.ID,
		Before: c.Before, After: c.After, Undone: c.Undone, Last: c.Last && !c.Undone,
	}
}

// Undo puts back what was before a change. Sounds that were deleted with an object stay
// deleted; a music has the files that it has now.
func (d desk) Undo(ctx context.Context, n int64) (portal.Change, error) {
	c, command, err := d.Office.Undoing(ctx, n, portal.Actor(ctx))
	if err != nil {
		return portal.Change{}, stale(err)
	}
	switch x := command.(type) {
	case office.DropObject:
		err = d.drop(ctx, x)
	case office.PutObject:
		if x.Kind == pbx.KindMusic {
			now, _ := d.Object(x.Kind, x.ID)
			if x.Body, err = withFilesOf(now, x.Body); err != nil {
				return portal.Change{}, err
			}
		}
		_, err = d.Apply(ctx, x)
		err = stale(err)
	}
	out := changeOf(c)
	out.Undone, out.Last = err == nil, false
	return out, err
}
