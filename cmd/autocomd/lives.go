package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// socket keeps the listener of http over the lives of the daemon: systemd gives its socket
// once, and who asks between two lives waits for the next.
type socket struct {
	listener net.Listener // nil until the first life
	conns    chan net.Conn
	ended    chan struct{} // no connection comes any more
	err      error         // why; read after ended
}

// lend opens the listener, or gives it to another life. Closing what is lent leaves the
// port open.
func (p *socket) lend(ctx context.Context, address string) (net.Listener, error) {
	if p.listener == nil {
		l, err := listen(ctx, address)
		if err != nil {
			return nil, err
		}
		p.listener, p.conns, p.ended = l, make(chan net.Conn), make(chan struct{})
		go p.accept()
	}
	return &lent{socket: p, done: make(chan struct{})}, nil
}

func (p *socket) accept() {
	defer close(p.ended)
	for {
		c, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			p.err = err
			return
		}
		if err != nil { // too many open files, a connection that went away meanwhile
			time.Sleep(50 * time.Millisecond)
			continue
		}
		p.conns <- c // close takes what no life takes any more
	}
}

func (p *socket) close() {
	if p.listener == nil {
		return
	}
	p.listener.Close()
	for { // who came between two lives, the last of which is over
		select {
		case c := <-p.conns:
			c.Close()
		case <-p.ended:
			return
		}
	}
}

// lent is the port for one life.
type lent struct {
	socket *socket
	once   sync.Once
	done   chan struct{}
}

func (l *lent) Accept() (net.Conn, error) {
	select {
	case c := <-l.socket.conns:
		return c, nil
	case <-l.socket.ended:
		return nil, l.socket.err
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *lent) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *lent) Addr() net.Addr { return l.socket.listener.Addr() }
