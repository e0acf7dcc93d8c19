package office

import (
	"context"
	"sync"

	"autocom/pbx"
	"autocom/provision"
)

// EventResync is the kind of the event that replaces those a slow reader missed:
// it has to read the whole state again.
const EventResync = "resync"

// eventBuffer is how many events a reader may be behind; a boot of 500 phones is
// about 2000 events within a minute.
const eventBuffer = 256

// hub gives events to readers; it never waits for one.
type hub struct {
	mu      sync.Mutex
	readers map[chan provision.Event]bool
}

// Subscribe gives the events from now on, until ctx ends. They come after the
// change is durable. A reader who is too slow loses the oldest ones and finds an
// EventResync in their place.
func (o *Office) Subscribe(ctx context.Context) <-chan provision.Event {
	c := make(chan provision.Event, eventBuffer)
	o.hub.mu.Lock()
	if o.hub.readers == nil {
		o.hub.readers = map[chan provision.Event]bool{}
	}
	o.hub.readers[c] = true
	o.hub.mu.Unlock()
	context.AfterFunc(ctx, func() {
		o.hub.mu.Lock()
		defer o.hub.mu.Unlock()
		delete(o.hub.readers, c)
		close(c)
	})
	return c
}

func (h *hub) send(events []provision.Event) {
	if len(events) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.readers {
		for _, e := range events {
			if len(c) == cap(c) {
				drain(c)
				c <- provision.Event{Kind: EventResync}
			}
			c <- e // there is room: only we write, under mu
		}
	}
}

func drain(c chan provision.Event) {
	for {
		select {
		case <-c:
		default:
			return
		}
	}
}

// changedObjects tells what differs between two states of what people set up.
func changedObjects(old, now objects) []provision.Event {
	var out []provision.Event
	add := func(x pbx.Object, gone bool) {
		out = append(out, provision.Event{Kind: "object", Object: provision.Object{Kind: x.Kind, ID: x.ID, Rev: x.Rev, Gone: gone}})
	}
	for _, x := range old.list() {
		if _, there := now[key{x.Kind, x.ID}]; !there {
			add(x, true)
		}
	}
	for _, x := range now.list() {
		if before, there := old[key{x.Kind, x.ID}]; !there || before.Rev != x.Rev {
			add(x, false)
		}
	}
	return out
}
