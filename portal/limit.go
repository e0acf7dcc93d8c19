package portal

import (
	"net/netip"
	"slices"
	"sync"
	"time"
)

// One address may make this many new installations in this time: a browser that
// keeps no cookies, or somebody who presses the button for fun, must not burn the range.
const (
	limitCount  = 20
	limitWindow = 10 * time.Minute
	limitHosts  = 4096 // addresses remembered
)

type limiter struct {
	mu   sync.Mutex
	used map[netip.Addr][]time.Time
}

func (l *limiter) allow(from netip.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used == nil || len(l.used) >= limitHosts {
		l.used = map[netip.Addr][]time.Time{}
	}
	recent := slices.DeleteFunc(l.used[from], func(at time.Time) bool { return now.Sub(at) >= limitWindow })
	if len(recent) >= limitCount {
		l.used[from] = recent
		return false
	}
	l.used[from] = append(recent, now)
	return true
}
