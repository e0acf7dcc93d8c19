package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"autocom/pbx"
	"autocom/pbx/calls"
	"autocom/pbx/record"
	"autocom/pbx/report"
	"autocom/provision"
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

// line tells the book who an account is.
func (h *history) line(endpoint string) (number string, trunk bool) {
	if n, ok := h.numbers[endpoint]; ok {
		return n, false
	}
	_, _, phone := provision.ParseSIPUser(endpoint)
	return "", endpoint != "" && !phone
}

func (h *history) readCalls(ctx context.Context) error {
	if err := h.calls.open(); err != nil {
		return err
	}
	h.numbers = map[string]string{}
	for _, e := range h.plan().Endpoints {
		h.numbers[e.ID] = e.Number
	}
	news := false
	for _, l := range h.calls.files() {
		for {
			b, err := l.more()
			if err != nil {
				return fmt.Errorf("read calls.csv: %w", err)
			}
			events, used, spoiled := calls.Scan(b)
			if spoiled > 0 {
				h.log.Warn("records of calls were cut short", "records", spoiled)
			}
			for _, e := range events {
				h.pending = append(h.pending, h.book.Add(e, spot(l, l.read+int64(e.Place)))...)
			}
			l.read += int64(used)
			if used == 0 {
				break
			}
			news = true
		}
	}
	h.endDead(ctx, news)
	if !news && len(h.pending) == 0 {
		return h.dropCalls(ctx)
	}
	for i := range h.pending {
		h.pending[i].Recordings = h.made(h.pending[i].Recordings)
	}
	rows, err := callRows(h.pending)
	if err != nil {
		return err
	}
	if err := h.records.Add(ctx, rows, nil, h.callPlaces()); err != nil {
		return err
	}
	h.pending = nil
	if h.calls.full() {
		return h.calls.turn()
	}
	return h.dropCalls(ctx)
}

// spot orders what was read from several files.
func spot(l *logFile, at int64) int64 { return l.serial<<40 | at }

// callPlaces are from where the files must be read again to have every call that is up.
func (h *history) callPlaces() []store.Place {
	var out []store.Place
	for _, l := range h.calls.files() {
		low := h.book.Low(spot(l, l.read))
		if low>>40 < l.serial {
			low = spot(l, 0)
		}
		out = append(out, store.Place{Feed: "calls", File: l.id, Bytes: low & (1<<40 - 1)})
	}
	return out
}

// made are the recordings that there are: one that was begun for a phone that only rang
// was never written.
func (h *history) made(names []string) []string {
	out := []string{}
	for _, name := range names {
		if file, ok := recordingFile(name); ok {
			if f, err := openTheirs(recordingsDir(h.data), file); err == nil {
				f.Close()
				out = append(out, name)
			}
		}
	}
	return out
}

// endDead ends the calls whose end was never written: Asterisk was killed in the midst of
// them, or the card was full. When it has no channel twice, none of them is up.
func (h *history) endDead(ctx context.Context, news bool) {
	h.pending = append(h.pending, h.book.Stale(h.now())...)
	if news || h.book.Open() == 0 || !h.idle(ctx) {
		h.quiet = 0
		return
	}
	if h.quiet++; h.quiet >= 2 {
		h.pending = append(h.pending, h.book.Cut(time.Time{})...)
		h.quiet = 0
	}
}

// dropCalls erases the file that was taken away, when no call that is up began in it.
func (h *history) dropCalls(ctx context.Context) error {
	if !h.calls.drained() || len(h.pending) > 0 || h.book.Low(1<<62)>>40 <= h.calls.old.serial {
		return nil
	}
	return h.drop(ctx, &h.calls)
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

func (h *history) readQueues(ctx context.Context) error {
	if err := h.queues.open(); err != nil {
		return err
	}
	for _, l := range h.queues.files() {
		for {
			b, err := l.more()
			if err != nil {
				return fmt.Errorf("read queue_log: %w", err)
			}
			lines, used := queueLines(b)
			if used == 0 {
				break
			}
			if err := h.records.Add(ctx, nil, lines, []store.Place{{Feed: "queues", File: l.id, Bytes: l.read + int64(used)}}); err != nil {
				return err
			}
			l.read += int64(used)
		}
	}
	if h.queues.full() {
		if err := h.queues.turn(); err != nil {
			return err
		}
		h.reopened = false
	}
	if h.queues.old == nil {
		return nil
	}
	if !h.reopened {
		if h.reopen(ctx) != nil {
			return nil // Asterisk is away: it opens the file when it comes
		}
		h.reopened, h.queues.turned = true, time.Now()
	}
	if h.queues.drained() {
		return h.drop(ctx, &h.queues)
	}
	return nil
}

// queueLines are the whole lines of a chunk.
func queueLines(b []byte) (out []store.QueueLine, used int) {
	for {
		i := used
		for i < len(b) && b[i] != '\n' {
			i++
		}
		if i == len(b) {
			return out, used
		}
		if e, ok := report.Parse(string(b[used:i])); ok {
			out = append(out, store.QueueLine{At: e.At, State: e.State(), Line: string(b[used:i])})
		}
		used = i + 1
	}
}

func callRows(all []calls.Call) ([]store.CallRow, error) {
	var out []store.CallRow
	for _, c := range all {
		text, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("keep call %s: %w", c.ID, err)
		}
		row := store.CallRow{ID: c.ID, Start: c.Start, Direction: c.Direction, Result: c.Result, JSON: string(text),
			Numbers: []string{c.From.Number, c.Dialled, c.Number, c.AnsweredBy.Number}, Names: []string{c.From.Name, c.AnsweredBy.Name}}
		for _, p := range c.Transfers {
			row.Numbers, row.Names = append(row.Numbers, p.Number), append(row.Names, p.Name)
		}
		out = append(out, row)
	}
	return out, nil
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
