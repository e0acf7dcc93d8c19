package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"autocom/pbx/record"
)

// Files in directories that Asterisk may write to. Asterisk takes what the network sends: who
// has taken it over must not get at our files through a link that he leaves there, nor have us
// wait for ever at a pipe. So below dir, which Asterisk cannot move, no link leads out, and
// only regular files are opened.

// openTheirs opens a file to be read; name is relative to dir.
func openTheirs(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file: %w", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// readTheirs gives a whole file of at most so many bytes.
func readTheirs(dir, name string, most int64) ([]byte, error) {
	f, err := openTheirs(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(body)) > most {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, most)
	}
	return body, err
}

// removeTheirs deletes a file or an empty directory.
func removeTheirs(dir, name string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return root.Remove(name)
}

// recordingsDir is record.Dir as autocomd sees it.
func recordingsDir(data string) string { return filepath.Join(data, filepath.Base(record.Dir)) }
