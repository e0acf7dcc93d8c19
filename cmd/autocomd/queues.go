package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"autocom/pbx/ami"
	"autocom/pbx/queue"
	"autocom/portal"
)

// queues mirrors what Asterisk's queues do, and tells Asterisk what somebody asks for an
// agent by the API. Calls need none of it.
type queues struct {
	exchange *exchange
	mirror   *queue.Mirror
	reads    chan struct{}
	reading  sync.Mutex // one list at a time
}

func newQueues(e *exchange) *queues {
	return &queues{exchange: e, mirror: queue.NewMirror(time.Now), reads: make(chan struct{}, 1)}
}

// refresh makes the task read everything again.
func (q *queues) refresh() { poke(q.reads) }

// forget drops what was known: Asterisk is away.
func (q *queues) forget() { q.mirror.Empty() }

// event takes an event of Asterisk. Members of the files come and go by a reload, which
// makes no events of its own.
func (q *queues) event(ev ami.Event) {
	q.mirror.Take(ev.Name, ev)
	if ev.Name == "Reload" && ev.Get("Module") == "app_queue.so" {
		q.refresh()
	}
}

func (q *queues) String() string { return "queues" }

// Run keeps the mirror.
func (q *queues) Run(ctx context.Context) error {
	every := time.NewTicker(mirrorEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-q.reads:
		case <-every.C:
		}
		if !q.exchange.Up() {
			continue // the next login pokes
		}
		if err := q.read(ctx); err != nil {
			q.exchange.log.Debug("queues not read", "error", err)
			time.AfterFunc(mirrorRetry, q.refresh)
			continue
		}
		q.dismiss(ctx)
	}
}

// errBusy says that queues change faster than they are read.
var errBusy = errors.New("events came while the list was read")

// read compares the mirror with Asterisk's own list.
func (q *queues) read(ctx context.Context) error {
	q.reading.Lock()
	defer q.reading.Unlock()
	for range 5 {
		q.mirror.Begin()
		r, err := q.exchange.client.Do(ctx, ami.Action{Name: "QueueStatus"})
		if err != nil {
			return err
		}
		names, items := make([]string, 0, len(r.Items)), make([]queue.Event, 0, len(r.Items))
		for _, e := range r.Items {
			names, items = append(names, e.Name), append(items, e)
		}
		if q.mirror.Replace(names, items) {
			return nil
		}
	}
	return errBusy
}

// dismiss logs out who may no longer be in a queue: the plan says who may, and Asterisk
// keeps logins over restarts and changes of the plan.
func (q *queues) dismiss(ctx context.Context) {
	plan := q.exchange.plan()
	allowed := queue.Allowed(plan)
	for _, l := range q.mirror.All() {
		if _, ok := plan.Object(queue.Kind, l.ID); !ok {
			continue // it goes with its queue
		}
		for _, m := range l.Members {
			if !m.Agent || slices.ContainsFunc(allowed[m.Number], func(p queue.Place) bool { return p.Queue == l.ID }) {
				continue
			}
			if err := q.remove(ctx, l.ID, m.Number); err != nil {
				q.exchange.log.Warn("an agent who may not be in a queue is still there", "queue", l.ID, "number", m.Number, "error", err)
				continue
			}
			q.exchange.log.Info("an agent may no longer be in a queue and was logged out", "queue", l.ID, "number", m.Number)
			q.lamp(ctx, m.Number)
		}
	}
}

// LiveQueue gives a queue as it is now.
func (q *queues) LiveQueue(id string) (any, error) {
	if l, ok := q.mirror.Live(id); ok {
		return l, nil
	}
	if _, ok := q.exchange.plan().Object(queue.Kind, id); ok {
		return nil, fmt.Errorf("%w: Asterisk does not have the queue yet: try again in a moment", portal.ErrConflict)
	}
	return nil, fmt.Errorf("queue %s: %w", id, fs.ErrNotExist)
}

// Changes gives the ids of queues that have changed.
func (q *queues) Changes(ctx context.Context) <-chan string { return q.mirror.Subscribe(ctx) }
