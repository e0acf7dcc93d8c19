// Package ami turns Asterisk's manager interface, a stream of text blocks, into
// answers to actions and a flow of events, over a connection that comes back.
package ami

import (
	"context"
	"errors"
	"log/slog"
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
