package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Bounds of the logs that Asterisk writes and autocomd reads.
const (
	logBytes = 2 << 20         // a log that is larger is taken away when it has been read
	logChunk = 4 << 20         // read at a time
	logGrace = 5 * time.Second // after a rename Asterisk may still write to the old name's file
)

// logFile is one file that Asterisk appends to, held open: it stays itself when it is renamed.
type logFile struct {
	*os.File
	id     string // inode and digest of its first line: inodes are used again
	serial int64  // of two files the older has the smaller
	read   int64
}

// openLog opens a log when it has a whole first line; nil when it is not there, or has none yet.
func openLog(path string, serial int64) (*logFile, error) {
	log := filepath.Dir(path) // is Asterisk's to move; the directory that it lies in is not
	f, err := openTheirs(filepath.Dir(log), filepath.Join(filepath.Base(log), filepath.Base(path)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what Asterisk wrote down: %w", err)
	}
	head := make([]byte, 4096)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		f.Close()
		return nil, fmt.Errorf("read what Asterisk wrote down: %w", err)
	}
	line, _, whole := strings.Cut(string(head[:n]), "\n")
	info, err := f.Stat()
	if err != nil || !whole && n < len(head) {
		f.Close()
		return nil, err
	}
	inode := info.Sys().(*syscall.Stat_t).Ino
	return &logFile{File: f, id: fmt.Sprintf("%d-%x", inode, sha256.Sum256([]byte(line)))[:40], serial: serial}, nil
}

// more reads what was added since read, and has it on the card: of a place that is kept, a
// power cut must not take what lies before it.
func (l *logFile) more() ([]byte, error) {
	info, err := l.Stat()
	if err != nil || info.Size() == l.read {
		return nil, err
	}
	if info.Size() < l.read {
		l.read = info.Size() // somebody has cut it short
		return nil, nil
	}
	if err := l.Sync(); err != nil {
		return nil, err
	}
	b := make([]byte, min(info.Size()-l.read, logChunk))
	n, err := l.ReadAt(b, l.read)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], err
}

// feed is a log with the file that was taken away from its name, which is read first.
type feed struct {
	name, path string
	old, now   *logFile
	serial     int64
	place      func(id string) (int64, error)
	turned     time.Time // when old was found or made
}

// open finds the files that are not open yet.
func (f *feed) open() (err error) {
	if f.old == nil && f.now == nil {
		if f.old, err = f.find(f.path + ".1"); err != nil {
			return err
		}
		f.turned = time.Now()
	}
	if f.now == nil {
		f.now, err = f.find(f.path)
	}
	return err
}

func (f *feed) find(path string) (*logFile, error) {
	f.serial++
	l, err := openLog(path, f.serial)
	if l == nil || err != nil {
		return nil, err
	}
	if l.read, err = f.place(l.id); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// files are those that are open, the older first.
func (f *feed) files() []*logFile {
	var out []*logFile
	for _, l := range []*logFile{f.old, f.now} {
		if l != nil {
			out = append(out, l)
		}
	}
	return out
}

// full reports that the present file should be taken away.
func (f *feed) full() bool {
	if f.old != nil || f.now == nil {
		return false
	}
	info, err := f.now.Stat()
	return err == nil && info.Size() >= logBytes
}

// turn takes the present file away from its name; Asterisk makes another.
func (f *feed) turn() error {
	if err := os.Rename(f.path, f.path+".1"); err != nil {
		return fmt.Errorf("take away what was read: %w", err)
	}
	f.old, f.now, f.turned = f.now, nil, time.Now()
	return nil
}

// drained reports that nothing is written to the old file any more, and all of it was read.
func (f *feed) drained() bool {
	if f.old == nil || time.Since(f.turned) < logGrace {
		return false
	}
	info, err := f.old.Stat()
	return err == nil && info.Size() == f.old.read && time.Since(info.ModTime()) > logGrace
}

// drop erases the old file.
func (f *feed) drop() error {
	f.old.Close()
	f.old = nil
	return os.Remove(f.path + ".1")
}

func (f *feed) close() {
	for _, l := range f.files() {
		l.Close()
	}
}
