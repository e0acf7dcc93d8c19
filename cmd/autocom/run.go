package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"

	"autocom/phonesim"
	"autocom/qemu"
)

var runVerb = verb{
	name: "run",
	args: "IMAGE [--lan] [--firmware bios|uefi] [--port N]",
	what: `Boots the image in QEMU with its console on this terminal. The page is at
http://127.0.0.1:8080/ (--port). Nothing is written to the image.

That is enough to look at the pages. With --lan, as root, this computer and the box are
on a network of their own, and browsers and softphones of this computer can telephone:
open the address that the console shows.

Ctrl-A X switches the machine off; Ctrl-A C is QEMU's own console.`,
	example: "sudo build/autocom run --lan build/autocom-pc-*.img",
	run:     runRun,
}

func runRun(ctx context.Context, c *command) error {
	var o tryOptions
	var port int
	var lan bool
	c.flags.StringVar(&o.board, "board", "", "the image's `board`: pc or virt; read from the file name when absent")
	c.flags.StringVar(&o.firmware, "firmware", "uefi", "`bios` or uefi")
	c.flags.StringVar(&o.accel, "accel", "tcg", "QEMU's `accelerator`: tcg or kvm")
	c.flags.StringVar(&o.keep, "keep", "", "`folder` that keeps the card for the next run")
	c.flags.IntVar(&port, "port", 8080, "`port` of 127.0.0.1 where the page is")
	c.flags.BoolVar(&lan, "lan", false, "a network with this computer on it (as root): bridge "+runBridge+", "+officeLAN.String())
	if err := c.parse("IMAGE"); err != nil {
		return err
	}
	o.image, o.kills = c.args[0], 1
	if err := o.check(); err != nil {
		return err
	}
	dir, err := o.keep, error(nil)
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
	if lan {
		l, err := joinLAN(ctx, &m)
		if err != nil {
			return err
		}
		defer l.Close()
		fmt.Fprintf(c.stdout, "The console will show the address of the box, which this computer can open. Ctrl-A X switches the machine off.\n")
	} else {
		if err := forward(&m, port); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "The page will be at http://127.0.0.1:%d/ (with --lan also calls: see autocom run --help). Ctrl-A X switches the machine off.\n", port)
	}
	vm, err := qemu.Boot(ctx, m)
	if err != nil {
		return err
	}
	return vm.Wait()
}

// runBridge is the network of --lan.
const runBridge = "autocom0"

// joinLAN puts this computer and the machine on a network with a router that gives addresses.
func joinLAN(ctx context.Context, m *qemu.Machine) (*qemu.LAN, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("--lan makes a network bridge, for which this has to be root: run it with sudo")
	}
	lan, err := qemu.OpenLAN(runBridge, officeLAN)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w: another box runs on it, or one that was killed has left it: ip link delete %s", err, runBridge)
	}
	if err != nil {
		return nil, err
	}
	if m.Tap, err = lan.Tap(); err != nil {
		return nil, errors.Join(err, lan.Close())
	}
	router := &phonesim.Router{Interface: lan.Bridge, Addr: officeLAN, Log: slog.New(slog.DiscardHandler)}
	go func() {
		if err := router.Run(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "autocom run: the router that gives addresses stopped:", err)
		}
	}()
	return lan, nil
}

// forward has a port of this computer lead to the page.
func forward(m *qemu.Machine, port int) error {
	// QEMU says no more than "could not set up host forwarding rule".
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("port %d is not free: choose another with --port: %w", port, err)
	}
	l.Close()
	m.Forward = []string{fmt.Sprintf("tcp:127.0.0.1:%d-:80", port)}
	return nil
}
