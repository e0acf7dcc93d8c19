package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Workplace makes a directory in parent, named prefix and a random end, and remove, which
// takes it away. A program that was killed could not: what such a one left there is swept
// first.
//
// The directory is locked as long as this process lives (flock(2)): so the next one can
// tell what is being used from what was left. Giving it another name keeps the lock.
func Workplace(parent, prefix string) (dir string, remove func(), err error) {
	Sweep(parent, prefix)
	for {
		if dir, err = os.MkdirTemp(parent, prefix); err != nil {
			return "", nil, err
		}
		// Until the lock is ours, another one may take it for litter and sweep it: once more.
		d, err := os.Open(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		if syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			if _, err := os.Stat(dir); err == nil {
				return dir, func() { _ = os.RemoveAll(dir); _ = d.Close() }, nil
			}
		}
		_ = d.Close()
	}
}

// Sweep removes the workplaces that killed programs of this user left in parent. What it
// cannot remove stays: a root file system half made by a normal user has files of ids
// that only a user namespace has.
func Sweep(parent, prefix string) {
	entries, _ := os.ReadDir(parent) // absent: nothing to sweep
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		if st, is := info.Sys().(*syscall.Stat_t); !is || int(st.Uid) != os.Geteuid() {
			continue // in /var/tmp, somebody else's
		}
		sweep(filepath.Join(parent, e.Name()))
	}
}

func sweep(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	if syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = os.RemoveAll(dir)
	}
}
