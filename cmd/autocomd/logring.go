package main

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
)

// Bounds of what is kept of the log for the page.
const (
	ringLines = 200
	ringBytes = 400 // of a line
)

// ring keeps the last lines that were written to it.
type ring struct {
	mu    sync.Mutex
	lines []string
	next  int // the oldest, once it is full
}

func (r *ring) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range bytes.Lines(b) {
		l = bytes.TrimRight(l, "\n")
		text := string(bytes.ToValidUTF8(l[:min(len(l), ringBytes)], nil))
		if len(l) > ringBytes {
			text += "…"
		}
		if len(r.lines) < ringLines {
			r.lines = append(r.lines, text)
			continue
		}
		r.lines[r.next] = text
		r.next = (r.next + 1) % ringLines
	}
	return len(b), nil
}

// Lines are what is kept, the latest last.
func (r *ring) Lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(append([]string{}, r.lines[r.next:]...), r.lines[:r.next]...)
}

// remembered is a handler whose last lines can be seen again.
type remembered struct {
	slog.Handler
	ring *ring
}

func (h remembered) WithAttrs(a []slog.Attr) slog.Handler {
	return remembered{h.Handler.WithAttrs(a), h.ring}
}

func (h remembered) WithGroup(name string) slog.Handler {
	return remembered{h.Handler.WithGroup(name), h.ring}
}

// remember writes a log to w, and keeps its last lines, with the time, which the journal
// has beside them.
func remember(w io.Writer, debug bool) slog.Handler {
	r := &ring{}
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	kept := slog.NewTextHandler(r, &slog.HandlerOptions{Level: level})
	return remembered{slog.NewMultiHandler(handler(w, debug), kept), r}
}

// lastLines are those of a log, none of a log that does not keep them.
func lastLines(log *slog.Logger) []string {
	if h, ok := log.Handler().(remembered); ok {
		return h.ring.Lines()
	}
	return nil
}
