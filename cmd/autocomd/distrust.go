package main

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"

	"autocom/office"
	"autocom/provision"
)

// distrust is the task that finds the phones which have our certificate and do not
// believe it: they break off each handshake, and would never fetch a file again. They go
// back to http. A clock that is not set yet breaks off a handshake or two at boot.
type distrust struct {
	neighbour func(netip.Addr) (provision.MAC, bool)
	office    *office.Office
	log       *slog.Logger
	queue     chan netip.Addr

	mu     sync.Mutex
	broken map[netip.Addr]int // handshakes since the last that was completed
}

const (
	distrustAfter  = 3
	distrustAtOnce = 64
	distrustHosts  = 1024 // addresses remembered
)

func newDistrust(o *office.Office, neighbour func(netip.Addr) (provision.MAC, bool), log *slog.Logger) *distrust {
	return &distrust{neighbour: neighbour, office: o, log: log, queue: make(chan netip.Addr, distrustAtOnce), broken: map[netip.Addr]int{}}
}

func (d *distrust) String() string { return "handshakes" }

// Write takes a line of the HTTPS server's log; it never waits.
func (d *distrust) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	d.log.Debug(provision.Clean(text))
	if from, ok := decodeBroken(text); ok {
		select {
		case d.queue <- from:
		default: // it comes again
		}
	}
	return len(line), nil
}

// decodeBroken reads who ended a handshake, as net/http and crypto/tls write it:
//
//	http: TLS handshake error from 192.168.1.50:40000: remote error: tls: unknown certificate authority
//	http: TLS handshake error from 192.168.1.50:40000: tls: client offered only unsupported versions: [301]
//
// Whoever only knocks at the port (EOF, a timeout, no TLS at all) says nothing of it.
func decodeBroken(text string) (from netip.Addr, ok bool) {
	text, ok = strings.CutPrefix(text, "http: TLS handshake error from ")
	host, why, cut := strings.Cut(text, ": ")
	at, err := netip.ParseAddrPort(host)
	said := strings.HasPrefix(why, "remote error: tls: ") ||
		strings.HasPrefix(why, "tls: client offered only unsupported versions") || strings.HasPrefix(why, "tls: no cipher suite supported")
	return at.Addr().Unmap(), ok && cut && err == nil && said
}

// good forgets what an address broke off: it was served by HTTPS.
func (d *distrust) good(from netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.broken, from)
}

// count reports whether an address has broken off too many.
func (d *distrust) count(from netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.broken) >= distrustHosts {
		clear(d.broken)
	}
	d.broken[from]++
	if d.broken[from] < distrustAfter {
		return false
	}
	delete(d.broken, from)
	return true
}

// Run works until ctx ends.
func (d *distrust) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case from := <-d.queue:
			if d.count(from) {
				d.back(ctx, from)
			}
		}
	}
}

// back leads the phone at an address to http, if it is one that was sent to HTTPS.
func (d *distrust) back(ctx context.Context, from netip.Addr) {
	mac, ok := d.neighbour(from)
	if !ok {
		return
	}
	dev, ok := d.office.Device(mac.String())
	if !ok || !dev.Trusts || dev.Plain {
		return
	}
	if _, err := d.office.Apply(ctx, office.Mistrusted{ID: dev.ID}); err != nil {
		d.log.Error("a phone that does not believe the certificate stays with HTTPS", "device", dev.ID, "error", err)
		return
	}
	d.log.Warn("phone does not believe the box's certificate: it goes back to http", "device", dev.ID, "model", dev.Model)
}
