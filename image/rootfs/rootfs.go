// Package rootfs turns a recipe into a root file system: a tar made by mmdebstrap, and
// beside it the packages of kernel and firmware, fetched but not installed.
//
// What was made once is kept under a key of everything that went in, so that a build
// in which only the overlay changed takes seconds.
package rootfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"autocom/image"
)

// Users are the accounts with fixed ids that exist before any package is installed:
// lines of passwd(5) and group(5).
type Users struct {
	Passwd, Group []byte
}

// Options say where to keep the result and whom to tell.
type Options struct {
	Cache string       // directory, made when missing
	Fresh bool         // make it again even when it is in the cache
	Say   func(string) // one line of progress; nil is silence
}

// making is the prefix of what is not yet a root file system in the cache.
const making = "making-"

// made is what lies in the cache beside root.tar: made.json.
type made struct {
	At       time.Time
	Packages []image.Package
}

// Root is a root file system in the cache, kept there until Release.
type Root struct {
	image.Rootfs
	At   time.Time // when it was made: its packages are as old as that
	lock *lock
}

// Release allows that it is replaced or removed.
func (r Root) Release() { r.lock.release() }

// Build returns the root file system of a recipe, from the cache when it is there.
func Build(ctx context.Context, r image.Recipe, u Users, o Options) (_ Root, err error) {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if err := u.check(); err != nil {
		return Root{}, err
	}
	if err := os.MkdirAll(o.Cache, 0o755); err != nil {
		return Root{}, fmt.Errorf("make the cache: %w: choose another place with --cache", err)
	}
	image.Sweep(o.Cache, making)
	image.Sweep(treeDir(), treePrefix)
	key := Key(r, u)
	l, err := openLock(filepath.Join(o.Cache, key+".lock"))
	if err != nil {
		return Root{}, err
	}
	defer func() {
		if err != nil {
			l.release()
		}
	}()

	dir := filepath.Join(o.Cache, key)
	if !o.Fresh {
		root, err := l.reuse(ctx, dir, key, o.Say)
		if err == nil || ctx.Err() != nil {
			return root, err
		}
	}
	if err := l.take(ctx, syscall.LOCK_EX, o.Say); err != nil {
		return Root{}, err
	}
	// While we waited, another build may have made it.
	if _, err := open(dir, key); o.Fresh || err != nil {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			o.Say(fmt.Sprintf("%s is damaged (%v): making it again", dir, err))
		}
		if err := construct(ctx, r, u, o, dir); err != nil {
			return Root{}, err
		}
		if err := prune(o.Cache); err != nil {
			return Root{}, fmt.Errorf("tidy the cache: %w", err)
		}
	}
	return l.reuse(ctx, dir, key, o.Say)
}

// reuse opens what is in the cache, and shares it with other builds.
func (l *lock) reuse(ctx context.Context, dir, key string, say func(string)) (Root, error) {
	if err := l.take(ctx, syscall.LOCK_SH, say); err != nil {
		return Root{}, err
	}
	root, err := open(dir, key)
	if err != nil {
		return Root{}, err
	}
	touch(dir, time.Now())
	root.lock = l
	return root, nil
}

// open reads what construct left. The kernel's packages lie in debs/.
func open(dir, key string) (Root, error) {
	data, err := os.ReadFile(filepath.Join(dir, "made.json"))
	if err != nil {
		return Root{}, err
	}
	var m made
	if err := json.Unmarshal(data, &m); err != nil {
		return Root{}, err
	}
	root := Root{At: m.At, Rootfs: image.Rootfs{
		Tar: filepath.Join(dir, "root.tar"), Debs: filepath.Join(dir, "debs"), Hash: key, Packages: m.Packages,
	}}
	for _, p := range []string{root.Tar, root.Debs} {
		if _, err := os.Stat(p); err != nil {
			return Root{}, err
		}
	}
	return root, nil
}

// construct fills a temporary directory and gives it its name at the very end: an
// interrupted build leaves nothing under the final name, and nothing else.
func construct(ctx context.Context, r image.Recipe, u Users, o Options, dir string) (err error) {
	if err := checkTools(r.Board.Arch); err != nil {
		return err
	}
	if err := checkSpace(o.Cache); err != nil {
		return err
	}
	temp, remove, err := image.Workplace(o.Cache, making)
	if err != nil {
		return fmt.Errorf("make a place in the cache: %w", err)
	}
	defer remove() // after the rename below there is nothing left to remove
	if err := os.Mkdir(filepath.Join(temp, "debs"), 0o755); err != nil {
		return err
	}

	var packages []image.Package
	err = mmdebstrap(ctx, r, u, o.Say, func(tar io.Reader) (err error) {
		packages, err = split(tar, filepath.Join(temp, "root.tar"), filepath.Join(temp, "debs"), u)
		return err
	})
	if err != nil {
		return err
	}
	fetched, err := debPackages(ctx, filepath.Join(temp, "debs"))
	if err != nil {
		return err
	}
	packages = append(packages, fetched...)
	slices.SortFunc(packages, func(a, b image.Package) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(made{At: time.Now().UTC(), Packages: packages}, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(temp, "made.json"), data, 0o644); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil { // an older or damaged one
		return err
	}
	return os.Rename(temp, dir)
}
