package leases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"autocom/provision"
)

// every is how often the files are looked at: by stat, they are read when they changed.
// Servers write in place, append, and replace by rename; asking is right for all three.
const every = time.Second

// maxRead bounds what is read of a file; of a longer one its end counts.
const maxRead = 4 << 20

// unsettled is how old a file must be that it may not change unseen: file systems keep
// the time of change in steps.
const unsettled = 2 * time.Second

// Watch follows lease files. A file that is not there yet, or not readable, is looked for
// again.
type Watch struct {
	Paths []string
	Sink  func(provision.Sighting) // called from Run, one at a time; it must not block for long
	Log   *slog.Logger             // nil: slog.Default

	counters counters
	told     map[string]string // path → what was wrong, said once
}

// String names the task for the log.
func (w *Watch) String() string { return "leases " + strings.Join(w.Paths, " ") }

// Run watches until ctx ends; only that ends it.
func (w *Watch) Run(ctx context.Context) error {
	files := make([]*file, len(w.Paths))
	for i, path := range w.Paths {
		files[i] = &file{path: path}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		for _, f := range files {
			w.look(f, time.Now())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// file is what is known of one.
type file struct {
	path   string
	state  string    // of it and its siblings, as stat tells
	young  bool      // it may change without a new state
	rest   time.Time // it is not read before, so that reading takes a tenth of the time at most
	known  map[netip.Addr]lease
	absent []netip.Addr // known, and not in the last reading
}

// look reads the file when it changed, and reports what is new.
func (w *Watch) look(f *file, now time.Time) {
	state, newest := f.stat()
	again := state == f.state
	if again && !f.young {
		w.forget(f)
		return
	}
	if now.Before(f.rest) {
		return
	}
	f.state, f.young = state, now.Sub(newest) < unsettled
	f.absent = nil
	began := time.Now()
	t, err := f.read()
	f.rest = now.Add(10 * time.Since(began))
	w.note(f.path, err)
	if err != nil {
		return
	}
	w.counters.reads.Add(1)
	if !again {
		w.counters.malformed.Add(uint64(t.malformed))
	}
	for ip := range f.known {
		if _, there := t.by[ip]; !there {
			f.absent = append(f.absent, ip)
		}
	}
	if again {
		w.forget(f)
	}
	before := len(f.known)
	defer func() { w.counters.leases.Add(int64(len(f.known) - before)) }()
	if f.known == nil {
		f.known = map[netip.Addr]lease{}
	}
	for _, ip := range slices.SortedFunc(maps.Keys(t.by), netip.Addr.Compare) {
		l := t.by[ip]
		if !l.live(now) {
			delete(f.known, ip)
			continue
		}
		if old, known := f.known[ip]; known && !l.tells(old) {
			f.known[ip] = l
			continue
		}
		if len(f.known) >= 2*maxLeases {
			break // a file that is another one at each reading
		}
		f.known[ip] = l
		w.counters.sightings.Add(1)
		if w.Sink != nil {
			w.Sink(l.sighting(now))
		}
	}
}

// forget drops what was missing in the last reading, once the file has not changed since
// the one before: it is truly gone. A file that is read while it is written misses much and
// changes at once.
func (w *Watch) forget(f *file) {
	for _, ip := range f.absent {
		delete(f.known, ip)
	}
	w.counters.leases.Add(-int64(len(f.absent)))
	f.absent = nil
}

// siblings are the files that Kea's clean-up (LFC) moves old rows to, in the order in which
// Kea reads them: the result of a clean-up that ended, else the last result and its input.
func (f *file) siblings() []string {
	if _, err := os.Stat(f.path + ".completed"); err == nil {
		return []string{f.path + ".completed", f.path}
	}
	return []string{f.path + ".2", f.path + ".1", f.path}
}

// stat tells a state of the files that differs when any of them was changed, and
// when the newest was.
func (f *file) stat() (state string, newest time.Time) {
	var b strings.Builder
	for _, path := range f.siblings() {
		info, err := os.Stat(path)
		if err != nil {
			fmt.Fprintf(&b, "%s -\n", path)
			continue
		}
		var inode uint64
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			inode = s.Ino
		}
		fmt.Fprintf(&b, "%s %d %d %d\n", path, inode, info.Size(), info.ModTime().UnixNano())
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return b.String(), newest
}

// read reads the file, and what Kea moved out of it before.
func (f *file) read() (table, error) {
	var t table
	for _, path := range f.siblings() {
		head, text, err := tail(path)
		if err != nil {
			if path == f.path {
				return t, err
			}
			continue // not there, or just moved away: its state changes then
		}
		format, ok := sense(head)
		if !ok && path == f.path && !remarks(head) {
			return t, fmt.Errorf("read %s: it is no lease file of dnsmasq, Kea or ISC dhcpd", path)
		}
		if ok && (path == f.path || format.name == "kea") {
			format.read(&t, text)
		}
	}
	return t, nil
}

// tail gives the whole lines of a file, and its head, which tells the format; of a long file
// the first line, which may name columns, and those at its end.
func tail(path string) (head, text string, err error) {
	// Not blocking: a pipe in the file's place must not hold us.
	in, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return "", "", err
	}
	if !info.Mode().IsRegular() {
		return "", "", fmt.Errorf("read %s: it is no file", path)
	}
	long := info.Size() > maxRead
	if long {
		b := make([]byte, 4096)
		n, err := in.ReadAt(b, 0)
		if err != nil {
			return "", "", err
		}
		head = whole(b[:n])
		if _, err := in.Seek(info.Size()-maxRead, io.SeekStart); err != nil {
			return "", "", err
		}
	}
	b, err := io.ReadAll(io.LimitReader(in, maxRead))
	if err != nil {
		return "", "", err
	}
	text = whole(b)
	if !long {
		return text, text, nil
	}
	first, _, _ := strings.Cut(head, "\n")
	_, text, _ = strings.Cut(text, "\n") // its first line begins before
	return head, first + "\n" + text, nil
}

// note logs what is wrong with a file, once. A file that is not there is nothing wrong.
func (w *Watch) note(path string, err error) {
	text := ""
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.counters.errors.Add(1)
		text = err.Error()
	}
	if text != "" && w.told[path] != text {
		w.log().Warn("the leases cannot be read", "file", path, "err", err)
	}
	if w.told == nil {
		w.told = map[string]string{}
	}
	w.told[path] = text
}

func (w *Watch) log() *slog.Logger {
	if w.Log != nil {
		return w.Log
	}
	return slog.Default()
}

// Counters are what happened since the start.
type Counters struct {
	Reads     uint64 `json:"reads"`
	Leases    uint64 `json:"leases"` // in use
	Sightings uint64 `json:"sightings"`
	Malformed uint64 `json:"malformed"` // lines or declarations that say nothing usable
	Errors    uint64 `json:"errors"`    // files that could not be read
}

type counters struct {
	reads, sightings, malformed, errors atomic.Uint64
	leases                              atomic.Int64
}

// Counters gives the figures of this moment.
func (w *Watch) Counters() Counters {
	c := &w.counters
	return Counters{
		Reads: c.reads.Load(), Leases: uint64(max(c.leases.Load(), 0)), Sightings: c.sightings.Load(),
		Malformed: c.malformed.Load(), Errors: c.errors.Load(),
	}
}
