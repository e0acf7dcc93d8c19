package office

import (
	"context"
	"errors"
	"slices"
	"sync"

	"autocom/provision"
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
	ch := &change{office: o, ctx: ctx, now: o.now(), devices: map[string]provision.Device{}, site: o.site, given: o.given, tally: o.tally, objects: o.objects}
	for _, w := range batch {
		w.err = ch.run(w.command)
		w.done = true
	}
	revision, err := ch.commit()
	if err != nil {
		ch.devices, ch.site, ch.given, ch.tally, ch.objects = nil, o.site, o.given, o.tally, o.objects
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
	if ch.rearranged {
		ch.site.Voicemail = ch.objects.messageKey()
	}
	if ch.site != o.site {
		events = append(events, provision.Event{Kind: "system"})
	}
	if ch.rearranged {
		events = append(events, changedObjects(o.objects, ch.objects)...)
	}
	o.revision, o.site, o.given, o.tally, o.objects = revision, ch.site, ch.given, ch.tally, ch.objects
	for _, id := range ch.order {
		d, ok := ch.devices[id]
		if !ok {
			continue
		}
		old, known := o.devices[id]
		o.keep(d)
		o.say(old, d)
		if !known || tells(old, d) {
			events = append(events, provision.Event{Kind: "device", Device: o.shown(d)})
		}
	}
	for _, id := range o.crowd(ch.devices) {
		delete(o.devices, id)
	}
	return events
}

// say logs what a person would tell another.
func (o *Office) say(old, d provision.Device) {
	log := o.cfg.Log.With("device", d.ID, "vendor", d.Vendor, "model", d.Model)
	if guest(d) && !guest(old) {
		log.Info("phone waits for approval, with an account that nobody can call")
	}
	if holds(d) && holds(old) && len(d.Lines) > len(old.Lines) {
		log.Info("further lines", "lines", len(d.Lines), "extension", d.Lines[len(d.Lines)-1].Number)
	}
	if old.Allocation == d.Allocation {
		return
	}
	switch d.Allocation {
	case provision.AllocationReserved:
		log.Info("phone assigned", "extension", d.Number(), "lines", len(d.Lines))
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

// crowd are those who go. Whoever has just been heard stays, even where many have the
// same moment.
func (o *Office) crowd(heard map[string]provision.Device) []string {
	if len(o.devices)-o.tally.kept <= maxUnkept {
		return nil
	}
	var loose []provision.Device
	for _, d := range o.devices {
		if _, now := heard[d.ID]; !lasts(d) && !now {
			loose = append(loose, d)
		}
	}
	slices.SortFunc(loose, func(a, b provision.Device) int { return a.LastSeen.Compare(b.LastSeen) })
	var ids []string
	for _, d := range loose[:max(0, len(loose)-maxUnkept*9/10)] { // a tenth at once: sorting each time would be slow
		ids = append(ids, d.ID)
	}
	return ids
}
