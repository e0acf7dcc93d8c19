package portal

import (
	"crypto/rand"
	"net/netip"
	"sync"
	"time"
)

// An application reads its file by an address that says who it is: for ticketFor, and from
// the device alone that read it first (one that scans the code twice asks twice). Whoever
// finds the address later, in a picture or a history, finds nothing. Tickets are in memory:
// after a restart the owner removes the application and makes another.
const (
	ticketFor  = 10 * time.Minute
	maxTickets = 1000
)

type ticket struct {
	app   string
	until time.Time
	from  netip.Addr // who used it first
}

// tickets are those that are good; the zero value is ready.
type tickets struct {
	mu   sync.Mutex
	open map[string]ticket
}

// give makes one, false when there are too many.
func (x *tickets) give(app string, now time.Time) (secret string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for s, t := range x.open {
		if !now.Before(t.until) {
			delete(x.open, s)
		}
	}
	if len(x.open) >= maxTickets {
		return "", false
	}
	if x.open == nil {
		x.open = map[string]ticket{}
	}
	secret = rand.Text()
	x.open[secret] = ticket{app: app, until: now.Add(ticketFor)}
	return secret, true
}

// use tells whose it is, to the first address that shows it and to no other.
func (x *tickets) use(secret string, from netip.Addr, now time.Time) (app string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t, ok := x.open[secret]
	if !ok || !now.Before(t.until) || t.from.IsValid() && t.from != from {
		return "", false
	}
	t.from = from
	x.open[secret] = t
	return t.app, true
}

// end voids those of an application.
func (x *tickets) end(app string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for s, t := range x.open {
		if t.app == app {
			delete(x.open, s)
		}
	}
}
