package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/coreos/go-systemd/v22/activation"
)

// listen opens listen.http of the settings. systemd's autocomd.socket keeps port 80 while
// the daemon restarts, so that a phone which asks just then waits instead of giving up.
func listen(ctx context.Context, address string) (net.Listener, error) {
	given, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("take systemd's socket: %w", err)
	}
	for _, l := range given {
		switch {
		case l == nil: // no TCP socket
		case samePort(l.Addr(), address):
			return l, nil
		default: // the owner has chosen another port
			l.Close()
		}
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

// samePort tells whether a socket on all addresses serves what the settings ask for: a
// port of all addresses. One address of several is opened by ourselves.
func samePort(a net.Addr, address string) bool {
	tcp, ok := a.(*net.TCPAddr)
	host, port, err := net.SplitHostPort(address)
	if !ok || err != nil || host != "" {
		return false
	}
	n, err := net.LookupPort("tcp", port)
	return err == nil && tcp.Port == n
}
