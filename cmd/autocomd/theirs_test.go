package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"autocom/pbx"
)

// planted is a data partition on which Asterisk, taken over, has left links to our state.
func planted(t *testing.T) (data, ours string) {
	t.Helper()
	data = t.TempDir()
	ours = filepath.Join(data, "autocom", "state.db")
	for _, dir := range []string{"autocom", "recordings/2026/11", "asterisk-state/log", "prompts/phone"} {
		if err := os.MkdirAll(filepath.Join(data, dir), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(ours, []byte("all secrets\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().AddDate(-9, 0, 0)
	if err := os.Chtimes(ours, old, old); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"recordings/2026/11/call.wav", "asterisk-state/log/calls.csv", "prompts/phone/x-fr-1.wav16"} {
		if err := os.Symlink(ours, filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../autocom", filepath.Join(data, "recordings", "day")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(data, "recordings", "pipe.wav"), 0o660); err != nil {
		t.Fatal(err)
	}
	return data, ours
}

func TestNoLinkOfAsteriskLeadsToOurFiles(t *testing.T) {
	data, ours := planted(t)
	for dir, name := range map[string]string{
		"recordings": "2026/11/call.wav", "recordings/": "day/state.db", "asterisk-state": "log/calls.csv", "prompts": "phone/x-fr-1.wav16",
		"recordings/.": "../autocom/state.db",
	} {
		if body, err := readTheirs(filepath.Join(data, dir), name, 1<<20); err == nil {
			t.Errorf("%s/%s: %q", dir, name, body)
		}
	}
	if l, err := openLog(filepath.Join(data, "asterisk-state/log/calls.csv"), 1); err == nil {
		t.Errorf("a log: %v", l)
	}
	if err := removeTheirs(filepath.Join(data, "recordings"), "day/state.db"); err == nil {
		t.Error("our state is deleted through a link")
	}
	if _, err := os.Stat(ours); err != nil {
		t.Error(err)
	}
}

func TestAPipeIsNotWaitedAt(t *testing.T) {
	data, _ := planted(t)
	done := make(chan error, 1)
	go func() {
		_, err := readTheirs(filepath.Join(data, "recordings"), "pipe.wav", 1<<20)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it waits")
	}
}

func TestTidyingErasesNothingOfOurs(t *testing.T) {
	data, ours := planted(t)
	r := newRecordings(data, func() pbx.Plan { return pbx.Plan{} }, slog.New(slog.DiscardHandler))
	if err := r.tidy(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(ours); err != nil {
		t.Error(err)
	}
}
