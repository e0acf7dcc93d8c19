package portal

import (
	"crypto/rand"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

// Bounds of the events that a reader who was away can still be given: some minutes of a
// busy box, or the boot of 500 phones.
const (
	ringEvents = 2048
	ringBytes  = 2 << 20
)

// message is an event as it was sent: its name, and its data in one line of JSON.
type message struct {
	kind string
	data []byte
}

// bus keeps the last events in their order, and wakes who reads them. It never waits for a
// reader: one that is too slow finds that the ring has gone on without it.
type bus struct {
	mu      sync.Mutex
	epoch   string // of this run: the ids of another mean nothing here
	ring    []message
	bytes   int
	next    uint64 // the number of the event that comes next; the ring ends before it
	readers map[chan struct{}]bool
}

// tell adds an event. What cannot be written as JSON is an error of ours, and none is sent.
func (b *bus) tell(kind string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.start()
	b.ring, b.next = append(b.ring, message{kind, data}), b.next+1
	b.bytes += len(data)
	for len(b.ring) > ringEvents || b.bytes > ringBytes && len(b.ring) > 1 {
		b.bytes -= len(b.ring[0].data)
		b.ring = b.ring[1:]
	}
	for wake := range b.readers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	return nil
}

func (b *bus) start() {
	if b.epoch == "" {
		b.epoch = strings.ToLower(rand.Text()[:8])
	}
}

// join gives a reader where to begin: after the event that it had last, or now. lost says
// that some after that one are gone.
func (b *bus) join(last string) (wake chan struct{}, at uint64, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.start()
	wake = make(chan struct{}, 1)
	if b.readers == nil {
		b.readers = map[chan struct{}]bool{}
	}
	b.readers[wake] = true
	if last == "" {
		return wake, b.next, false
	}
	epoch, number, _ := strings.Cut(last, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	if epoch != b.epoch || err != nil || n >= b.next || n+1 < b.oldest() {
		return wake, b.next, true
	}
	if n+1 < b.next {
		wake <- struct{}{}
	}
	return wake, n + 1, false
}

func (b *bus) leave(wake chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.readers, wake)
}

// oldest is the number of the ring's first event.
func (b *bus) oldest() uint64 { return b.next - uint64(len(b.ring)) }

// read gives the events from at on; lost says that some before them are gone.
func (b *bus) read(at uint64) (list []message, from uint64, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from = max(at, b.oldest())
	return append(list, b.ring[from-b.oldest():]...), from, from != at
}

// id is how a reader names an event (HTML Living Standard 9.2.4, Last-Event-ID).
func (b *bus) id(n uint64) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.epoch + "-" + strconv.FormatUint(n, 10)
}
