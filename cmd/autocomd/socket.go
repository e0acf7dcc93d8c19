package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"

	"github.com/coreos/go-systemd/v22/activation"
)

// listen opens listen.http of the settings. systemd's autocomd.socket keeps port 80 while
// the daemon restarts, so that a phone which asks just then waits instead of giving up.
func listen(ctx context.Context, address string) (net.Listener, error) {
	given, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("take systemd's socket: %w", err)
	}
	var taken net.Listener
	for _, l := range given {
		host, same := serves(l, address)
		switch {
		case l == nil: // no TCP socket
		case same && taken == nil:
			taken = only{l, host}
		default: // the owner has chosen another port; systemd goes on listening
			go hangUp(l)
		}
	}
	if taken != nil {
		return taken, nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("listen.http: %w: give the program CAP_NET_BIND_SERVICE, or choose a port above 1023", err)
	case err != nil:
		return nil, fmt.Errorf("listen.http: %w: stop the program that has the port, or choose another one", err)
	}
	return l, nil
}

// serves tells whether a socket on all addresses has the port of the settings, and which
// one address they want, the zero Addr for all.
func serves(l net.Listener, address string) (host netip.Addr, same bool) {
	if l == nil {
		return netip.Addr{}, false
	}
	tcp, ok := l.Addr().(*net.TCPAddr)
	name, port, err := net.SplitHostPort(address)
	if !ok || err != nil {
		return netip.Addr{}, false
	}
	if name != "" {
		if host, err = netip.ParseAddr(name); err != nil {
			return netip.Addr{}, false
		}
	}
	n, err := net.LookupPort("tcp", port)
	return host, err == nil && tcp.Port == n
}

// only is a socket on all addresses that answers at one of them; at every one when host is
// the zero Addr.
type only struct {
	net.Listener
	host netip.Addr
}

func (o only) Accept() (net.Conn, error) {
	for {
		c, err := o.Listener.Accept()
		if err != nil || !o.host.IsValid() {
			return c, err
		}
		at, err := netip.ParseAddrPort(c.LocalAddr().String())
		if err == nil && at.Addr().Unmap() == o.host {
			return c, nil
		}
		c.Close()
	}
}

// hangUp ends every connection of a socket that nobody serves: systemd holds it open, and
// who connects would wait for ever.
func hangUp(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Close()
	}
}
