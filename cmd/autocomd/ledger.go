package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"time"
)

// ledger remembers which messages were mailed: a file that is written whole, durably, before
// a letter can be complete and after the server has answered.
type ledger struct {
	path    string
	entries map[string]sent // by number/message
}

// sent is what is known of one letter.
type sent struct {
	At    time.Time `json:"at"` // of the message
	State string    `json:"state"`
	After string    `json:"after,omitempty"` // still to be done with the message
}

// States of a letter.
const (
	stateUnsure  = "unsure"  // it was about to be taken when we last knew: not sent again
	stateSent    = "sent"    // the server has it
	stateRefused = "refused" // the server will never have it
)

// ledgerMost bounds the file: beyond, nothing is sent until old entries go.
const (
	ledgerMost  = 50_000
	ledgerBytes = 16 << 20
)

// openLedger reads the file. One that is damaged is put aside and said: messages of the last
// days may then be mailed a second time, which is better than never again.
func openLedger(path string, log *slog.Logger) *ledger {
	l := &ledger{path: path, entries: map[string]sent{}}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l
	}
	if err == nil {
		defer f.Close()
		err = json.NewDecoder(io.LimitReader(f, ledgerBytes)).Decode(&l.entries)
	}
	if err != nil {
		log.Error("what was mailed is not known: the file is put aside", "file", path, "error", errors.Join(err, os.Rename(path, path+".bad")))
		l.entries = map[string]sent{}
	}
	return l
}

func (l *ledger) get(key string) (sent, bool) {
	s, ok := l.entries[key]
	return s, ok
}

// put is durable when it returns without error.
func (l *ledger) put(key string, s sent) error {
	if len(l.entries) >= ledgerMost {
		return fmt.Errorf("%d letters in a week are too many: nothing is mailed until old ones go", ledgerMost)
	}
	old, had := l.entries[key]
	l.entries[key] = s
	if err := l.write(); err != nil {
		if delete(l.entries, key); had {
			l.entries[key] = old
		}
		return fmt.Errorf("remember what is mailed: %w", err)
	}
	return nil
}

func (l *ledger) drop(key string) {
	delete(l.entries, key)
	l.write() // what stays in the file is only not sent again after a power cut
}

// prune forgets messages from before t, which are too old to be mailed at all.
func (l *ledger) prune(t time.Time) {
	n := len(l.entries)
	maps.DeleteFunc(l.entries, func(_ string, s sent) bool { return s.At.Before(t) })
	if len(l.entries) < n {
		l.write() // or later
	}
}

func (l *ledger) write() error {
	body, err := json.Marshal(l.entries)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(l.path), filepath.Base(l.path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), l.path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(l.path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
