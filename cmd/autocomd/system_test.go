package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTheLogIsRemembered(t *testing.T) {
	log := slog.New(remember(io.Discard, false))
	for i := range ringLines + 5 {
		log.Info("line", "n", i)
	}
	log.With("who", "a").Warn(strings.Repeat("é", ringBytes))
	log.Debug("not said")
	lines := lastLines(log)
	last := lines[len(lines)-1]
	if len(lines) != ringLines || !strings.HasSuffix(lines[0], "n=6") || !strings.HasSuffix(lines[len(lines)-2], fmt.Sprintf("n=%d", ringLines+4)) {
		t.Errorf("%d lines from %q to %q", len(lines), lines[0], lines[len(lines)-2])
	}
	if len(last) > ringBytes+3 || !strings.HasSuffix(last, "…") || strings.ContainsRune(last, '\uFFFD') {
		t.Errorf("a long line: %d bytes, %q", len(last), last)
	}
	if lastLines(slog.New(slog.DiscardHandler)) != nil {
		t.Error("a log that keeps nothing has lines")
	}
}

func TestThisMachineForThePage(t *testing.T) {
	d := whole(t, nil)
	if err := os.MkdirAll(recordingsDir(d.cfg.Paths.Data), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(recordingsDir(d.cfg.Paths.Data), "x.WAV"), make([]byte, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	s := system{d}
	got := s.Look(t.Context())
	if got.Total == 0 || got.Memory == 0 || got.Processors == 0 || got.Booted.IsZero() || got.Recordings < 1000 || got.RecordingFiles == 0 || got.Exchange != "not configured" || got.Version != version {
		t.Errorf("%+v", got)
	}
	for what, file := range map[string]string{"asterisk": "restart-asterisk", "box": "restart-box"} {
		if err := s.Restart(t.Context(), what); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(d.cfg.Paths.Run, file)); err != nil {
			t.Error(err)
		}
	}
	if s.Restart(t.Context(), "world") == nil {
		t.Error("anything can be restarted")
	}
	// What is asked for is what the card's unit waits for.
	unit, err := os.ReadFile("../../overlay/root/etc/systemd/system/autocom-box-restart.path")
	if err != nil || !slices.Contains(strings.Split(string(unit), "\n"), "PathExists=/run/autocom/restart-box") {
		t.Errorf("%s, %v", unit, err)
	}
}
