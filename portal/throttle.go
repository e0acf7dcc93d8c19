package portal

import (
	"net/netip"
	"sync"
	"time"
)

// Wrong setup codes and passwords are slowed down, by address, by account and in all: 8
// digits then last for years. The ceilings of an account and of all are low, so that nobody
// keeps its owner out by guessing.
const (
	freeFrom, ceilingFrom = 4, 15 * time.Minute
	freeName, ceilingName = 8, 30 * time.Second
	freeAll, ceilingAll   = 30, 4 * time.Second
	forgetTries           = time.Hour
)

// throttle counts attempts. The zero throttle is ready.
type throttle struct {
	mu   sync.Mutex
	from map[netip.Addr]tries
	name map[string]tries // of accounts
	all  tries
}

type tries struct {
	n    int
	last time.Time
}

// wait is what is left of the pause that n attempts cost: 1 s, doubled by each.
func (t tries) wait(free int, ceiling time.Duration, now time.Time) time.Duration {
	if t.n < free || now.Sub(t.last) >= forgetTries {
		return 0
	}
	pause := ceiling
	if over := t.n - free; over < 20 {
		pause = min(time.Second<<over, ceiling)
	}
	return max(0, pause-max(0, now.Sub(t.last)))
}

func (t tries) more(now time.Time) tries {
	if now.Sub(t.last) >= forgetTries {
		t.n = 0
	}
	return tries{t.n + 1, now}
}

// take counts an attempt at an account, "" for the setup code, before it is judged, so that
// many at once are counted too. It returns how long to wait when this one may not be made.
func (t *throttle) take(from netip.Addr, name string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.from == nil || len(t.from) >= limitHosts {
		t.from = map[netip.Addr]tries{}
	}
	if t.name == nil || len(t.name) >= limitHosts {
		t.name = map[string]tries{}
	}
	own, named := t.from[from], t.name[name]
	w := max(own.wait(freeFrom, ceilingFrom, now), t.all.wait(freeAll, ceilingAll, now))
	if name != "" {
		w = max(w, named.wait(freeName, ceilingName, now))
	}
	if w > 0 {
		return w
	}
	t.from[from], t.name[name], t.all = own.more(now), named.more(now), t.all.more(now)
	return 0
}

// good takes back the attempt that was right, and what its address and account had wrong
// before.
func (t *throttle) good(from netip.Addr, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.n = max(0, t.all.n-1)
	delete(t.from, from)
	delete(t.name, name)
}
