package main

import (
	"context"
	"fmt"
	"time"

	"autocom/pbx/report"
	"autocom/store"
)

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
