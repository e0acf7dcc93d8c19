// Package ami turns Asterisk's manager interface, a stream of text blocks, into
// answers to actions and a flow of events, over a connection that comes back.
package ami

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ErrDown is what Do returns while Asterisk is not connected.
var ErrDown = errors.New("asterisk's manager is not connected")

const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
	pingEvery  = 30 * time.Second
	pingWithin = 10 * time.Second
	dialWithin = 5 * time.Second
	bootWithin = 2 * time.Minute // a cold Raspberry Pi 3 that reads 200 modules from its card
	maxQueue   = 8192            // events that wait for OnEvent
	maxItems   = 65536           // of one list
)

// Client is one manager connection. Fill the fields, then call Run once.
type Client struct {
	Addr   string // "127.0.0.1:5038"
	User   string
	Secret string
	Log    *slog.Logger

	// OnUp is called after each login to a fully booted Asterisk, and after events
	// were lost: whoever mirrors Asterisk reads everything again. It ends with ctx,
	// which is done when the connection goes down.
	OnUp func(ctx context.Context)
	// OnEvent is called for each event, in order, from one goroutine.
	OnEvent func(Event)
	// OnDown is called when a connection that was up is gone.
	OnDown func()

	mu      sync.Mutex
	conn    *connection // nil while down
	dropped atomic.Int64
}

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

// String names the task in logs.
func (c *Client) String() string { return "asterisk manager " + c.Addr }

// Dropped counts the events that came faster than OnEvent took them.
func (c *Client) Dropped() int64 { return c.dropped.Load() }

// Up says whether Do has somebody to talk to.
func (c *Client) Up() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn != nil
}

// Run keeps a connection until ctx is done, which is no error. It logs a line when
// the connection comes and one when it goes, not one per attempt.
func (c *Client) Run(ctx context.Context) error {
	wait := firstRetry
	said := ""
	for {
		up, err := c.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if up {
			wait, said = firstRetry, ""
		}
		if text := err.Error(); text != said {
			c.Log.Warn("asterisk's manager is away", "addr", c.Addr, "error", text)
			said = text
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, lastRetry)
	}
}

// session is one connection from dial to loss; up says whether it had been up.
func (c *Client) session(ctx context.Context) (up bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialer := net.Dialer{Timeout: dialWithin}
	raw, err := dialer.DialContext(ctx, "tcp", c.Addr)
	if err != nil {
		return false, err
	}
	conn := &connection{Conn: raw, pending: map[string]*waiting{}, closed: make(chan struct{})}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()

	raw.SetReadDeadline(time.Now().Add(dialWithin))
	r := bufio.NewReader(raw)
	greeting, err := readLine(r)
	if err != nil {
		return false, fmt.Errorf("read greeting: %w", err)
	}
	if !strings.HasPrefix(greeting, "Asterisk Call Manager/") {
		return false, fmt.Errorf("%s is no Asterisk manager: it greets with %.40q", c.Addr, greeting)
	}
	raw.SetReadDeadline(time.Time{})

	events := newQueue(maxQueue)
	booted := make(chan struct{})
	var once sync.Once
	readErr := make(chan error, 1)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer events.close()
	defer conn.Close()
	defer cancel()
	tasks.Go(func() {
		err := c.read(conn, r, events, func() { once.Do(func() { close(booted) }) })
		conn.fail(err)
		readErr <- err
	})

	loginCtx, loginDone := context.WithTimeout(ctx, dialWithin)
	_, err = conn.do(loginCtx, Action{"Login", []Field{{"Username", c.User}, {"Secret", c.Secret}, {"Events", "on"}}})
	loginDone()
	if err != nil {
		return false, err
	}
	select {
	case <-booted:
	case err := <-readErr:
		return false, err
	case <-ctx.Done():
		return false, ctx.Err()
	case <-time.After(bootWithin):
		return false, fmt.Errorf("asterisk is not fully booted after %s", bootWithin)
	}
	c.set(conn)
	c.Log.Info("asterisk's manager is up", "addr", c.Addr)
	defer func() {
		c.set(nil)
		if c.OnDown != nil {
			c.OnDown()
		}
	}()

	resync := make(chan struct{}, 1)
	resync <- struct{}{}
	tasks.Go(func() { c.deliver(events, resync) })
	tasks.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-resync:
				if c.OnUp != nil {
					c.OnUp(ctx)
				}
			}
		}
	})
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case err := <-readErr:
			return true, err
		case <-ticker.C:
			pingCtx, done := context.WithTimeout(ctx, pingWithin)
			_, err := conn.do(pingCtx, Action{Name: "Ping"})
			done()
			if err != nil {
				return true, fmt.Errorf("ping: %w", err)
			}
		}
	}
}

// deliver hands events to OnEvent; after a loss it asks for a full reading, once
// what is left has been handed over.
func (c *Client) deliver(events *queue, resync chan<- struct{}) {
	for {
		e, lost, ok := events.next()
		if !ok {
			return
		}
		if lost > 0 {
			c.dropped.Add(int64(lost))
			c.Log.Warn("asterisk's events came too fast: reading everything again", "lost", lost)
			select {
			case resync <- struct{}{}:
			default:
			}
		}
		if c.OnEvent != nil {
			c.OnEvent(e)
		}
	}
}

// read sorts messages: answers and list items by their ActionID, the rest to events.
func (c *Client) read(conn *connection, r *bufio.Reader, events *queue, booted func()) error {
	for {
		m, err := ReadMessage(r)
		if err != nil {
			return err
		}
		if m.Get("Event") == "FullyBooted" {
			booted()
		}
		if !conn.answer(m) {
			if name := m.Get("Event"); name != "" {
				events.add(Event{name, m})
			}
		}
	}
}

// Do sends an action and waits for its whole answer. A refusal is a *RefusedError.
func (c *Client) Do(ctx context.Context, a Action) (Response, error) {
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	if conn == nil {
		return Response{}, ErrDown
	}
	return conn.do(ctx, a)
}

func (c *Client) set(conn *connection) {
	c.mu.Lock()
	c.conn = conn
	c.mu.Unlock()
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
