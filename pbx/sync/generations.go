package sync

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"autocom/pbx"
)

// generations is a directory of gen-1, gen-2 … and the link current.
type generations struct{ dir string }

const (
	prefix  = "gen-"
	link    = "current"
	partial = ".partial" // suffix of what a power cut left; never pointed to
)

func (g generations) path(n int) string { return filepath.Join(g.dir, prefix+strconv.Itoa(n)) }

// current is the generation that the link names, 0 when there is none.
func (g generations) current() (int, error) {
	to, err := os.Readlink(filepath.Join(g.dir, link))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the current configuration: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(to), prefix))
	if err != nil {
		return 0, fmt.Errorf("%s/%s names %s, which is no generation: remove the link", g.dir, link, to)
	}
	return n, nil
}

// all are the generations there, oldest first, whole ones only.
func (g generations) all() ([]int, error) {
	entries, err := os.ReadDir(g.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), prefix); ok {
			if n, err := strconv.Atoi(rest); err == nil && n > 0 {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// differ names the files that generation n has otherwise, lacks, or has too many.
func (g generations) differ(n int, files pbx.Files) ([]string, error) {
	var changed []string
	for name, body := range files {
		if !fs.ValidPath(name) || strings.Contains(name, "/") {
			return nil, fmt.Errorf("file %q: a name without folders is expected", name)
		}
		old, err := os.ReadFile(filepath.Join(g.path(n), name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(old, body) {
			changed = append(changed, name)
		}
	}
	entries, err := os.ReadDir(g.path(n))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok {
			changed = append(changed, e.Name())
		}
	}
	slices.Sort(changed)
	return changed, nil
}

// write makes the next generation, durable, and returns its number. Files that did
// not change are links to those of before: the card is written less, and Asterisk,
// which compares inode times, does not read them again.
func (g generations) write(before int, files pbx.Files, changed []string) (int, error) {
	if err := os.MkdirAll(g.dir, 0o750); err != nil {
		return 0, err
	}
	have, err := g.all()
	if err != nil {
		return 0, err
	}
	next := before + 1
	if len(have) > 0 {
		next = max(next, have[len(have)-1]+1)
	}
	tmp := g.path(next) + partial
	if err := os.RemoveAll(tmp); err != nil {
		return 0, err
	}
	if err := os.Mkdir(tmp, 0o750); err != nil {
		return 0, fmt.Errorf("write a configuration: %w", err)
	}
	for _, name := range names(files) {
		to := filepath.Join(tmp, name)
		if !slices.Contains(changed, name) && os.Link(filepath.Join(g.path(before), name), to) == nil {
			continue
		}
		if err := writeDurable(to, files[name]); err != nil {
			return 0, errors.Join(fmt.Errorf("write a configuration: %w", err), os.RemoveAll(tmp))
		}
	}
	if err := syncDir(tmp); err != nil {
		return 0, err
	}
	if err := os.Rename(tmp, g.path(next)); err != nil {
		return 0, err
	}
	return next, syncDir(g.dir)
}

// point moves the link to generation n, or removes it when n is 0.
func (g generations) point(n int) error {
	to := filepath.Join(g.dir, link)
	if n == 0 {
		if err := os.Remove(to); err != nil {
			return err
		}
		return syncDir(g.dir)
	}
	// Relative, so that it holds inside a chroot and on the data partition read elsewhere.
	tmp := to + partial
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(prefix+strconv.Itoa(n), tmp); err != nil {
		return fmt.Errorf("point to configuration %d: %w", n, err)
	}
	if err := os.Rename(tmp, to); err != nil {
		return fmt.Errorf("point to configuration %d: %w", n, err)
	}
	return syncDir(g.dir)
}

// prune removes all but the last generations, and what power cuts left.
func (g generations) prune(current int) error {
	have, err := g.all()
	if err != nil {
		return err
	}
	var errs []error
	for i, n := range have {
		if i < len(have)-keep && n != current {
			errs = append(errs, os.RemoveAll(g.path(n)))
		}
	}
	left, _ := filepath.Glob(filepath.Join(g.dir, "*"+partial))
	for _, path := range left {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// forget removes every generation but the current one whose file holds a text, those that a
// power cut left among them.
func (g generations) forget(current int, name, text string) error {
	dirs, err := filepath.Glob(filepath.Join(g.dir, prefix+"*"))
	if err != nil {
		return err
	}
	var errs []error
	removed := false
	for _, dir := range dirs {
		if dir == g.path(current) {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			errs = append(errs, err)
		case bytes.Contains(body, []byte(text)):
			errs = append(errs, os.RemoveAll(dir))
			removed = true
		}
	}
	if removed {
		errs = append(errs, syncDir(g.dir))
	}
	return errors.Join(errs...)
}

func writeDurable(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func names(files pbx.Files) []string {
	out := make([]string, 0, len(files))
	for name := range files {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
