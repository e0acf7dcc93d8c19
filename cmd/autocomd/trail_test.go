package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"autocom/office"
)

func TestTheAuditIsKeptAndBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	tr := newTrail(path, slog.New(slog.DiscardHandler))
	tr.delay, tr.bytes = time.Millisecond, 2000
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- tr.Run(ctx) }()
	for i := range 100 {
		tr.Take(office.Audit{File: fmt.Sprintf("%03d.cfg", i), Outcome: office.OutcomeGiven})
		if i%10 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	last := ""
	for _, name := range []string{path + ".1", path} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if info, _ := f.Stat(); info.Size() > 2000+20*150 {
			t.Errorf("%s has %d bytes", name, info.Size())
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("others may read %s: %v", name, info.Mode())
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			var a office.Audit
			if err := json.Unmarshal(s.Bytes(), &a); err != nil {
				t.Fatalf("%s: %v", s.Bytes(), err)
			}
			if a.File <= last {
				t.Errorf("%s comes after %s", a.File, last)
			}
			last = a.File
		}
	}
	if last != "099.cfg" {
		t.Errorf("the last entry kept is %s", last)
	}
	if tr.dropped.Load() != 0 {
		t.Errorf("%d were dropped", tr.dropped.Load())
	}
}

func TestTheAuditHasAnAllowanceForADay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	tr := newTrail(path, slog.New(slog.DiscardHandler))
	tr.daily = 1000
	now := time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)
	tr.now = func() time.Time { return now }
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	for range 100 {
		tr.write(&office.Audit{File: "a.cfg"}) // an error says that the allowance is spent
	}
	spent := size()
	if spent < 1000 || spent > 1200 {
		t.Errorf("%d bytes on the card, want about 1000", spent)
	}
	now = now.Add(2 * time.Hour)
	if err := tr.write(&office.Audit{File: "a.cfg"}); err != nil || size() == spent {
		t.Errorf("the next day nothing is written: %v", err)
	}
}
