package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"autocom/provision/link"
)

// fallback is the address taken when nobody gives one (DESIGN §4): a small office
// with a switch and no router still gets telephones.
var fallback = netip.MustParsePrefix("192.168.77.1/24")

// patience is how long a DHCP server may take to answer.
const patience = 60 * time.Second

// lan follows the phones' LAN: which interface it is, and which address phones
// are told. Its tasks on the interface move when the interface does.
type lan struct {
	static  netip.Prefix             // the owner's choice, or zero
	moved   func(netip.Addr)         // the address of the box is another one
	senses  func(name string) []task // what listens on an interface
	wait    time.Duration            // patience
	linger  time.Duration            // our address stays so long beside one that came
	leaving time.Time                // since when it does; zero: it does not
	log     *slog.Logger
	changes chan link.Interface

	mu      sync.Mutex
	address netip.Addr
}

func (l *lan) String() string { return "lan" }

// Changed takes a state from link.Watch; only the last one counts.
func (l *lan) Changed(i link.Interface) {
	for {
		select {
		case l.changes <- i:
			return
		default:
		}
		select {
		case <-l.changes:
		default:
		}
	}
}

// Address is what phones are told now, the zero Addr while there is none.
func (l *lan) Address() netip.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.address
}

// Run follows the interface until ctx ends.
func (l *lan) Run(ctx context.Context) error {
	var now link.Interface
	var stop func()
	defer func() {
		if stop != nil {
			stop()
		}
	}()
	impatient := time.NewTimer(l.wait)
	for {
		select {
		case <-ctx.Done():
			return nil
		case i := <-l.changes:
			if i.Name != now.Name {
				if stop != nil {
					stop()
				}
				stop = l.start(ctx, i.Name)
			}
			if i.Up != now.Up || i.Name != now.Name || len(i.Addresses) < len(now.Addresses) {
				impatient.Reset(l.wait) // a cable was plugged, or a lease ended: the server has its time again
			}
			now = i
			l.settle(now, false)
		case <-impatient.C:
			l.settle(now, true)
			impatient.Reset(l.wait)
		}
	}
}

// start runs the senses of an interface; stop waits for their end.
func (l *lan) start(ctx context.Context, name string) (stop func()) {
	if name == "" {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, t := range l.senses(name) {
		running.Go(func() {
			if err := t.Run(ctx); err != nil {
				l.log.Error("a sense ended", "task", t.String(), "error", err)
			}
		})
	}
	return func() { cancel(); running.Wait() }
}

// settle makes the interface have the address that decide chose.
func (l *lan) settle(i link.Interface, waited bool) {
	d := decideAddress(i, l.static, waited)
	if d.add.IsValid() {
		if err := link.AddAddress(i.Name, d.add); err != nil {
			l.log.Error("address not set", "error", err)
			return
		}
		l.log.Info("address set", "interface", i.Name, "address", d.add, "why", d.why)
	}
	switch {
	case !d.drop.IsValid():
		l.leaving = time.Time{}
	case l.lingered(d):
		if err := link.DelAddress(i.Name, d.drop); err != nil {
			l.log.Error("address not taken away", "error", err)
		}
	}
	l.mu.Lock()
	changed := d.use.IsValid() && d.use != l.address
	if changed {
		l.address = d.use
	}
	l.mu.Unlock()
	if changed {
		l.log.Info("phones are told this address", "address", d.use, "interface", i.Name)
		l.moved(d.use)
	}
}

// lingered reports whether an address of ours may go: phones that have it as their
// server, or live in its network, are called back first (Recall). It goes at once
// when the network that came is the same: somebody there may have it.
func (l *lan) lingered(d addressing) bool {
	if l.leaving.IsZero() {
		l.leaving = time.Now()
	}
	if !d.drop.Contains(d.use) && time.Since(l.leaving) < l.linger {
		return false
	}
	l.leaving = time.Time{}
	return true
}

// addressing is what is to be done about the address.
type addressing struct {
	use       netip.Addr   // what phones are told; zero: as before
	add, drop netip.Prefix // of the interface; zero: nothing
	why       string
}

// decideAddress chooses: the owner's address; else the one that somebody gave;
// else, once waited for, our own. Ours goes as soon as another one is there.
func decideAddress(i link.Interface, static netip.Prefix, waited bool) addressing {
	if i.Name == "" {
		return addressing{}
	}
	has := func(p netip.Prefix) bool { return slices.Contains(i.Addresses, p) }
	if static.IsValid() {
		d := addressing{use: static.Addr()}
		if !has(static) {
			d.add, d.why = static, "network.address of the settings"
		}
		if has(fallback) && static != fallback {
			d.drop = fallback
		}
		return d
	}
	for _, p := range i.Addresses {
		// 169.254/16 (RFC 3927) is what a host gives itself when nobody answers.
		if p == fallback || p.Addr().IsLinkLocalUnicast() || p.Addr().IsLoopback() {
			continue
		}
		d := addressing{use: p.Addr()}
		if has(fallback) {
			d.drop = fallback
		}
		return d
	}
	switch {
	case has(fallback):
		return addressing{use: fallback.Addr()}
	case waited && i.Up:
		return addressing{use: fallback.Addr(), add: fallback, why: fmt.Sprintf("no DHCP server answered within %v", patience)}
	}
	return addressing{}
}
