package serve

import (
	"net/netip"
	"sync"
	"time"
)

// Bounds of one IP address. A Yealink asks for about twenty names when it boots
// and opens one or two connections.
const (
	maxConcurrent = 8
	burst         = 120
	perSecond     = 10.0
	maxAddresses  = 4096 // more are not remembered, but refused until others are forgotten
)

// guard bounds what each IP address may ask.
type guard struct {
	mu    sync.Mutex
	addrs map[netip.Addr]*allowance
}

// allowance is a token bucket and the requests under way of one address.
type allowance struct {
	tokens float64
	at     time.Time
	active int
}

// enter asks for one request of addr; done must be called when it is over.
func (g *guard) enter(addr netip.Addr, now time.Time) (done func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.addrs == nil {
		g.addrs = map[netip.Addr]*allowance{}
	}
	a := g.addrs[addr]
	if a == nil {
		if len(g.addrs) >= maxAddresses {
			g.forget(now)
		}
		if len(g.addrs) >= maxAddresses {
			return nil, false
		}
		a = &allowance{tokens: burst, at: now}
		g.addrs[addr] = a
	}
	a.refill(now)
	if a.tokens < 1 || a.active >= maxConcurrent {
		return nil, false
	}
	a.tokens--
	a.active++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		a.active--
	}, true
}

func (a *allowance) refill(now time.Time) {
	if d := now.Sub(a.at); d > 0 {
		a.tokens = min(burst, a.tokens+d.Seconds()*perSecond)
	}
	a.at = now
}

// forget drops the addresses that are idle and have their whole allowance back.
func (g *guard) forget(now time.Time) {
	for addr, a := range g.addrs {
		a.refill(now)
		if a.active == 0 && a.tokens >= burst {
			delete(g.addrs, addr)
		}
	}
}
