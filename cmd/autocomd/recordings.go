package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"autocom/pbx"
	"autocom/pbx/record"
)

// recordingsEvery is how often the recordings are looked at: at 16 kB a second and call, 50
// calls write 48 MB in it.
const recordingsEvery = time.Minute

// recordings is the task that erases what is old or too much, and tells Asterisk to record
// nothing when the card is nearly full: calls, mailboxes and the state go before.
type recordings struct {
	dir  string
	plan func() pbx.Plan
	tell func(ctx context.Context, stop bool) error // Asterisk
	free func() (bytes int64, err error)
	log  *slog.Logger
	now  func() time.Time

	stopped bool // as Asterisk was told
	told    bool
}

func newRecordings(data string, plan func() pbx.Plan, log *slog.Logger) *recordings {
	r := &recordings{dir: recordingsDir(data), plan: plan, log: log, now: time.Now}
	r.free = func() (int64, error) {
		var s syscall.Statfs_t
		err := syscall.Statfs(data, &s)
		return int64(s.Bavail) * s.Bsize, err
	}
	return r
}

func (r *recordings) String() string { return "recordings" }

// Run looks after them until ctx ends.
func (r *recordings) Run(ctx context.Context) error {
	said := ""
	for ctx.Err() == nil {
		text := ""
		if err := r.tidy(ctx); err != nil {
			text = err.Error()
			if text != said {
				r.log.Warn("recordings could not be tidied up", "reason", err)
			}
		}
		said = text
		sleep(ctx, recordingsEvery)
	}
	return nil
}

// tidy erases what is old, then the oldest while there is too much, then decides whether
// there is room for more.
func (r *recordings) tidy(ctx context.Context) error {
	settings, err := record.Read(r.plan())
	if err != nil {
		return err
	}
	files, err := r.files()
	if err != nil {
		return err
	}
	limit := int64(settings.MaxMB) << 20
	oldest := r.now().AddDate(0, 0, -settings.Days)
	var sum int64
	for _, f := range files {
		sum += f.size
	}
	gone := 0
	for _, f := range files {
		if !f.at.Before(oldest) && sum <= limit {
			break
		}
		if r.now().Sub(f.at) < time.Minute && r.now().After(f.at) {
			break // it is being recorded
		}
		if err := removeTheirs(r.dir, f.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("erase a recording: %w", err)
		}
		sum -= f.size
		gone++
		for dir := filepath.Dir(f.name); dir != "." && removeTheirs(r.dir, dir) == nil; dir = filepath.Dir(dir) {
		}
	}
	if gone > 0 {
		r.log.Info("recordings were erased", "recordings", gone, "days", settings.Days, "max_mb", settings.MaxMB)
	}
	return r.decide(ctx, int64(settings.MinFreeMB)<<20)
}

// decide stops recording below the limit, and begins again when a tenth more is free.
func (r *recordings) decide(ctx context.Context, limit int64) error {
	free, err := r.free()
	if err != nil {
		return fmt.Errorf("ask how much of the card is free: %w", err)
	}
	stop := free < limit || r.stopped && free < limit+limit/10
	if stop == r.stopped && r.told {
		return nil
	}
	if r.tell == nil {
		return nil
	}
	if err := r.tell(ctx, stop); err != nil {
		r.told = false
		return nil // Asterisk is away: in a minute again
	}
	if stop != r.stopped {
		if stop {
			r.log.Warn("calls are not recorded: the card is nearly full", "free_mb", free>>20, "min_free_mb", limit>>20)
		} else {
			r.log.Info("calls are recorded again", "free_mb", free>>20)
		}
	}
	r.stopped, r.told = stop, true
	return nil
}

// recording is one file.
type recording struct {
	name string // below the directory of recordings
	size int64
	at   time.Time
}

// files are all recordings, the oldest first.
func (r *recordings) files() ([]recording, error) {
	var out []recording
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		name, bad := filepath.Rel(r.dir, path)
		if info, err := d.Info(); err == nil && bad == nil {
			out = append(out, recording{name, info.Size(), info.ModTime()})
		}
		return bad
	})
	slices.SortFunc(out, func(a, b recording) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.name, b.name)) })
	return out, err
}
