package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"autocom/qemu"
)

var tryVerb = verb{
	name: "try",
	args: "IMAGE [--firmware bios|uefi] [--json] [--keep DIR] [--burst N --kill K --seed S]",
	what: `Boots the image in QEMU on a LAN made for it and plugs in a virtual Yealink, a virtual
Snom and a softphone. Each gets a number by itself, each calls the others, and both ears
are measured. Then the plug is pulled, the image boots again, and all must be as before.

With --burst, N new phones come at once and the plug is pulled in the middle, K times.`,
	example: "build/autocom try build/autocom-pc-*.img --firmware uefi",
	run:     runTry,
}

// tryOptions is what `autocom try` is asked for.
type tryOptions struct {
	image, board, firmware string
	keep                   string // folder for the card and the console's log; "" is a temporary one
	json                   bool
	accel                  string
	patience               time.Duration // for one boot
	burst, kills           int
	seed                   uint64
}

func runTry(ctx context.Context, c *command) error {
	var o tryOptions
	c.flags.StringVar(&o.board, "board", "", "the image's `board`: pc or virt; read from the file name when absent")
	c.flags.StringVar(&o.firmware, "firmware", "uefi", "`bios` or uefi")
	c.flags.StringVar(&o.keep, "keep", "", "`folder` that keeps the card and the console's log")
	c.flags.BoolVar(&o.json, "json", false, "print the report as JSON")
	c.flags.StringVar(&o.accel, "accel", "tcg", "QEMU's `accelerator`: tcg or kvm")
	c.flags.DurationVar(&o.patience, "patience", 8*time.Minute, "how `long` one boot may take")
	c.flags.IntVar(&o.burst, "burst", 0, "`number` of new phones at once")
	c.flags.IntVar(&o.kills, "kill", 10, "how `often` the plug is pulled in a burst")
	c.flags.Uint64Var(&o.seed, "seed", 1, "the `seed` of the moments")
	if err := c.parse("IMAGE"); err != nil {
		return err
	}
	o.image = c.args[0]
	if err := o.check(); err != nil {
		return err
	}
	var failed error
	code := qemu.Isolated(func() int {
		failed = try(ctx, o, c.stdout, c.stderr)
		if failed != nil && ctx.Err() != nil && o.keep != "" {
			failed = interrupted("the card and the console's log are in " + o.keep)
		}
		return exitDone
	})
	if failed == nil && code != exitDone {
		return errSaid // by the process inside the namespace
	}
	return failed
}

func (o *tryOptions) check() error {
	if o.board == "" {
		o.board = boardOf(o.image)
	}
	switch {
	case o.board == "rpi":
		return usagef("QEMU has no machine that boots a Raspberry Pi image as the Pi does: try a pc or virt image")
	case o.board != "pc" && o.board != "virt":
		return usagef("which board is %s for? Say --board pc or --board virt", o.image)
	case o.firmware != "bios" && o.firmware != "uefi":
		return usagef("--firmware %s: it is bios or uefi", o.firmware)
	case o.board == "virt" && o.firmware == "bios":
		return usagef("the virt machine has no BIOS: use --firmware uefi")
	case o.kills < 1:
		return usagef("--kill %d: once at least", o.kills)
	case o.burst < 0 || o.burst*o.kills > 900:
		return usagef("--burst %d --kill %d: 900 phones in all at most, for as many numbers", o.burst, o.kills)
	}
	_, err := os.Stat(o.image)
	return err
}

// boardOf reads the board from autocom-<board>-<version>.img.
func boardOf(image string) string {
	parts := strings.Split(filepath.Base(image), "-")
	if len(parts) < 3 || parts[0] != "autocom" {
		return ""
	}
	return parts[1]
}

func (o *tryOptions) machine(dir, tap string) qemu.Machine {
	m := qemu.Machine{Image: o.image, Arch: "amd64", Firmware: o.firmware, Accel: o.accel, Dir: dir, Tap: tap}
	if o.board == "virt" {
		m.Arch = "arm64"
	}
	return m
}
