package main

import (
	"context"
	"errors"
	"time"

	asteriskconf "autocom/asterisk-conf"
	"autocom/office"
	"autocom/pbx"
)

// errAway is why nobody waits for an exchange that is not there.
var errAway = errors.New("asterisk is not running")

// Live waits until Asterisk has confirmed the accounts of a revision. One that is just
// starting is waited for, one that is away is not.
func (e *exchange) Live(ctx context.Context, r office.Revision) error {
	for {
		e.mu.Lock()
		done, progress := e.live >= r, e.progress
		e.mu.Unlock()
		switch {
		case done:
			return nil
		case !e.Up() && !e.starting():
			return errAway
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-progress:
		}
	}
}

// starting reports whether Asterisk may come up at any moment: with the box, or because
// a restart was asked for.
func (e *exchange) starting() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Since(e.born) < restartPatience || e.asked.After(e.since) && time.Since(e.asked) < restartPatience
}

// Confirmed is the revision that Asterisk has.
func (e *exchange) Confirmed() office.Revision {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.live
}

func (e *exchange) confirm(plan pbx.Plan) {
	e.proofs.confirm(plan)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.live, e.at = max(e.live, office.Revision(plan.Revision)), plan.Address
	close(e.progress)
	e.progress = make(chan struct{})
}

// verify compares the lines and numbers Asterisk knows with the files'. A reload is
// over when it is answered, but what is new may take a moment to be listed.
func (e *exchange) verify(ctx context.Context, files pbx.Files) error {
	for n := 1; ; n++ {
		lines, err := e.client.Endpoints(ctx)
		if err != nil {
			return err
		}
		hints, err := e.client.Hints(ctx)
		if err != nil {
			return err
		}
		if err = asteriskconf.ReadBack(files, lines, hints); err == nil || n == 20 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
