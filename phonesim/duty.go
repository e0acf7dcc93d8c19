package phonesim

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Register opens the line and keeps it registered until PullPlug; it returns when
// the first registration is granted, or when ctx ends.
func (p *Phone) Register(ctx context.Context) error {
	start := time.Now()
	a := p.account()
	if a == nil {
		return fmt.Errorf("%s has no account", p)
	}
	if err := p.open(*a); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	for !p.Registered() {
		select {
		case <-ctx.Done():
			p.mu.Lock()
			l := p.line
			p.mu.Unlock()
			if l == nil {
				return fmt.Errorf("%s was switched off", p)
			}
			return fmt.Errorf("%s cannot register %s: %w", p, a.User, errors.Join(ctx.Err(), l.lastError()))
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.mark("registered", start)
	return nil
}

// open starts the line once; a second call with the same account changes nothing.
func (p *Phone) open(a Account) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line != nil && p.line.account == a {
		return nil
	}
	p.hush()
	l, err := openLine(a, p.link.Addr.Addr(), p.maker.agent(p.MAC), p.Log, p.checkSync)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	p.line, p.stop = l, stop
	p.kept.Go(func() { l.keep(ctx, p.Retry, p.Log) })
	return nil
}

// hush stops the line without a word to anybody. The caller holds mu.
func (p *Phone) hush() {
	if p.line == nil {
		return
	}
	p.stop()
	if err := p.line.close(); err != nil {
		p.Log.Debug("close line", "phone", p.String(), "err", err)
	}
	p.kept.Wait()
	p.line = nil
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
// where it read them last.
func (p *Phone) checkSync(rebooting bool) {
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
}

// Refresh sends one REGISTER now, as a phone does when its registration nears its end.
func (p *Phone) Refresh(ctx context.Context) error {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	if l == nil {
		return fmt.Errorf("%s is not switched on", p)
	}
	if err := l.register(ctx); err != nil {
		return fmt.Errorf("%s registers again: %w", p, err)
	}
	return nil
}

// Registered reports whether the phone's registration still runs.
func (p *Phone) Registered() bool {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	return l != nil && l.registered()
}

func (p *Phone) ready() error {
	if !p.Registered() {
		return fmt.Errorf("%s is not registered", p)
	}
	return nil
}

func (p *Phone) call(ctx context.Context, number string) (*Call, error) {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	return l.call(ctx, number)
}

func (p *Phone) decline(ctx context.Context) error {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	return l.decline(ctx)
}

func (p *Phone) lift(ctx context.Context) (*Call, error) {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	return l.lift(ctx)
}
