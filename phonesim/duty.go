package phonesim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Register opens the lines and keeps them registered until PullPlug; it returns when
// the first registration of each is granted, or when ctx ends.
func (p *Phone) Register(ctx context.Context) error {
	start := time.Now()
	p.mu.Lock()
	err := p.open()
	open := len(p.lines)
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	if open == 0 {
		return fmt.Errorf("%s has no account", p)
	}
	for !p.Registered() {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), p.complaint())
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.mark("registered", start)
	return nil
}

// complaint says which lines do not register, and why.
func (p *Phone) complaint() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lines) == 0 {
		return fmt.Errorf("%s was switched off", p)
	}
	var errs []error
	for n, l := range p.lines {
		if !l.registered() {
			errs = append(errs, fmt.Errorf("%s cannot register %s on line %d: %w", p, l.account.User, n, l.lastError()))
		}
	}
	return errors.Join(errs...)
}

// open starts every line that has an account and ends the others; a second call with
// the same accounts changes nothing. The caller holds mu.
func (p *Phone) open() error {
	if p.lines == nil {
		p.lines = map[int]*line{}
	}
	want := p.wanted()
	for n, l := range p.lines {
		if n > len(want) || want[n-1] == nil || *want[n-1] != l.account {
			p.end(n, l)
		}
	}
	for i, a := range want {
		n := i + 1
		if a == nil || p.lines[n] != nil {
			continue
		}
		// Phones give their lines the ports 5060, 5062, 5064 …
		here := netip.AddrPortFrom(p.link.Addr.Addr(), uint16(sipPort+2*i))
		l, err := openLine(*a, here, p.maker.agent(p.MAC), p.Memory.Trusts, p.Log, p.checkSync)
		if err != nil {
			return err
		}
		p.lines[n] = l
		l.start(p.Retry)
	}
	return nil
}

// end stops line n without a word to anybody. The caller holds mu.
func (p *Phone) end(n int, l *line) {
	if err := l.close(); err != nil {
		p.Log.Debug("close line", "phone", p.String(), "err", err)
	}
	delete(p.lines, n)
}

// hush stops all lines. The caller holds mu.
func (p *Phone) hush() {
	for n, l := range p.lines {
		p.end(n, l)
	}
}

// Reboot is a boot without a change of cable: the line falls silent, the phone looks
// for its settings from the start and registers. Who finds none goes on with what it has.
func (p *Phone) Reboot(ctx context.Context) error {
	p.mu.Lock()
	p.hush()
	p.mu.Unlock()
	if err := p.Provision(ctx); err != nil {
		if p.account() == nil {
			return err
		}
		p.Log.Info("phone boots with the settings it has", "err", err)
	}
	return p.Register(ctx)
}

// checkSync is what the phone does when told so: boot, or read the settings again
// where it read them last. What it is told meanwhile it does afterwards, once.
func (p *Phone) checkSync(rebooting bool) {
	if p.syncs.Add(1) > 1 {
		return
	}
	for {
		told := p.syncs.Load()
		if booted := p.obey(rebooting); booted || p.syncs.CompareAndSwap(told, 0) {
			p.syncs.Store(0)
			return
		}
	}
}

// obey does what one check-sync says, and reports whether that was a boot.
func (p *Phone) obey(rebooting bool) (booted bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p.mu.Lock()
	url, what := p.Memory.URL, p.maker.obeys(p.Memory.Settings, rebooting)
	p.mu.Unlock()
	var err error
	switch what {
	case reboot:
		p.mark(Rebooted, time.Now())
		err = p.Reboot(ctx)
	case refetch:
		if err = p.provision(ctx, url); err == nil {
			err = p.Register(ctx)
		}
	}
	if err != nil {
		p.Log.Info("phone cannot do as check-sync says", "err", err)
	}
	return what == reboot
}

// Refresh sends one REGISTER a line now, as a phone does when its registration nears its end.
func (p *Phone) Refresh(ctx context.Context) error {
	p.mu.Lock()
	lines := slices.Collect(maps.Values(p.lines))
	p.mu.Unlock()
	if len(lines) == 0 {
		return fmt.Errorf("%s is not switched on", p)
	}
	var errs []error
	for _, l := range lines {
		errs = append(errs, l.register(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s registers again: %w", p, err)
	}
	return nil
}

// Registered reports whether all lines that have an account are registered.
func (p *Phone) Registered() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		if !l.registered() {
			return false
		}
	}
	return len(p.lines) > 0
}
