// Package sync turns rendered files into a running configuration: it writes them as
// a new generation beside the old ones, moves one link, has Asterisk read again only
// what changed, asks it what it now knows, and goes back if that is not the plan.
//
// A power cut at any moment leaves the old generation or the new one, whole.
package sync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"autocom/pbx"
)

const (
	keep        = 20 // generations, with the current one
	retries     = 10 // of a reload that meets another one
	retryPause  = time.Second
	reloadLimit = 30 * time.Second // a reload of 500 lines takes 0.1 s on a PC
)

// Syncer is the only writer of Dir. Its methods may be called from several
// goroutines; one works at a time.
type Syncer struct {
	Dir string // "/data/asterisk"; setgid to Asterisk's group, for files are 0640
	Log *slog.Logger

	// Running says whether Asterisk can be asked now. While it cannot, Apply only
	// moves the link; call Apply again when it can.
	Running func() bool
	// Reload has Asterisk read one module's files again: "res_pjsip.so".
	Reload func(ctx context.Context, module string) error
	// Verify asks Asterisk whether it knows what files say.
	Verify func(ctx context.Context, files pbx.Files) error
	// Started tells one run of Asterisk from the next. With it, a restart that is due
	// is still due after autocomd itself was restarted; nil when nobody can tell.
	Started func(ctx context.Context) (string, error)

	mu       sync.Mutex
	verified bool                // Asterisk confirmed the current generation to this process
	refusal  refusal             // the last one
	pause    func(time.Duration) // time.Sleep when nil
	now      func() time.Time    // time.Now when nil
}

// Result is what Apply did.
type Result struct {
	Generation int      // that is current now
	Changed    []string // files, sorted
	Reloaded   []string // modules, in order
	Restart    bool     // only a restart of Asterisk makes all of it true
}

// RefusedError says that Asterisk did not take a generation, and that the one
// before is in force again.
type RefusedError struct {
	Generation int // refused; its directory is kept for who wants to look
	Back       int // in force
	Cause      error
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("asterisk refuses generation %d, back to %d: %v", e.Generation, e.Back, e.Cause)
}

func (e *RefusedError) Unwrap() error { return e.Cause }

// Apply makes files the configuration. Applying the same files twice is a no-op,
// unless Asterisk could not be asked the first time. A *RefusedError leaves the
// generation before in force, and is the answer for the same files until a pause has
// passed, which grows; with any other error the new one may be in place and not
// confirmed: apply again.
func (s *Syncer) Apply(ctx context.Context, files pbx.Files) (Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	store := generations{s.Dir}
	before, err := store.current()
	if err != nil {
		return Result{}, err
	}
	changed, err := store.differ(before, files)
	if err != nil {
		return Result{}, err
	}
	if len(changed) == 0 {
		return s.confirm(ctx, Result{Generation: before}, files)
	}
	next, err := s.refusedBefore(store, files)
	if err != nil {
		return Result{Generation: before}, err
	}
	if next == 0 {
		if next, err = store.write(before, files, changed); err != nil {
			return Result{}, err
		}
	}
	modules, restart := modulesOf(changed)
	result := Result{Generation: next, Changed: changed, Restart: restart || before == 0}
	if result.Restart && s.Running() {
		if err := s.owe(ctx); err != nil { // before the link: a restart too many is better than none
			return Result{Generation: before}, err
		}
	}
	if err := store.point(next); err != nil {
		return Result{Generation: before}, err
	}
	s.verified = false
	s.Log.Info("configuration of asterisk changed", "generation", next, "files", strings.Join(changed, " "))
	if err := store.prune(next); err != nil {
		s.Log.Warn("old configurations stay", "error", err)
	}
	if result.Restart || !s.Running() {
		return result, nil
	}
	if result.Restart, err = s.owed(ctx); err != nil {
		return result, err
	}
	return s.take(ctx, result, modules, before, files)
}

// take has Asterisk read the modules of a new generation, or goes back to the one before.
func (s *Syncer) take(ctx context.Context, r Result, modules []string, before int, files pbx.Files) (Result, error) {
	err := s.readAgain(ctx, modules, files)
	if err == nil {
		s.verified, r.Reloaded = !r.Restart, modules // while one is due, the next Apply says so too
		s.refusal = refusal{}
		return r, nil
	}
	if ctx.Err() != nil || !s.Running() { // nobody refused: Asterisk went away meanwhile
		return r, err
	}
	if back := (generations{s.Dir}).point(before); back != nil {
		return r, errors.Join(err, back)
	}
	for _, m := range modules {
		if again := s.reload(ctx, m); again != nil {
			s.Log.Error("asterisk did not go back", "module", m, "error", again)
		}
	}
	return Result{Generation: before}, s.refused(files, &RefusedError{r.Generation, before, err})
}

// confirm is Apply without a change: Asterisk may have started on an older
// generation, between its reading and our link.
func (s *Syncer) confirm(ctx context.Context, r Result, files pbx.Files) (Result, error) {
	if s.verified || !s.Running() {
		return r, nil
	}
	var err error
	if r.Restart, err = s.owed(ctx); err != nil || r.Restart {
		return r, err
	}
	if err := s.Verify(ctx, files); err != nil {
		s.Log.Info("asterisk has not read its configuration yet", "reason", err)
		r.Reloaded, _ = modulesOf(names(files))
		if err := s.readAgain(ctx, r.Reloaded, files); err != nil {
			return r, err
		}
	}
	s.verified = true
	return r, nil
}

// Verified reports whether Asterisk has said that it knows the current generation, to
// this process and in its present run.
func (s *Syncer) Verified() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.verified
}

// Restarted tells that Asterisk is another process now: the next Apply asks it again.
func (s *Syncer) Restarted() {
	s.mu.Lock()
	s.verified = false
	s.refusal.until = time.Time{} // another process may take what the last one did not
	s.mu.Unlock()
}

// Forget removes the generations beside the current one in which a file holds a text: what
// was secret for a while must not lie on the card for as long as generations are kept.
func (s *Syncer) Forget(file, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	store := generations{s.Dir}
	current, err := store.current()
	if err != nil {
		return err
	}
	return store.forget(current, file, text)
}

func (s *Syncer) readAgain(ctx context.Context, modules []string, files pbx.Files) error {
	for _, m := range modules {
		if err := s.reload(ctx, m); err != nil {
			return err
		}
	}
	return s.Verify(ctx, files)
}

// reload waits while Asterisk says that a reload is in progress already.
func (s *Syncer) reload(ctx context.Context, module string) error {
	ctx, cancel := context.WithTimeout(ctx, reloadLimit)
	defer cancel()
	for n := 1; ; n++ {
		err := s.Reload(ctx, module)
		// Asterisk 22 main/manager.c: "A reload is in progress"; its console:
		// "A module reload request is already in progress".
		if err == nil || n == retries || !strings.Contains(err.Error(), "in progress") {
			return err
		}
		if s.pause != nil {
			s.pause(retryPause)
			continue
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryPause):
		}
	}
}
