package office

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"autocom/provision"
	"autocom/store"
)

// change is a batch being decided: the devices it touches and the transaction
// that is begun when the first of them has to last.
type change struct {
	office  *Office
	ctx     context.Context
	now     time.Time
	tx      *store.Tx
	devices map[string]provision.Device
	order   []string // of devices, as they were first touched
	site    provision.Site
	given   []time.Time
	tally   tally // of all devices, with the changes of the batch
	objects objects

	rearranged bool // objects were changed
}

// run decides one command; its error leaves no trace of it.
func (ch *change) run(c Command) error {
	before := *ch
	before.devices, before.objects = maps.Clone(ch.devices), maps.Clone(ch.objects)
	do := func() error { return c.apply(ch) }
	var err error
	if ch.tx != nil {
		err = ch.tx.Part(do)
	} else if err = do(); err != nil && ch.tx != nil {
		// The command itself began the transaction: nobody else's work is in it.
		err = errors.Join(err, ch.tx.Rollback())
	}
	if err != nil {
		ch.tx, ch.devices, ch.order, ch.site, ch.given, ch.tally, ch.objects = before.tx, before.devices, before.order, before.site, before.given, before.tally, before.objects
		ch.rearranged = before.rearranged
	}
	return err
}

func (ch *change) commit() (Revision, error) {
	if ch.tx == nil {
		return ch.office.revision, nil
	}
	if !ch.tx.Wrote() { // looked for a free number and found none: that wears no card
		return ch.office.revision, ch.tx.Rollback()
	}
	n, err := ch.tx.Commit()
	if err != nil {
		return ch.office.revision, fmt.Errorf("nothing was changed: %w", err)
	}
	return Revision(n), nil
}

// begin gives the transaction of the batch.
func (ch *change) begin() (*store.Tx, error) {
	if ch.tx != nil {
		return ch.tx, nil
	}
	tx, err := ch.office.store.Begin(ch.ctx)
	if err != nil {
		return nil, err
	}
	ch.tx = tx
	return tx, nil
}

// device gives a device as the commands before have left it.
func (ch *change) device(id string) (provision.Device, bool) {
	if d, ok := ch.devices[id]; ok {
		return copied(d), true
	}
	d, ok := ch.office.devices[id]
	return copied(d), ok
}

// must gives a device that somebody named.
func (ch *change) must(id string) (provision.Device, error) {
	d, ok := ch.device(id)
	if !ok {
		return d, fmt.Errorf("device %q: %w", id, fs.ErrNotExist)
	}
	return d, nil
}

// put changes a device: in memory always, on the card when it differs in
// something that has to last. A phone that is merely seen again wears no card.
func (ch *change) put(d provision.Device) error {
	old, known := ch.device(d.ID)
	var write func(*store.Tx) error
	switch {
	case !lasts(d) && known && lasts(old):
		write = func(tx *store.Tx) error { return tx.DropDevice(d.ID) }
	case !lasts(d):
	case !known || !lasts(old) || !reflect.DeepEqual(unsaid(old), unsaid(d)):
		write = func(tx *store.Tx) error { return tx.PutDevice(d) }
	case !reflect.DeepEqual(essence(old), essence(d)):
		if ch.office.saidAgain(d.ID, ch.now) {
			write = func(tx *store.Tx) error { return tx.PutDevice(d) }
		}
	}
	if write != nil {
		tx, err := ch.begin()
		if err != nil {
			return err
		}
		if err := write(tx); err != nil {
			return err
		}
	}
	if _, touched := ch.devices[d.ID]; !touched {
		ch.order = append(ch.order, d.ID)
	}
	if known {
		ch.tally.count(old, -1)
	}
	ch.tally.count(d, 1)
	ch.devices[d.ID] = d
	return nil
}

// all yields every device, with the changes of the batch. They are shared with the
// readers: what is to be changed is taken with device.
func (ch *change) all(yield func(provision.Device) bool) {
	for id, d := range ch.office.devices {
		if changed, ok := ch.devices[id]; ok {
			d = changed
		}
		if !yield(d) {
			return
		}
	}
	for id, d := range ch.devices {
		if _, known := ch.office.devices[id]; !known && !yield(d) {
			return
		}
	}
}

// tally counts devices, so that nobody has to go through all of them for each
// frame: somebody may invent any number.
type tally struct {
	pending  int // wait for a click or for room
	guests   int // of them: have an account meanwhile
	reserved int // numbers and accounts told to devices that have never registered
	kept     int // are on the card
}

// count adds n for a device.
func (t *tally) count(d provision.Device, n int) {
	if d.Verdict == provision.VerdictPending {
		t.pending += n
	}
	if guest(d) {
		t.guests += n
	}
	if fresh(d) {
		t.reserved += n * max(1, len(d.Lines))
	}
	if lasts(d) {
		t.kept += n
	}
}

// lasts reports whether a device is worth a write: it has or had a number, or
// somebody decided or has to decide about it. Printers and passers-by do not.
func lasts(d provision.Device) bool {
	return d.Allocation != provision.AllocationNone && d.Allocation != "" ||
		d.Verdict == provision.VerdictPending || d.Verdict == provision.VerdictRejected ||
		(d.Name != "" || len(d.Keys) > 0) && !d.Soft()
}

// essence is the part of a device whose change is worth a write: not the moment
// it was seen, nor whether it is registered just now.
func essence(d provision.Device) provision.Device {
	d.LastSeen, d.IP, d.Interface, d.VLAN = time.Time{}, netip.Addr{}, "", 0
	if d.Reach == provision.ReachLost || d.Reach == provision.ReachFetched {
		d.Reach = provision.ReachRegistered
	}
	d.Evidence = nil
	if holds(d) || d.Verdict == provision.VerdictPending {
		d.Reason = "" // it is of the moment, and found again
	}
	d.Lines = slices.Clone(d.Lines)
	for i := range d.Lines {
		d.Lines[i].Registered = false
	}
	return d
}

// tells reports whether people would want to know of the change.
func tells(old, d provision.Device) bool {
	timeless := func(d provision.Device) provision.Device {
		d = copied(d)
		d.LastSeen = time.Time{}
		for i := range d.Evidence {
			d.Evidence[i].At = time.Time{}
		}
		return d
	}
	return !reflect.DeepEqual(timeless(old), timeless(d))
}
