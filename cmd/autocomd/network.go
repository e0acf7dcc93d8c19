package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"autocom/provision"
	"autocom/provision/link"
)

// fallback is the address taken when nobody gives one: a small office
// with a switch and no router still gets telephones.
var fallback = netip.MustParsePrefix("192.168.77.1/24")

// patience is how long a DHCP server may take to answer.
const patience = 60 * time.Second

// lan follows the phones' LAN: which interface it is, and which address phones
// are told. Its tasks on the interface move when the interface does.
type lan struct {
	static  netip.Prefix                                 // the owner's choice, or zero
	moved   func(netip.Addr)                             // the address of the box is another one
	senses  func(name string) []task                     // what listens on an interface
	gives   func(name string, network netip.Prefix) task // gives out addresses there; nil: nothing does
	always  bool                                         // the settings ask for it, whatever the address is
	wait    time.Duration                                // patience
	linger  time.Duration                                // our address stays so long beside one that came
	leaving time.Time                                    // since when it does; zero: it does not
	log     *slog.Logger
	changes chan link.Interface
	news    chan struct{} // what the screen says may be another text

	mu      sync.Mutex
	address netip.Addr
	giving  bool          // we are the LAN's DHCP server
	rival   netip.Addr    // the DHCP server that keeps us from it
	holder  provision.MAC // who has our fallback address, when we need it
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

// Giving reports whether the box gives out the LAN's addresses.
func (l *lan) Giving() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.giving
}

// Rival is the DHCP server that answers already where the box is to give out addresses.
func (l *lan) Rival() netip.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rival
}

// Holder is who has the address that the box would take, zero when it is free or not needed.
func (l *lan) Holder() provision.MAC {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holder
}

// noted changes what the screen shows.
func (l *lan) noted(change func()) {
	l.mu.Lock()
	change()
	l.mu.Unlock()
	poke(l.news)
}

// Run follows the interface until ctx ends.
func (l *lan) Run(ctx context.Context) error {
	var now link.Interface
	stop, stopGiving := func() {}, func() {}
	giving := place{} // where we give out addresses
	defer func() { stopGiving(); stop() }()
	settle := func(waited bool) {
		on := place{}
		if network := l.settle(ctx, now, waited); network.IsValid() {
			on = place{now.Name, network}
		}
		if on != giving {
			stopGiving()
			giving, stopGiving = on, l.start(ctx, l.givers(on))
		}
	}
	impatient := time.NewTimer(l.wait)
	for {
		select {
		case <-ctx.Done():
			return nil
		case i := <-l.changes:
			if i.Name != now.Name {
				stop()
				stop = l.start(ctx, l.listeners(i.Name))
			}
			if i.Up != now.Up || i.Name != now.Name || len(i.Addresses) < len(now.Addresses) {
				impatient.Reset(l.wait) // a cable was plugged, or a lease ended: the server has its time again
			}
			now = i
			settle(false)
		case <-impatient.C:
			settle(true)
			impatient.Reset(l.wait)
		}
	}
}

func (l *lan) listeners(name string) []task {
	if name == "" {
		return nil
	}
	return l.senses(name)
}

// place is an interface and the box's address on it.
type place struct {
	name    string
	network netip.Prefix
}

func (l *lan) givers(p place) []task {
	if p.name == "" || l.gives == nil {
		return nil
	}
	return []task{l.gives(p.name, p.network)}
}

// start runs the tasks of an interface; stop waits for their end.
func (l *lan) start(ctx context.Context, tasks []task) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, t := range tasks {
		running.Go(func() {
			if err := t.Run(ctx); err != nil {
				l.log.Error("a task of the LAN ended", "task", t.String(), "error", err)
			}
		})
	}
	return func() { cancel(); running.Wait() }
}

// settle makes the interface have the address that decideAddress chose, and gives the
// network whose addresses are to be given out there, the zero Prefix for none.
func (l *lan) settle(ctx context.Context, i link.Interface, waited bool) (give netip.Prefix) {
	d := decideAddress(i, l.static, waited)
	if d.add == fallback && !l.static.IsValid() && !l.free(ctx, i.Name) {
		return netip.Prefix{}
	}
	if d.add.IsValid() {
		if err := link.AddAddress(i.Name, d.add); err != nil {
			l.log.Error("address not set", "error", err)
			return netip.Prefix{}
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
		l.address, l.holder = d.use, provision.MAC{}
	}
	l.mu.Unlock()
	if changed {
		l.log.Info("phones are told this address", "address", d.use, "interface", i.Name)
		l.moved(d.use)
	}
	if !d.give && !(l.always && i.Up) {
		return netip.Prefix{}
	}
	at := slices.IndexFunc(i.Addresses, func(p netip.Prefix) bool { return p.Addr() == d.use })
	if at < 0 {
		return netip.Prefix{} // it was set just now: the next state shows it
	}
	return i.Addresses[at]
}

// free asks whether nobody has the fallback address. When somebody has, it is
// asked again after each wait: which other one would be free cannot be promised.
func (l *lan) free(ctx context.Context, name string) bool {
	holder, taken, err := link.Taken(ctx, name, fallback.Addr())
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil: // an address that may be there twice is better than none
		l.log.Warn("not known whether the address is free", "error", err)
	case taken:
		l.log.Warn("nobody gives addresses, and another device has the one that would be ours: unplug it, or write network.address in autocom.toml",
			"address", fallback.Addr(), "mac", holder)
	}
	l.noted(func() { l.holder = holder })
	return !taken
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
	give      bool         // nobody else gives out addresses: we do
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
		return addressing{use: fallback.Addr(), give: i.Up}
	case waited && i.Up:
		return addressing{use: fallback.Addr(), add: fallback, why: fmt.Sprintf("no DHCP server answered within %v", patience)}
	}
	return addressing{}
}
