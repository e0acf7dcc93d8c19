package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"autocom/office"
)

// Bounds of the audit on the card: two files of a megabyte, some ten thousand entries,
// written when ten seconds have passed since the first that waits. A pulled plug takes
// those ten seconds. A phone that fetches in a loop must not wear out the card: beyond
// the allowance of a day the audit is in memory alone.
const (
	trailBytes = 1 << 20
	trailDaily = 8 << 20
	trailDelay = 10 * time.Second
	trailQueue = 4096
)

// trail is the task that keeps the audit of files given out, one JSON object a line.
type trail struct {
	path    string // and path.1, the one before
	log     *slog.Logger
	queue   chan office.Audit
	dropped atomic.Int64
	delay   time.Duration // trailDelay
	bytes   int64         // trailBytes
	daily   int64         // trailDaily
	now     func() time.Time

	day   time.Time // of spent
	spent int64     // bytes written that day
}

func newTrail(path string, log *slog.Logger) *trail {
	return &trail{path: path, log: log, queue: make(chan office.Audit, trailQueue), delay: trailDelay, bytes: trailBytes, daily: trailDaily, now: time.Now}
}

func (t *trail) String() string { return "audit" }

// Take never waits: what the card cannot follow is counted and lost.
func (t *trail) Take(a office.Audit) {
	select {
	case t.queue <- a:
	default:
		t.dropped.Add(1)
	}
}

// Run writes until ctx ends, and then what still waits.
func (t *trail) Run(ctx context.Context) error {
	said := false
	for {
		var first office.Audit
		select {
		case <-ctx.Done():
			t.complain(t.write(nil), &said)
			return nil
		case first = <-t.queue:
		}
		sleep(ctx, t.delay)
		t.complain(t.write(&first), &said)
	}
}

func (t *trail) complain(err error, said *bool) {
	if err != nil && !*said {
		t.log.Warn("the audit is kept in memory alone", "error", err)
	}
	*said = err != nil
}

// write appends first and all that wait.
func (t *trail) write(first *office.Audit) error {
	if first == nil && len(t.queue) == 0 {
		return nil
	}
	if today := t.now().UTC().Truncate(24 * time.Hour); today != t.day {
		t.day, t.spent = today, 0
	}
	if t.spent >= t.daily {
		for range len(t.queue) {
			<-t.queue
		}
		return fmt.Errorf("%d bytes were written today, which is all that the card is worth", t.spent)
	}
	if info, err := os.Stat(t.path); err == nil && info.Size() >= t.bytes {
		if err := os.Rename(t.path, t.path+".1"); err != nil {
			return fmt.Errorf("turn the audit over: %w", err)
		}
	}
	f, err := os.OpenFile(t.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the audit: %w", err)
	}
	defer f.Close()
	out := bufio.NewWriter(counted{f, &t.spent})
	lines := json.NewEncoder(out)
	if first != nil {
		if err := lines.Encode(first); err != nil {
			return fmt.Errorf("write the audit: %w", err)
		}
	}
	for range len(t.queue) {
		if err := lines.Encode(<-t.queue); err != nil {
			return fmt.Errorf("write the audit: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the audit: %w", err)
	}
	return nil
}

// counted adds what is written.
type counted struct {
	io.Writer
	n *int64
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	*c.n += int64(n)
	return n, err
}
