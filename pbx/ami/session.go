package ami

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

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
