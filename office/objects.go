package office

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"autocom/pbx"
	"autocom/provision"
)

// ErrChanged says that somebody else has changed an object since it was read.
var ErrChanged = errors.New("somebody has changed it meanwhile: read it again")

// PutObject sets up an object, or changes the one of its kind and id. It takes effect
// when the whole plan makes sense with it; the error says what does not.
type PutObject struct {
	pbx.Object
	IfRev  int64  // of the object that is changed; 0: whatever it is; -1: there must be none
	By     string // who changes it; "" the box itself, of which no change is kept
	Undoes int64  // the change that this takes back; 0 none
}

// DropObject removes an object that nothing refers to.
type DropObject struct {
	Kind, ID string
	IfRev    int64 // 0: whatever it is
	By       string
	Undoes   int64
}

// key names an object.
type key struct{ kind, id string }

// objects are what people have set up. Its values are never changed, only replaced.
type objects map[key]pbx.Object

func (o objects) list() []pbx.Object {
	return slices.SortedFunc(maps.Values(o), func(a, b pbx.Object) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
}

// messageKey is what the message key of phones dials: the owner may have given voicemail
// another code.
func (o objects) messageKey() string { return pbx.Plan{Objects: o.list()}.Code("voicemail") }

// Objects gives those of a kind, by id.
func (o *Office) Objects(kind string) []pbx.Object {
	o.mu.RLock()
	defer o.mu.RUnlock()
	list := o.objects.list()
	return slices.DeleteFunc(list, func(x pbx.Object) bool { return x.Kind != kind })
}

// Object gives one.
func (o *Office) Object(kind, id string) (pbx.Object, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	x, ok := o.objects[key{kind, id}]
	return x, ok
}

// maxObjects bounds what people set up: a script that goes mad fills no card.
const maxObjects = 2000

// maxBody bounds one object in bytes.
const maxBody = 64 << 10

// decided is what a command makes of the objects.
type decided struct {
	old, x     pbx.Object
	known      bool // old
	same, gone bool // nothing differs; x is deleted
	next       objects
}

func (c PutObject) decide(ch *change) (decided, error) {
	x := c.Object
	if err := x.Check(); err != nil {
		return decided{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if len(x.Body) > maxBody || !json.Valid(x.Body) {
		return decided{}, fmt.Errorf("%w: %s %s is no JSON, or more than %d kB", ErrRefused, x.Kind, x.ID, maxBody>>10)
	}
	old, known := ch.objects[key{x.Kind, x.ID}]
	switch {
	case c.IfRev == -1 && known:
		return decided{}, fmt.Errorf("%w: %s %s exists already: choose another id", ErrRefused, x.Kind, x.ID)
	case c.IfRev > 0 && (!known || old.Rev != c.IfRev):
		return decided{}, ErrChanged
	case known && bytes.Equal(old.Body, x.Body) && old.Name == x.Name && old.Number == x.Number:
		return decided{old: old, x: old, known: true, same: true, next: ch.objects}, nil
	case !known && len(ch.objects) >= maxObjects:
		return decided{}, fmt.Errorf("%w: there are %d objects already: delete some", ErrRefused, len(ch.objects))
	}
	if x.Number != "" && x.Number != old.Number {
		if err := ch.mayHaveNumber(x); err != nil {
			return decided{}, err
		}
	}
	x.Rev = max(int64(ch.office.revision), old.Rev) + 1
	next := maps.Clone(ch.objects)
	next[key{x.Kind, x.ID}] = x
	return decided{old: old, x: x, known: known, next: next}, ch.makesSense(next, x)
}

func (c PutObject) apply(ch *change) error {
	d, err := c.decide(ch)
	if err != nil || d.same {
		return err
	}
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	if err := tx.PutObject(d.x, ch.now); err != nil {
		return err
	}
	ch.objects, ch.rearranged = d.next, true
	return d.note(ch, tx, c.By, c.Undoes)
}

func (c DropObject) decide(ch *change) (decided, error) {
	old, known := ch.objects[key{c.Kind, c.ID}]
	switch {
	case !known:
		return decided{}, fmt.Errorf("%s %q: %w", c.Kind, c.ID, fs.ErrNotExist)
	case c.IfRev > 0 && old.Rev != c.IfRev:
		return decided{}, ErrChanged
	}
	next := maps.Clone(ch.objects)
	delete(next, key{c.Kind, c.ID})
	return decided{old: old, x: old, known: true, gone: true, next: next}, ch.makesSense(next, pbx.Object{})
}

func (c DropObject) apply(ch *change) error {
	d, err := c.decide(ch)
	if err != nil {
		return err
	}
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	if err := tx.DropObject(c.Kind, c.ID); err != nil {
		return err
	}
	ch.objects, ch.rearranged = d.next, true
	return d.note(ch, tx, c.By, c.Undoes)
}

// mayHaveNumber says why an object may not have its number.
func (ch *change) mayHaveNumber(x pbx.Object) error {
	if err := ch.mayHave(provision.Device{}, x.Number); err != nil {
		return err
	}
	if d, n := ch.holder(x.Number); n != 0 {
		return fmt.Errorf("%w: %s is the number of %s: choose another, or give that phone another first", ErrRefused, x.Number, d.ID)
	}
	return nil
}

// objectWith finds the object that has a number.
func (ch *change) objectWith(number string) (pbx.Object, bool) {
	for _, x := range ch.objects {
		if x.Number == number && number != "" {
			return x, true
		}
	}
	return pbx.Object{}, false
}

// makesSense has the whole plan rendered with the objects of the change. What changed may
// name numbers that ring only; what stays may go on naming those that have gone.
func (ch *change) makesSense(next objects, changed pbx.Object) error {
	if ch.office.cfg.Check == nil {
		return nil
	}
	plan := ch.office.plan(ch.all, ch.site, next)
	plan.Ghosts = ghosts(plan, &changed, ch.office.cfg.Emergency)
	if err := ch.office.cfg.Check(plan); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

// ghosts are the numbers that objects name, and that no phone has (any more): a group
// whose third member was released goes on ringing the others. A person's numbers are
// theirs before the phone comes. but is an object whose numbers do not count; nil for none. A
// text that would be mistaken for an emergency number is never one: it would spoil the plan.
func ghosts(plan pbx.Plan, but *pbx.Object, emergency []string) []string {
	rings := map[string]bool{}
	for _, e := range plan.Endpoints {
		rings[e.Number] = true
	}
	for _, x := range plan.Objects {
		rings[x.Number] = true
	}
	found := map[string]bool{}
	for _, x := range plan.Objects {
		if x.Kind == pbx.KindSoftphone || x.Kind == pbx.KindApp {
			continue // they ring for as long as the number is there, and make none
		}
		if but != nil && x.Kind == but.Kind && x.ID == but.ID && x.Kind != pbx.KindPerson {
			continue
		}
		var body any
		if json.Unmarshal(x.Body, &body) == nil {
			named(body, found)
		}
	}
	var out []string
	for n := range found {
		if !rings[n] && pbx.EmergencyCollision(n, emergency) == "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// notNumbers are fields of digits that ring nowhere: a PIN or a password is no number of the
// house, and stands in no list of them.
var notNumbers = []string{"pin", "leader_pin", "password", "user"}

// named collects the texts of a body that have the form of an extension.
func named(body any, found map[string]bool) {
	switch v := body.(type) {
	case string:
		if lo, _, err := bounds(v, v); err == nil && lo > 0 {
			found[v] = true
		}
	case []any:
		for _, e := range v {
			named(e, found)
		}
	case map[string]any:
		for name, e := range v {
			if !slices.Contains(notNumbers, name) {
				named(e, found)
			}
		}
	}
}
