package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// options are what the boot loader says.
type options struct {
	signature uint32 // autocom.disk=1a2b3c4d: the disk signature of our card, never 0
	slot      string // "a" or "b"
	medium    string // "mmc", "usb", "nvme", or "" when the boot loader does not tell
	// unguarded leaves the watchdog alone (autocom.watchdog=off): QEMU's raspi3b resets at
	// once when it is started, and so may a machine with a bad one.
	unguarded bool
}

// readOptions reads the kernel's command line, and what the Raspberry firmware adds to
// the device tree.
func readOptions(cmdline, chosen string) (options, error) {
	line, err := os.ReadFile(cmdline)
	if err != nil {
		return options{}, fmt.Errorf("read the kernel's command line: %w", err)
	}
	var prefix string
	// Absent on PCs; the firmware writes "a/".
	if b, err := os.ReadFile(filepath.Join(chosen, "os_prefix")); err == nil {
		prefix = trimNUL(b)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return options{}, fmt.Errorf("read the slot: %w", err)
	}
	mode, _ := os.ReadFile(filepath.Join(chosen, "bootloader/boot-mode")) // Pi 4 and later only
	return parseOptions(string(line), prefix, mode)
}

// parseOptions is the pure part: the command line, os_prefix, and boot-mode, a big-endian
// 32-bit number (Raspberry documentation, BOOT_ORDER: 1 SD, 4 USB disk, 5 USB disk by
// the SoC's own controller, 6 NVMe).
func parseOptions(cmdline, prefix string, mode []byte) (options, error) {
	o := options{slot: "a"}
	for _, word := range strings.Fields(cmdline) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "autocom.disk":
			n, err := strconv.ParseUint(value, 16, 32)
			if err != nil || n == 0 {
				return options{}, fmt.Errorf("the command line says autocom.disk=%s, which is no disk signature of 8 hex digits: write the image to the card again", value)
			}
			o.signature = uint32(n)
		case "autocom.slot":
			o.slot = value
		case "autocom.watchdog":
			o.unguarded = value == "off"
		}
	}
	if o.signature == 0 {
		return options{}, errors.New("the command line has no autocom.disk=: write the image to the card again")
	}
	if prefix != "" {
		o.slot = strings.TrimSuffix(prefix, "/")
	}
	if o.slot != "a" && o.slot != "b" {
		return options{}, fmt.Errorf("the boot loader started slot %q: there are only a and b, correct os_prefix in config.txt", o.slot)
	}
	if len(mode) == 4 {
		o.medium = map[byte]string{1: "mmc", 4: "usb", 5: "usb", 6: "nvme"}[mode[3]]
	}
	return o, nil
}
