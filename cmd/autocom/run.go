package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"autocom/qemu"
)

var runVerb = verb{
	name: "run",
	args: "IMAGE [--firmware bios|uefi] [--port N]",
	what: `Boots the image in QEMU with its console on this terminal. The page is at
http://127.0.0.1:8080/ (--port). Nothing is written to the image.

Ctrl-A X switches the machine off; Ctrl-A C is QEMU's own console.`,
	example: "build/autocom run build/autocom-pc-*.img",
	run:     runRun,
}

func runRun(ctx context.Context, c *command) error {
	var o tryOptions
	var port int
	c.flags.StringVar(&o.board, "board", "", "the image's `board`: pc or virt; read from the file name when absent")
	c.flags.StringVar(&o.firmware, "firmware", "uefi", "`bios` or uefi")
	c.flags.StringVar(&o.accel, "accel", "tcg", "QEMU's `accelerator`: tcg or kvm")
	c.flags.StringVar(&o.keep, "keep", "", "`folder` that keeps the card for the next run")
	c.flags.IntVar(&port, "port", 8080, "`port` of 127.0.0.1 where the page is")
	if err := c.parse("IMAGE"); err != nil {
		return err
	}
	o.image, o.kills = c.args[0], 1
	if err := o.check(); err != nil {
		return err
	}
	// QEMU says no more than "could not set up host forwarding rule".
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("port %d is not free: choose another with --port: %w", port, err)
	}
	l.Close()
	dir := o.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "autocom-run-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	} else if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	m := o.machine(dir, "")
	m.Terminal = true
	m.Forward = []string{fmt.Sprintf("tcp:127.0.0.1:%d-:80", port)}
	fmt.Fprintf(c.stdout, "The page will be at http://127.0.0.1:%d/ ; Ctrl-A X switches the machine off.\n", port)
	vm, err := qemu.Boot(ctx, m)
	if err != nil {
		return err
	}
	return vm.Wait()
}
