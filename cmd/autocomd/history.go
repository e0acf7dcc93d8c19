package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"autocom/pbx"
	"autocom/pbx/calls"
	"autocom/pbx/record"
	"autocom/store"
)

// historyEvery is how often the logs are read: a page shows a call so long after its end,
// and the card is written to once for all calls of that time.
const historyEvery = 10 * time.Second

// history is the task that reads what Asterisk wrote down of calls and queues, and keeps it
// so that it can be searched. Asterisk needs none of it: with autocomd stopped the logs
// grow, and are read later.
//
// Each log line counts once: what is kept and the place to which the log was read are one
// commit, the log before that place is on the card by then, and a call that is read again
// is known by its id.
type history struct {
	records *store.Records
	data    string // of the box
	plan    func() pbx.Plan
	idle    func(context.Context) bool  // Asterisk runs and has no channel
	reopen  func(context.Context) error // has Asterisk open its queue_log anew
	log     *slog.Logger
	now     func() time.Time
	every   time.Duration

	mu       sync.Mutex // of a tick
	calls    feed
	queues   feed
	reopened bool // queue_log since it was taken away
	book     calls.Book
	numbers  map[string]string // endpoint → number
	pending  []calls.Call      // ended, not kept yet
	quiet    int               // ticks without a channel while calls are open
	expired  time.Time
	said     string
}

func newHistory(records *store.Records, data string, plan func() pbx.Plan, log *slog.Logger) *history {
	h := &history{records: records, data: data, plan: plan, log: log, now: time.Now, every: historyEvery}
	h.idle = func(context.Context) bool { return false }
	h.reopen = func(context.Context) error { return errors.New("nobody to ask") }
	at := func(name string) func(string) (int64, error) {
		return func(id string) (int64, error) { return records.Place(context.Background(), name, id) }
	}
	dir := filepath.Join(data, "asterisk-state", "log")
	h.calls = feed{name: "calls", path: filepath.Join(dir, "calls.csv"), place: at("calls")}
	h.queues = feed{name: "queues", path: filepath.Join(dir, "queue_log"), place: at("queues")}
	h.book.Line = h.line
	return h
}

func (h *history) String() string { return "call records" }

// Run reads until ctx ends, and then once more.
func (h *history) Run(ctx context.Context) error {
	defer h.calls.close()
	defer h.queues.close()
	for ctx.Err() == nil {
		h.complain(h.Read(ctx))
		sleep(ctx, h.every)
	}
	h.complain(h.Read(context.WithoutCancel(ctx)))
	return nil
}

func (h *history) complain(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != h.said {
		h.log.Warn("calls are not in the records yet", "reason", err)
	}
	h.said = text
}

// Read takes over what was written since.
func (h *history) Read(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return errors.Join(h.readCalls(ctx), h.readQueues(ctx), h.expire(ctx))
}

func (h *history) drop(ctx context.Context, f *feed) error {
	id := f.old.id
	if err := h.records.Settle(ctx); err != nil {
		return err
	}
	if err := f.drop(); err != nil {
		return err
	}
	return h.records.Forget(ctx, f.name, id)
}

// expire erases once a day what is too old.
func (h *history) expire(ctx context.Context) error {
	now := h.now()
	if now.Sub(h.expired) < 24*time.Hour && !now.Before(h.expired) {
		return nil
	}
	settings, err := record.ReadRecords(h.plan())
	if err != nil {
		return err
	}
	n, err := h.records.Expire(ctx, now.AddDate(0, 0, -settings.Days))
	if err != nil {
		return err
	}
	h.expired = now
	if n > 0 {
		h.log.Info("old records were erased", "records", n, "days", settings.Days)
	}
	return nil
}
