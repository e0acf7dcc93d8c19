package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"autocom/pbx"
	"autocom/portal"
)

// machine is this box, for the first minute.
type machine struct{ *daemon }

// Site is what holds of what the pages may choose.
func (m machine) Site() pbx.Site { return m.cfg.site() }

// Sensible says what is wrong with a choice.
func (m machine) Sensible(s pbx.Site) error {
	if _, err := m.file.with(s); err != nil {
		return fmt.Errorf("%w: %w", portal.ErrConflict, err)
	}
	return nil
}

// Choose keeps of a choice what differs from the file.
func (m machine) Choose(ctx context.Context, s pbx.Site) error {
	if s = s.Beside(m.file.site()); s == m.cfg.site().Beside(m.file.site()) {
		return nil
	}
	return conflict(m.keepChoice(ctx, s, portal.Actor(ctx)))
}

// Network is the address that phones are told, with the prefix that it has on the interface.
func (m machine) Network() (netip.Prefix, bool) {
	lan, _ := m.watch.LAN()
	at := m.lan.Address()
	if i := slices.IndexFunc(lan.Addresses, func(p netip.Prefix) bool { return p.Addr() == at }); i >= 0 {
		return lan.Addresses[i], m.lan.Giving()
	}
	return netip.Prefix{}, m.lan.Giving()
}

// OtherDHCP asks for another server, not more often than its answer is good for.
func (m machine) OtherDHCP(ctx context.Context) (netip.Addr, bool) {
	lan, _ := m.watch.LAN()
	return m.probe.ask(ctx, func() (netip.Addr, error) {
		// Not the asker's context: another may wait for the answer.
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*offerWait)
		defer cancel()
		return otherServer(late, lan.Name)
	})
}

// probeFor is how long the answer about another DHCP server is good.
const probeFor = 30 * time.Second

// probe asks once for all that want to know at the same time.
type probe struct {
	mu    sync.Mutex
	since time.Time
	done  chan struct{} // closed when what follows is known
	found netip.Addr
	err   error
}

func (p *probe) ask(ctx context.Context, find func() (netip.Addr, error)) (netip.Addr, bool) {
	p.mu.Lock()
	if p.done == nil || time.Since(p.since) > probeFor {
		done := make(chan struct{})
		p.done, p.since = done, time.Now()
		go func() {
			found, err := find()
			p.mu.Lock()
			p.found, p.err = found, err
			p.mu.Unlock()
			close(done)
		}()
	}
	done := p.done
	p.mu.Unlock()
	select {
	case <-done:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.found, p.err == nil
	case <-ctx.Done():
		return netip.Addr{}, false
	}
}

// clockWait is how long root's unit may take to set the clock: a busy card reads it slowly.
const clockWait = 15 * time.Second

// SetClock asks root to set the clock: a unit of its own does so, forward, and not when
// chrony has a better source (set-clock.service). Sessions are counted by the clock: this
// waits until the unit has taken the request away, its clock set or not.
func (m machine) SetClock(ctx context.Context, ahead time.Duration) bool {
	began := time.Now()
	path := filepath.Join(m.cfg.Paths.Run, "set-clock")
	if err := writeFile(path, []byte(strconv.FormatInt(int64(ahead.Round(time.Second).Seconds()), 10)+"\n"), 0o644); err != nil {
		m.log.Warn("the clock is not set", "error", err)
		return false
	}
	for time.Since(began) < clockWait && ctx.Err() == nil { // by the monotonic clock
		sleep(ctx, 50*time.Millisecond)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		jumped := time.Now().Round(0).Sub(began.Round(0)) - time.Since(began)
		m.log.Info("a visitor's browser is ahead of the clock", "ahead", ahead.Round(time.Second), "set forward", jumped.Round(time.Second))
		return jumped > ahead/2
	}
	m.log.Warn("the clock is not set: nobody took the request away within " + clockWait.String() + ": look at autocom-set-clock.service")
	return false
}
