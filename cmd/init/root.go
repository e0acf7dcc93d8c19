package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	uroot "github.com/u-root/u-root/pkg/mount"
	"golang.org/x/sys/unix"

	"autocom/image"
)

// settle gives the stacked root its identity and its kept directories.
func (r newRoot) settle(info image.SlotInfo, lastUse time.Time, say func(string, ...any)) error {
	if _, err := os.Stat(filepath.Join(r.dir, "usr/lib/systemd/systemd")); err != nil {
		return fmt.Errorf("the system has no systemd: %w: write the image to the card again", err)
	}
	if err := r.bind(); err != nil {
		return err
	}
	if err := r.identify(); err != nil {
		return err
	}
	if err := r.name(); err != nil {
		return err
	}
	if err := setClock(startClock(time.Now(), info.Built, lastUse, r.stamp())); err != nil {
		say("%v", err)
	}
	return nil
}

var machineID = regexp.MustCompile(`^[0-9a-f]{32}\n$`)

// identify gives the card its machine-id, once. With an empty one, systemd would ask for
// a new address at every start; with the text "uninitialized", every start would be the
// first.
func (r newRoot) identify() error {
	name := filepath.Join(r.dir, "data/machine-id")
	id, err := os.ReadFile(name)
	if err != nil || !machineID.Match(id) {
		random := make([]byte, 16)
		_, _ = rand.Read(random) // never fails (crypto/rand)
		random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80
		id = []byte(hex.EncodeToString(random) + "\n")
		if err := writeDurably(name, id, 0o444); err != nil {
			return fmt.Errorf("keep the machine-id: %w", err)
		}
	}
	return os.WriteFile(filepath.Join(r.dir, "etc/machine-id"), id, 0o444)
}

// writeDurably writes a file that is either the old or the new one after a pulled plug.
func writeDurably(name string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// name sets the hostname. It is always in /etc/hosts: Asterisk asks for the address of
// its own name, and without DNS a call then takes 10 s.
func (r newRoot) name() error {
	file := filepath.Join(r.dir, "etc/hostname")
	name := "autocom"
	if text, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(text)) != "" {
		name = strings.TrimSpace(string(text))
	} else if err := os.WriteFile(file, []byte(name+"\n"), 0o644); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("set the hostname: %w", err)
	}
	hosts := filepath.Join(r.dir, "etc/hosts")
	text, _ := os.ReadFile(hosts) // absent is as good as empty
	for line := range bytes.Lines(text) {
		if f := strings.Fields(string(line)); len(f) > 1 && strings.Contains(" "+strings.Join(f[1:], " ")+" ", " "+name+" ") {
			return nil
		}
	}
	if len(text) == 0 {
		text = []byte("127.0.0.1 localhost\n::1 localhost\n")
	}
	return os.WriteFile(hosts, append(text, "127.0.1.1 "+name+"\n"...), 0o644)
}

// stamp is the time of /data/clock, which the running system touches; zero when absent.
func (r newRoot) stamp() time.Time {
	info, err := os.Stat(filepath.Join(r.dir, "data/clock"))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// startClock is the time to start with: a Raspberry has no clock, and a PC's battery may
// be empty. Never earlier than the build or the last stamp; a stamp 20 years after the
// build is a clock that was once wrong, and would make certificates invalid for ever.
func startClock(now, built time.Time, stamps ...time.Time) time.Time {
	start := now
	for _, s := range append(stamps, built) {
		if s.After(start) && s.Before(built.AddDate(20, 0, 0)) {
			start = s
		}
	}
	return start
}

func setClock(to time.Time) error {
	if !to.After(time.Now()) {
		return nil
	}
	tv := unix.NsecToTimeval(to.UnixNano())
	if err := unix.Settimeofday(&tv); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	return nil
}

// enter makes this the root and starts systemd. It returns only on error.
func (r newRoot) enter() error {
	return uroot.SwitchRoot(r.dir, "/usr/lib/systemd/systemd")
}
