package ami

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// connection is what lives as long as one TCP connection.
type connection struct {
	net.Conn
	writing sync.Mutex
	mu      sync.Mutex
	pending map[string]*waiting
	last    uint64
	closed  chan struct{}
}

// waiting is an action whose answer is not complete.
type waiting struct {
	answer Response
	listed bool
	done   chan struct{} // closed when answer or err is complete
	err    error
}

func (conn *connection) do(ctx context.Context, a Action) (Response, error) {
	w := &waiting{done: make(chan struct{})}
	conn.mu.Lock()
	conn.last++
	id := strconv.FormatUint(conn.last, 10)
	conn.pending[id] = w
	conn.mu.Unlock()
	defer func() {
		conn.mu.Lock()
		delete(conn.pending, id)
		conn.mu.Unlock()
	}()

	text, err := a.encode(id)
	if err != nil {
		return Response{}, err
	}
	if err := conn.write(text); err != nil {
		return Response{}, fmt.Errorf("action %s: %w", a.Name, err)
	}
	select {
	case <-ctx.Done():
		return Response{}, fmt.Errorf("action %s: %w", a.Name, ctx.Err())
	case <-conn.closed:
		return Response{}, fmt.Errorf("action %s: %w", a.Name, ErrDown)
	case <-w.done:
	}
	if w.err != nil {
		return Response{}, fmt.Errorf("action %s: %w", a.Name, w.err)
	}
	if strings.EqualFold(w.answer.Get("Response"), "Error") {
		return Response{}, &RefusedError{a.Name, w.answer.Get("Message")}
	}
	return w.answer, nil
}

func (conn *connection) write(text []byte) error {
	conn.writing.Lock()
	defer conn.writing.Unlock()
	conn.SetWriteDeadline(time.Now().Add(pingWithin))
	_, err := conn.Write(text)
	return err
}

// answer takes a message that belongs to an action; false when it belongs to none.
func (conn *connection) answer(m Message) bool {
	id := m.Get("ActionID")
	if id == "" {
		return false
	}
	conn.mu.Lock()
	defer conn.mu.Unlock()
	w := conn.pending[id]
	if w == nil { // its caller gave up
		return m.Get("Event") == ""
	}
	select {
	case <-w.done:
		return true
	default:
	}
	list := strings.ToLower(m.Get("EventList"))
	switch name := m.Get("Event"); {
	case name == "":
		w.answer.Message = m
		w.listed = list == "start"
		if !w.listed {
			close(w.done)
		}
	case list == "complete", list == "cancelled":
		close(w.done)
	case len(w.answer.Items) == maxItems:
		w.err = errTooLong
		close(w.done)
	default:
		w.answer.Items = append(w.answer.Items, Event{name, m})
	}
	return true
}

// fail ends everybody who waits; called once, by the reader.
func (conn *connection) fail(error) { close(conn.closed) }
