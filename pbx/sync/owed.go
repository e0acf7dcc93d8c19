package sync

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// debt is the file that says which run of Asterisk must end, because it read files
// that have changed and are read at the start only.
func (s *Syncer) debt() string { return filepath.Join(s.Dir, "restart-owed") }

// owe notes that the present run of Asterisk must end.
func (s *Syncer) owe(ctx context.Context) error {
	if s.Started == nil {
		return nil
	}
	run, err := s.Started(ctx)
	if err != nil {
		return err
	}
	if err := os.Remove(s.debt()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeDurable(s.debt(), []byte(run)); err != nil {
		return err
	}
	return syncDir(s.Dir)
}

// owed says whether the run that must end is still the present one.
func (s *Syncer) owed(ctx context.Context) (bool, error) {
	note, err := os.ReadFile(s.debt())
	if errors.Is(err, fs.ErrNotExist) || s.Started == nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	run, err := s.Started(ctx)
	if err != nil {
		return false, err
	}
	if run == string(note) {
		return true, nil
	}
	return false, os.Remove(s.debt())
}
