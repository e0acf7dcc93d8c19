package ami

import "sync"

// queue is a bounded line of events: the reader never waits for a slow consumer,
// for then answers to its own actions would wait too.
type queue struct {
	mu     sync.Mutex
	more   *sync.Cond
	events []Event
	limit  int
	lost   int
	closed bool
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit}
	q.more = sync.NewCond(&q.mu)
	return q
}

// add drops e when the queue is full.
func (q *queue) add(e Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	if len(q.events) == q.limit {
		q.lost++
		return
	}
	q.events = append(q.events, e)
	q.more.Signal()
}

// next waits for an event; lost is how many were dropped since the last call.
func (q *queue) next() (e Event, lost int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.events) == 0 && !q.closed {
		q.more.Wait()
	}
	if q.closed {
		return Event{}, 0, false
	}
	e, q.events = q.events[0], q.events[1:]
	lost, q.lost = q.lost, 0
	return e, lost, true
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.more.Broadcast()
}
