package phonesim

import (
	"context"
	"fmt"
)

// Party is who can take part in a call: a phone by its first line, or any Line of it.
type Party interface {
	Number() string
	String() string

	ready() error
	call(ctx context.Context, number string) (*Call, error)
	decline(ctx context.Context) error
	lift(ctx context.Context) (*Call, error)
}

// Line is the nth account of a phone: a port of an adapter, a handset of a base.
type Line struct {
	phone *Phone
	n     int // from 1
}

// Line gives the nth line, counted from 1. It may have no account (yet).
func (p *Phone) Line(n int) Line { return Line{phone: p, n: n} }

// Lines are those that the phone has an account and, if it is a base, a handset for.
func (p *Phone) Lines() []Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Line
	for i, a := range p.wanted() {
		if a != nil {
			out = append(out, Line{phone: p, n: i + 1})
		}
	}
	return out
}

// Pair gives a DECT base one handset more, or as many as n says; each takes its line as
// soon as the settings have an account for it.
func (p *Phone) Pair(n int) error {
	if !p.maker.base() {
		return fmt.Errorf("%s is no DECT base: it has no handsets to pair", p)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Memory.Paired = max(p.Memory.Paired, n)
	if len(p.lines) == 0 { // not switched on: they come with the next start
		return nil
	}
	return p.open()
}

// wanted are the accounts to register, by line. The caller holds mu.
func (p *Phone) wanted() []*Account {
	all := append([]*Account{p.Memory.Account}, p.Memory.More...)
	if p.maker.base() {
		all = all[:min(len(all), p.Memory.Paired)]
	}
	return all
}

// at gives the running line, nil when it is not.
func (l Line) at() *line {
	l.phone.mu.Lock()
	defer l.phone.mu.Unlock()
	return l.phone.lines[l.n]
}

func (l Line) String() string { return fmt.Sprintf("%s line %d", l.phone, l.n) }

// Account is what the line registers with; ok is false when it has none.
func (l Line) Account() (a Account, ok bool) {
	l.phone.mu.Lock()
	defer l.phone.mu.Unlock()
	if l.n == 1 && l.phone.Memory.Account != nil {
		return *l.phone.Memory.Account, true
	}
	if i := l.n - 2; i >= 0 && i < len(l.phone.Memory.More) && l.phone.Memory.More[i] != nil {
		return *l.phone.Memory.More[i], true
	}
	return Account{}, false
}

// Number is what stands beside the line: its extension.
func (l Line) Number() string {
	a, _ := l.Account()
	if l.n == 1 {
		l.phone.mu.Lock()
		told := l.phone.Memory.Number
		l.phone.mu.Unlock()
		if told != "" {
			return told
		}
	}
	if a.Label != "" {
		return a.Label
	}
	return a.Name
}

// Registered reports whether the line's registration still runs.
func (l Line) Registered() bool {
	at := l.at()
	return at != nil && at.registered()
}

func (l Line) ready() error {
	if !l.Registered() {
		return fmt.Errorf("%s is not registered", l)
	}
	return nil
}

func (l Line) running() (*line, error) {
	if at := l.at(); at != nil {
		return at, nil
	}
	return nil, fmt.Errorf("%s is not switched on", l)
}

// Call dials any number from this line, and returns when it is answered. The caller
// speaks and listens with the Call's own methods, and hangs up.
func (l Line) Call(ctx context.Context, number string) (*Call, error) {
	if err := l.ready(); err != nil {
		return nil, err
	}
	c, err := l.call(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("%s calls %s: %w", l, number, err)
	}
	return c, nil
}

func (l Line) call(ctx context.Context, number string) (*Call, error) {
	at, err := l.running()
	if err != nil {
		return nil, err
	}
	return at.call(ctx, number)
}

func (l Line) decline(ctx context.Context) error {
	at, err := l.running()
	if err != nil {
		return err
	}
	return at.decline(ctx)
}

func (l Line) lift(ctx context.Context) (*Call, error) {
	at, err := l.running()
	if err != nil {
		return nil, err
	}
	return at.lift(ctx)
}

// Call dials any number from the first line.
func (p *Phone) Call(ctx context.Context, number string) (*Call, error) {
	return p.Line(1).Call(ctx, number)
}

func (p *Phone) ready() error { return p.Line(1).ready() }
func (p *Phone) call(ctx context.Context, number string) (*Call, error) {
	return p.Line(1).call(ctx, number)
}
func (p *Phone) decline(ctx context.Context) error       { return p.Line(1).decline(ctx) }
func (p *Phone) lift(ctx context.Context) (*Call, error) { return p.Line(1).lift(ctx) }
