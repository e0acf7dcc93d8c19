package slot

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// tree is a root file system on its way from one tar to another: every entry by its path,
// and where its bytes are. The bytes stay where they are until write.
type tree struct {
	entries map[string]entry
}

type entry struct {
	header tar.Header
	open   func() (io.ReadCloser, error) // nil for what has no bytes
}

// readTree indexes a tar file. The file must stay open until write is done.
func readTree(f *os.File) (*tree, error) {
	t := &tree{entries: map[string]entry{}}
	r := tar.NewReader(f)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name(), err)
		}
		// tar.Reader reads whole blocks and no further, so the bytes begin here.
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		e := entry{header: *h}
		e.header.Name = path.Clean("/" + h.Name)[1:]
		if h.Typeflag == tar.TypeLink {
			e.header.Linkname = path.Clean("/" + h.Linkname)[1:]
		}
		if h.Typeflag == tar.TypeReg {
			e.open = func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(f, at, h.Size)), nil }
		}
		t.entries[e.header.Name] = e
	}
}

// put adds or replaces an entry. What is not a directory also replaces everything under a
// directory of that name: /etc/asterisk becomes a link.
func (t *tree) put(e entry) {
	name := e.header.Name
	if old, ok := t.entries[name]; ok && old.header.Typeflag == tar.TypeDir && e.header.Typeflag != tar.TypeDir {
		t.remove(name + "/*")
	}
	t.entries[name] = e
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := t.entries[dir]; !ok {
			t.entries[dir] = directory(dir, 0o755)
		}
	}
}

// remove takes out what a pattern of path.Match names, and everything below it.
func (t *tree) remove(pattern string) {
	for name := range t.entries {
		if matches(pattern, name) {
			t.drop(name)
		}
	}
}

// matches compares the pattern with as much of name as it has parts.
func matches(pattern, name string) bool {
	parts := strings.Split(name, "/")
	n := strings.Count(pattern, "/") + 1
	if len(parts) < n {
		return false
	}
	ok, err := path.Match(pattern, strings.Join(parts[:n], "/"))
	return ok && err == nil
}

// drop takes out one entry. A file that hard links need leaves its bytes to the first.
func (t *tree) drop(name string) {
	gone := t.entries[name]
	delete(t.entries, name)
	if gone.header.Typeflag != tar.TypeReg {
		return
	}
	var links []string
	for other, e := range t.entries {
		if e.header.Typeflag == tar.TypeLink && e.header.Linkname == name {
			links = append(links, other)
		}
	}
	if len(links) == 0 {
		return
	}
	slices.Sort(links)
	heir := links[0]
	gone.header.Name = heir
	t.entries[heir] = gone
	for _, other := range links[1:] {
		e := t.entries[other]
		e.header.Linkname = heir
		t.entries[other] = e
	}
}

func (t *tree) names() []string {
	names := make([]string, 0, len(t.entries))
	for n := range t.entries {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// write makes the tar: sorted, hard links after what they point to, every time the same.
func (t *tree) write(to io.Writer, at time.Time) error {
	w := tar.NewWriter(to)
	names := t.names()
	for _, links := range []bool{false, true} {
		for _, name := range names {
			e := t.entries[name]
			if (e.header.Typeflag == tar.TypeLink) != links {
				continue
			}
			if err := writeEntry(w, e, at); err != nil {
				return fmt.Errorf("pack %s: %w", name, err)
			}
		}
	}
	return w.Close()
}

func writeEntry(w *tar.Writer, e entry, at time.Time) error {
	h := e.header
	if h.Name == "" {
		h.Name = "."
	}
	h.Name = "./" + h.Name
	if h.Typeflag == tar.TypeDir {
		h.Name += "/"
	}
	if h.Typeflag == tar.TypeLink {
		h.Linkname = "./" + h.Linkname
	}
	h.ModTime, h.AccessTime, h.ChangeTime = at, time.Time{}, time.Time{}
	h.Uname, h.Gname = "", ""
	h.Format = tar.FormatPAX
	records := map[string]string{}
	for k, v := range h.PAXRecords { // capabilities of files live here
		if strings.HasPrefix(k, "SCHILY.xattr.") {
			records[k] = v
		}
	}
	h.PAXRecords = records
	if err := w.WriteHeader(&h); err != nil {
		return err
	}
	if e.open == nil {
		return nil
	}
	r, err := e.open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

func directory(name string, mode int64) entry {
	return entry{header: tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode}}
}

func link(name, target string) entry {
	return entry{header: tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}}
}

func bytesFile(name string, data []byte, mode int64, uid, gid int) entry {
	return entry{
		header: tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(data)), Mode: mode, Uid: uid, Gid: gid},
		open:   func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}

func filePath(name, from string, size int64) entry {
	return entry{
		header: tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644},
		open:   func() (io.ReadCloser, error) { return os.Open(from) },
	}
}
