package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"autocom/pbx/calls"
	"autocom/provision"
	"autocom/store"
)

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
