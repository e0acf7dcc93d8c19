package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"autocom/image/initramfs"
)

// loader loads kernel modules, each once, with what they need.
type loader struct {
	dir   string
	index *initramfs.Index
	tried map[string]bool // modules and modaliases
}

func newLoader(release string) (*loader, error) {
	dir := filepath.Join("/lib/modules", release)
	x, err := initramfs.ReadIndex(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("the initramfs is of another kernel than %s: write the image to the card again: %w", release, err)
	}
	return &loader{dir: dir, index: x, tried: map[string]bool{}}, nil
}

// coldPlug loads the drivers of all devices that have appeared since it was last called
// and says how many modules that were. Loading a bus's driver makes more devices appear,
// so that callers repeat it.
func (l *loader) coldPlug() int {
	devices, _ := filepath.Glob("/sys/bus/*/devices/*/modalias") // the pattern is well-formed
	loaded := 0
	for _, d := range devices {
		text, err := os.ReadFile(d)
		if err != nil || l.tried[string(text)] {
			continue // the device has gone again, or is the second of its kind
		}
		l.tried[string(text)] = true
		for _, m := range l.index.Match(string(text)) {
			loaded += l.load(m)
		}
	}
	return loaded
}

// fileSystems loads what no device announces.
func (l *loader) fileSystems() {
	for _, m := range []string{"nls_cp437", "nls_ascii", "vfat", "loop", "squashfs", "overlay", "ext4"} {
		l.load(m)
	}
}

// load loads a module and what it needs. A driver that refuses its device (ENODEV) or is
// there already is no error; what is then missing shows when a mount fails.
func (l *loader) load(module string) int {
	loaded := 0
	for _, m := range l.index.Order(module) {
		if l.tried["module "+m] {
			continue
		}
		l.tried["module "+m] = true
		if err := insert(filepath.Join(l.dir, l.index.File(m))); err == nil {
			loaded++
		}
	}
	return loaded
}

func insert(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("load %s: %w", filepath.Base(file), err)
	}
	return nil
}
