package inspect

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/squashfs"
)

// system is a slot's squashfs, listed once.
type system struct {
	file    *os.File
	fs      *squashfs.FileSystem
	entries map[string]entry // path without a leading slash
}

type entry struct {
	mode fs.FileMode
	size int64
	link string // target of a symbolic link
}

func openSystem(f *files, name string) (_ *system, err error) {
	temp, err := extract(f, name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			temp.Close()
		}
	}()
	defer rescue(&err)
	info, err := temp.Stat()
	if err != nil {
		return nil, err
	}
	squash, err := squashfs.Read(file.New(temp, true), info.Size(), 0, 0)
	if err != nil {
		return nil, err
	}
	s := &system{file: temp, fs: squash, entries: map[string]entry{}}
	err = s.list(".", 0)
	return s, err
}

func (s *system) close() { s.file.Close() }

func (s *system) list(dir string, depth int) error {
	if depth > 64 {
		return fmt.Errorf("directories lie too deep: %s", dir)
	}
	entries, err := s.fs.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		info, err := e.Info()
		if err != nil {
			return err
		}
		n := entry{mode: info.Mode(), size: info.Size()}
		if l, ok := info.(interface{ Readlink() (string, error) }); ok && n.mode&fs.ModeSymlink != 0 {
			n.link, _ = l.Readlink() // a link whose target cannot be read leads nowhere
		}
		s.entries[name] = n
		if e.IsDir() {
			if err := s.list(name, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// read returns a regular file of at most 64 MiB.
func (s *system) read(name string) (_ []byte, err error) {
	defer rescue(&err)
	e, ok := s.entries[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if !e.mode.IsRegular() || e.size > 64*mebi {
		return nil, fmt.Errorf("%s is no small file", name)
	}
	f, err := s.fs.OpenFile(name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, e.size))
}

// exists takes a path with or without a leading slash.
func (s *system) exists(name string) bool {
	_, ok := s.entries[strings.TrimPrefix(name, "/")]
	return ok
}

// count says how many packages and files a system has.
func count(s *system) (packages, files int) {
	status, _ := s.read("var/lib/dpkg/status") // a system without dpkg has no packages
	return bytes.Count(status, []byte("\nStatus: install ok installed\n")), len(s.entries)
}
