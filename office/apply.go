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
	"sync"
	"time"

	"autocom/provision"
	"autocom/store"
)

// queue holds the commands that wait for the writer.
type queue struct {
	mu      sync.Mutex
	waiting []*waiting
}

type waiting struct {
	command  Command
	done     bool // under Office.writer
	revision Revision
	err      error
}

// Apply decides a command and returns when its effect is durable. Commands that
// arrive while the card is busy share the next commit, so sixty phones that wake
// together wait for the card a few times, not sixty.
func (o *Office) Apply(ctx context.Context, c Command) (Revision, error) {
	w := &waiting{command: c}
	o.queue.mu.Lock()
	o.queue.waiting = append(o.queue.waiting, w)
	o.queue.mu.Unlock()

	o.writer.Lock()
	defer o.writer.Unlock()
	if !w.done { // nobody who had the lock before us took our command along
		o.queue.mu.Lock()
		batch := o.queue.waiting
		o.queue.waiting = nil
		o.queue.mu.Unlock()
		// One caller who gives up must not undo the others' commands.
		o.commit(context.WithoutCancel(ctx), batch)
	}
	return w.revision, w.err
}

// commit decides the commands one after the other, each seeing the effect of
// those before it, and writes what has to last in one transaction.
func (o *Office) commit(ctx context.Context, batch []*waiting) {
	ch := &change{office: o, ctx: ctx, now: o.now(), devices: map[string]provision.Device{}, site: o.site, given: o.given}
	for _, w := range batch {
		w.err = ch.run(w.command)
		w.done = true
	}
	revision, err := ch.commit()
	if err != nil {
		ch.devices, ch.site, ch.given = nil, o.site, o.given
		for _, w := range batch {
			w.err = errors.Join(w.err, err)
		}
	}
	events := o.publish(ch, revision)
	for _, w := range batch {
		w.revision = revision
	}
	o.hub.send(events)
}

// publish shows the change to readers and gives the events that tell of it.
func (o *Office) publish(ch *change, revision Revision) []provision.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	var events []provision.Event
	if ch.site != o.site {
		events = append(events, provision.Event{Kind: "system"})
	}
	o.revision, o.site, o.given = revision, ch.site, ch.given
	for _, id := range ch.order {
		d, ok := ch.devices[id]
		if !ok {
			continue
		}
		old, known := o.devices[id]
		o.keep(d)
		o.say(old, d)
		if !known || tells(old, d) {
			events = append(events, provision.Event{Kind: "device", Device: copied(d)})
		}
	}
	for _, id := range o.crowd() {
		delete(o.devices, id)
	}
	return events
}

// say logs what a person would tell another.
func (o *Office) say(old, d provision.Device) {
	if old.Allocation == d.Allocation {
		return
	}
	log := o.cfg.Log.With("device", d.ID, "vendor", d.Vendor, "model", d.Model)
	switch d.Allocation {
	case provision.AllocationReserved:
		log.Info("phone assigned", "extension", d.Number())
	case provision.AllocationBound:
		log.Info("phone registered for the first time: the number is its own", "extension", d.Number())
	case provision.AllocationReleased, provision.AllocationNone:
		if old.Number() != "" {
			log.Info("number taken back", "extension", old.Number(), "reason", d.Reason)
		}
	}
}

// maxUnkept bounds the devices that are only in memory: somebody may invent any
// number of hardware addresses. The ones unheard of for longest go first.
const maxUnkept = 2000

func (o *Office) crowd() []string {
	if len(o.devices) <= maxUnkept {
		return nil
	}
	var loose []provision.Device
	for _, d := range o.devices {
		if !lasts(d) {
			loose = append(loose, d)
		}
	}
	if len(loose) <= maxUnkept {
		return nil
	}
	slices.SortFunc(loose, func(a, b provision.Device) int { return a.LastSeen.Compare(b.LastSeen) })
	var ids []string
	for _, d := range loose[:len(loose)-maxUnkept*9/10] { // a tenth at once: sorting each time would be slow
		ids = append(ids, d.ID)
	}
	return ids
}

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
}

// run decides one command; its error leaves no trace of it.
func (ch *change) run(c Command) error {
	before := *ch
	before.devices = maps.Clone(ch.devices)
	do := func() error { return c.apply(ch) }
	var err error
	if ch.tx != nil {
		err = ch.tx.Part(do)
	} else if err = do(); err != nil && ch.tx != nil {
		// The command itself began the transaction: nobody else's work is in it.
		err = errors.Join(err, ch.tx.Rollback())
	}
	if err != nil {
		ch.tx, ch.devices, ch.order, ch.site, ch.given = before.tx, before.devices, before.order, before.site, before.given
	}
	return err
}

func (ch *change) commit() (Revision, error) {
	if ch.tx == nil {
		return ch.office.revision, nil
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
	case lasts(d) && (!known || !lasts(old) || !reflect.DeepEqual(essence(old), essence(d))):
		write = func(tx *store.Tx) error { return tx.PutDevice(d) }
	case !lasts(d) && known && lasts(old):
		write = func(tx *store.Tx) error { return tx.DropDevice(d.ID) }
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
	ch.devices[d.ID] = d
	return nil
}

// all gives every device, with the changes of the batch.
func (ch *change) all() []provision.Device {
	var out []provision.Device
	for id := range ch.office.devices {
		d, _ := ch.device(id)
		out = append(out, d)
	}
	for id, d := range ch.devices {
		if _, known := ch.office.devices[id]; !known {
			out = append(out, copied(d))
		}
	}
	return out
}

// lasts reports whether a device is worth a write: it has or had a number, or
// somebody decided or has to decide about it. Printers and passers-by do not.
func lasts(d provision.Device) bool {
	return d.Allocation != provision.AllocationNone && d.Allocation != "" ||
		d.Verdict == provision.VerdictPending || d.Verdict == provision.VerdictRejected
}

// essence is the part of a device whose change is worth a write: not the moment
// it was seen, nor whether it is registered just now.
func essence(d provision.Device) provision.Device {
	d.LastSeen, d.IP, d.Interface, d.VLAN = time.Time{}, netip.Addr{}, "", 0
	if d.Reach == provision.ReachLost || d.Reach == provision.ReachFetched {
		d.Reach = provision.ReachRegistered
	}
	d.Evidence = nil
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
