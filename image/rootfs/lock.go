package rootfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lock is held on one root file system of the cache, by flock(2): for oneself while it is
// made, shared while it is used. So a build with --fresh waits until nobody reads the
// older one, and prune leaves what is in use.
type lock struct{ file *os.File }

func openLock(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("make the cache: %w: choose another place with --cache", err)
	}
	return &lock{f}, nil
}

// take waits for the lock; how is syscall.LOCK_EX or LOCK_SH. One that is held already is
// given up for the other: somebody else may come in between.
func (l *lock) take(ctx context.Context, how int, say func(string)) error {
	for told := false; ; told = true {
		err := syscall.Flock(int(l.file.Fd()), how|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("lock %s: %w", l.file.Name(), err)
		}
		if !told {
			say("waiting for another build of the same root file system")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// release gives the lock back: closing does.
func (l *lock) release() { _ = l.file.Close() }
