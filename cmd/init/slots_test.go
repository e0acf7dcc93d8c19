package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTheStartedSlotComesFirst(t *testing.T) {
	both := writeFiles(t, map[string]string{"a/slot.json": "{}", "b/slot.json": "{}"})
	one := writeFiles(t, map[string]string{"a/slot.json": "{}", "b/system.squashfs": "preallocated", "b/slot.json": ""})
	for _, c := range []struct {
		card, started string
		want          []string
	}{
		{both, "a", []string{"a", "b"}}, {both, "b", []string{"b", "a"}},
		{one, "a", []string{"a"}}, {one, "b", []string{"a"}}, {t.TempDir(), "a", nil},
	} {
		if got := slotOrder(c.started, slotsOn(c.card)); !slices.Equal(got, c.want) {
			t.Errorf("started %s: %v, want %v", c.started, got, c.want)
		}
	}
}

func TestASlotIsReadWithItsSize(t *testing.T) {
	const json = `{"kernel":"7.2","built":"2026-11-01T00:00:00Z","files":[{"name":"system.squashfs","size":%d}]}`
	card := writeFiles(t, map[string]string{
		"a/slot.json": fmt.Sprintf(json, 4), "a/system.squashfs": "1234 preallocated",
		"b/slot.json": fmt.Sprintf(json, 9), "b/system.squashfs": "1234",
	})
	info, err := readSlot(card, "a")
	if err != nil || info.Kernel != "7.2" || !info.Built.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", info, err)
	}
	if _, err := readSlot(card, "b"); err == nil || err.Error() != "b/system.squashfs has 4 of 9 bytes: write the image to the card again" {
		t.Errorf("cut off: %v", err)
	}
	for name, text := range map[string]string{"no JSON": "{", "no system": `{"files":[]}`} {
		card := writeFiles(t, map[string]string{"a/slot.json": text})
		if _, err := readSlot(card, "a"); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestTheBootLoaderIsTurnedByOneByte(t *testing.T) {
	env := "# GRUB Environment Block\nslot=a\n" + strings.Repeat("#", 992)
	config := "[all]\nkernel=vmlinuz\nos_prefix=a/\n"
	for file, text := range map[string]string{"grub/grubenv": env, "config.txt": config} {
		card := writeFiles(t, map[string]string{file: text})
		for _, slot := range []string{"b", "b", "a"} { // twice is as good as once
			if err := startNext(card, slot); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(card, file))
			want := strings.NewReplacer("slot=a", "slot="+slot, "os_prefix=a/", "os_prefix="+slot+"/").Replace(text)
			if err != nil || string(got) != want {
				t.Errorf("%s for %s: %q, %v", file, slot, got, err)
			}
		}
	}
	for name, files := range map[string]map[string]string{
		"neither file": {}, "no slot": {"config.txt": "[all]\n"}, "a third slot": {"grub/grubenv": "#\nslot=old\n"},
	} {
		if err := startNext(writeFiles(t, files), "b"); err == nil {
			t.Errorf("%s: turned", name)
		}
	}
}

func TestWhichSlotIsWorthAStartOfItsOwn(t *testing.T) {
	m := machine{options: options{slot: "a"}}
	wrong := &otherKernel{slot: "b", has: "7.3", runs: "7.2"}
	both := errors.Join(errors.New("slot a: damaged"), fmt.Errorf("slot b: %w", wrong))
	if got := m.otherSlot(both); got != "b" {
		t.Errorf("%q, want b", got)
	}
	m.options.slot = "b" // it was started, and is still of another kernel: not again
	if got := m.otherSlot(both); got != "" {
		t.Errorf("%q, want none", got)
	}
	if got := m.otherSlot(errors.New("no card")); got != "" {
		t.Errorf("%q, want none", got)
	}
}

func TestTheMessageSaysWhatAndWhatNext(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	got := message(errors.New("slot a: damaged: write the image to the card again"), "a", "7.2", "b", now)
	want := `
*** autocom cannot start ***
slot a: damaged: write the image to the card again
The machine restarts in 60 seconds from slot b.
Your data is not touched. This text is also in boot-error.txt on the card, where it could be written.
(2026-11-23T12:00:00Z, slot "a", kernel 7.2)
`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestTheErrorFileStaysSmall(t *testing.T) {
	name := filepath.Join(t.TempDir(), errorFile)
	for range 200 {
		if err := appendBounded(name, strings.Repeat("x", 999)+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(name)
	if err != nil || len(b) > errorMax || len(b) < 1000 || bytes.Count(b, []byte("\n"))*1000 != len(b) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
