package office

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"autocom/provision"
)

// guard counts, by address, whose files it asks for that are not its own. Phones of one
// carton ask each from its own address and for its own name: they never count.
type guard struct {
	mu    sync.Mutex
	addrs map[netip.Addr]*suspect
}

type suspect struct {
	names map[provision.MAC]time.Time // at most guardNames + 1
	until time.Time                   // it is given nothing until then
	last  time.Time
}

const (
	guardNames     = 3                // others' files that one address may ask for
	guardFor       = 10 * time.Minute // counted so long, and blocked so long
	guardAddresses = 1024             // the one unheard of for longest goes first
)

// asked counts, and reports whether there were too many.
func (g *guard) asked(addr netip.Addr, mac provision.MAC, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.addrs[addr]
	if s == nil {
		s = g.room(addr)
	}
	s.last = now
	for m, at := range s.names {
		if age := now.Sub(at); age >= guardFor || age < 0 {
			delete(s.names, m)
		}
	}
	if _, again := s.names[mac]; again || len(s.names) <= guardNames {
		s.names[mac] = now
	}
	return len(s.names) > guardNames
}

func (g *guard) room(addr netip.Addr) *suspect {
	if g.addrs == nil {
		g.addrs = map[netip.Addr]*suspect{}
	}
	if len(g.addrs) >= guardAddresses {
		var oldest netip.Addr
		for a, s := range g.addrs {
			if o := g.addrs[oldest]; o == nil || s.last.Before(o.last) {
				oldest = a
			}
		}
		delete(g.addrs, oldest)
	}
	s := &suspect{names: map[provision.MAC]time.Time{}}
	g.addrs[addr] = s
	return s
}

func (g *guard) block(addr netip.Addr, until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.addrs[addr]; s != nil {
		s.until = until
		clear(s.names)
	}
}

func (g *guard) blocked(addr netip.Addr, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.addrs[addr]
	// A clock that went back must not block for years.
	return s != nil && now.Before(s.until) && s.until.Sub(now) <= guardFor
}

func (g *guard) forget(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for a, s := range g.addrs {
		if age := now.Sub(s.last); age >= guardFor || age < 0 {
			delete(g.addrs, a)
		}
	}
}

// blocked reports an address that is given nothing. One where somebody may telephone
// is never blocked.
func (o *Office) blocked(r provision.Request) bool {
	return o.guardOf(r).blocked(r.Remote.Addr(), o.now()) && !o.registeredAt(r.Remote.Addr())
}

func (o *Office) guardOf(r provision.Request) *guard {
	if r.Protocol == "tftp" {
		return &o.forged
	}
	return &o.guard
}

// registeredAt reports whether a device with a live registration has this address.
func (o *Office) registeredAt(addr netip.Addr) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, d := range o.devices {
		if d.Reach == provision.ReachRegistered && (d.IP == addr || d.Owner == addr) && addr.IsValid() {
			return true
		}
	}
	return false
}

// caught tells the owner of somebody who asked for another's file, and counts it.
func (o *Office) caught(r provision.Request, from provision.Device, named provision.MAC, did string) {
	o.alert(Alert{
		At: o.now(), Kind: AlertThief, Device: named.String(), IP: r.Remote.Addr(), MAC: r.MAC,
		Text: fmt.Sprintf("%s %s %s: it was refused", whoIs(r), did, named),
	})
	o.many(r, named)
}

// many counts a name that is not the asker's, and blocks its address when there were
// too many.
func (o *Office) many(r provision.Request, named provision.MAC) bool {
	now, addr := o.now(), r.Remote.Addr()
	if !o.guardOf(r).asked(addr, named, now) {
		return false
	}
	a := Alert{At: now, Kind: AlertNames, IP: addr, MAC: r.MAC,
		Text: fmt.Sprintf("%s asked for the files of more than %d others; it is not blocked because a phone there is registered", whoIs(r), guardNames)}
	if !o.registeredAt(addr) {
		o.guardOf(r).block(addr, now.Add(guardFor))
		a.Kind, a.Text = AlertBlocked, fmt.Sprintf("%s asked for the files of more than %d others: it is given nothing for 10 minutes", whoIs(r), guardNames)
	}
	o.alert(a)
	return true
}
