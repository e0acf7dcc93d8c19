package office

import (
	"context"
	"fmt"
	"io/fs"

	"autocom/pbx"
	"autocom/provision"
	"autocom/store"
)

// arranging is a command that changes objects: PutObject or DropObject.
type arranging interface {
	Command
	decide(*change) (decided, error)
}

// Preview gives the plan as it is and as a command would make it; nothing is changed. The
// error is what Apply would give. same says that the command changes nothing.
func (o *Office) Preview(ctx context.Context, c arranging) (before, after pbx.Plan, same bool, err error) {
	o.writer.Lock()
	defer o.writer.Unlock()
	ch := &change{office: o, ctx: ctx, now: o.now(), devices: map[string]provision.Device{}, site: o.site, given: o.given, tally: o.tally, objects: o.objects}
	d, err := c.decide(ch)
	if err != nil {
		return before, after, false, err
	}
	before, after = o.plan(ch.all, o.site, o.objects), o.plan(ch.all, o.site, d.next)
	before.Revision, after.Revision = int64(o.revision), int64(o.revision)+1
	before.Ghosts, after.Ghosts = ghosts(before, nil, o.cfg.Emergency), ghosts(after, nil, o.cfg.Emergency)
	return before, after, d.same, nil
}

// Change is one that somebody made to an object, and whether it can be undone.
type Change struct {
	store.Change
	Last bool // nobody has changed the object since
}

// note keeps what was decided, in the transaction that does it.
func (d decided) note(ch *change, tx *store.Tx, by string, undoes int64) error {
	if by == "" {
		return nil
	}
	c := store.Change{Rev: d.x.Rev, At: ch.now, Who: by, Kind: d.x.Kind, ID: d.x.ID}
	if d.known {
		c.Before = &d.old
	}
	if !d.gone {
		c.After = &d.x
	}
	return tx.NoteChange(c, undoes)
}

// Changes are the last ones, newest first.
func (o *Office) Changes(ctx context.Context, limit int) ([]Change, error) {
	kept, err := o.store.Changes(ctx, limit)
	if err != nil {
		return nil, err
	}
	var out []Change
	newer := map[key]bool{}
	for _, c := range kept {
		k := key{c.Kind, c.ID}
		now, there := o.Object(c.Kind, c.ID)
		last := !newer[k] && (c.After == nil && !there || c.After != nil && there && now.Rev == c.After.Rev)
		newer[k] = true
		out = append(out, Change{c, last})
	}
	return out, nil
}

// everyChange is more than the store keeps.
const everyChange = 1000

// Undoing gives the command that takes a change back. One that does not exist is an
// fs.ErrNotExist; an ErrChanged when somebody has changed the object since.
func (o *Office) Undoing(ctx context.Context, n int64, by string) (Change, Command, error) {
	list, err := o.Changes(ctx, everyChange)
	if err != nil {
		return Change{}, nil, err
	}
	for _, c := range list {
		switch {
		case c.N != n:
			continue
		case !c.Last:
			return c, nil, ErrChanged
		case c.Before == nil:
			return c, DropObject{Kind: c.Kind, ID: c.ID, IfRev: c.After.Rev, By: by, Undoes: n}, nil
		case c.After == nil:
			return c, PutObject{Object: *c.Before, IfRev: -1, By: by, Undoes: n}, nil
		}
		return c, PutObject{Object: *c.Before, IfRev: c.After.Rev, By: by, Undoes: n}, nil
	}
	return Change{}, nil, fmt.Errorf("change %d: %w", n, fs.ErrNotExist)
}
