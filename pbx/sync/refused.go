package sync

import (
	"bytes"
	"maps"
	"time"

	"autocom/pbx"
)

// Pauses between two tries of files that Asterisk refuses: each try moves the link on
// the card twice and disturbs a working exchange.
const (
	firstPause = 2 * time.Second
	lastPause  = 5 * time.Minute
)

// refusal is what Asterisk did not take.
type refusal struct {
	files pbx.Files
	err   *RefusedError
	pause time.Duration
	until time.Time // not tried again before
}

func (r refusal) of(files pbx.Files) bool {
	return r.err != nil && maps.EqualFunc(r.files, files, bytes.Equal)
}

// refused notes a refusal; the pause doubles while the files stay the same.
func (s *Syncer) refused(files pbx.Files, err *RefusedError) error {
	pause := firstPause
	if s.refusal.of(files) {
		pause = min(2*s.refusal.pause, lastPause)
	}
	s.refusal = refusal{files, err, pause, s.clock().Add(pause)}
	return err
}

// refusedBefore gives the generation in which files already stand, when it is time to
// try them again; the refusal, when it is not; 0 when they are other files.
func (s *Syncer) refusedBefore(g generations, files pbx.Files) (int, error) {
	if !s.refusal.of(files) {
		return 0, nil
	}
	if s.clock().Before(s.refusal.until) {
		return 0, s.refusal.err
	}
	n := s.refusal.err.Generation
	if changed, err := g.differ(n, files); err != nil || len(changed) > 0 {
		return 0, nil // it was pruned, or somebody changed it
	}
	return n, nil
}

func (s *Syncer) clock() time.Time {
	if s.now != nil {
		return s.now()
	}
	return time.Now()
}
