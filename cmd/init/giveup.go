package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	errorFile = "boot-error.txt"
	errorMax  = 64 << 10         // bytes; then the file starts anew
	reading   = 60 * time.Second // for a person to read the screen
)

// giveUp tells every console and the card what is wrong, lets the boot loader try the
// other slot when that may help, and restarts. It does not return: the kernel would
// panic.
func (m *machine) giveUp(err error) {
	if len(m.console.names) == 0 {
		m.console.open() // it failed before that: /dev/console is in the archive
	}
	next := m.otherSlot(err)
	text := message(err, m.slot, m.release, next, time.Now())
	m.console.say("%v", err)
	m.console.show(text)
	if m.fat {
		if werr := m.report(text, next); werr != nil {
			m.console.show(fmt.Sprintf("This could not be written to the card: %v\n", werr))
		}
	}
	unix.Sync()
	time.Sleep(reading)
	for {
		// Needs no help from a dying system; on a Pi the watchdog's driver does it.
		_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
		time.Sleep(time.Second)
	}
}

// otherSlot is the slot that the boot loader should start next, "" to leave it. A slot
// that was refused only because another kernel runs is worth a start of its own.
func (m *machine) otherSlot(err error) string {
	var other *otherKernel
	if errors.As(err, &other) && other.slot != m.options.slot {
		return other.slot
	}
	return ""
}

// message is what a person reads.
func message(err error, slot, release, next string, now time.Time) string {
	what := fmt.Sprintf("The machine restarts in %d seconds.", int(reading.Seconds()))
	if next != "" {
		what = fmt.Sprintf("The machine restarts in %d seconds from slot %s.", int(reading.Seconds()), next)
	}
	return fmt.Sprintf("\n*** autocom cannot start ***\n%v\n%s\nYour data is not touched. This text is also in %s on the card, where it could be written.\n(%s, slot %q, kernel %s)\n",
		err, what, errorFile, now.UTC().Format(time.RFC3339), slot, release)
}

// report appends the message to boot-error.txt and turns the boot loader, while the FAT
// is writable for these moments.
func (m *machine) report(text, next string) error {
	if err := unix.Mount("none", cardDir, "", unix.MS_REMOUNT|unix.MS_NOATIME|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("make the card writable: %w", err)
	}
	defer unix.Mount("none", cardDir, "", unix.MS_REMOUNT|unix.MS_RDONLY, "") // best effort: the machine restarts anyway
	err := appendBounded(filepath.Join(cardDir, errorFile), text)
	if next != "" {
		err = errors.Join(err, startNext(cardDir, next))
	}
	unix.Sync()
	return err
}

func appendBounded(name, text string) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if info, err := os.Stat(name); err == nil && info.Size()+int64(len(text)) > errorMax {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
