package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"autocom/image/flash"
)

var flashVerb = verb{
	name: "flash", args: "IMAGE DEVICE [--yes] [--internal]",
	what: "Writes an image to a card and reads it back. Everything on the card is lost.\n" +
		"It shows the disk and asks. It refuses disks that are mounted or in use, and those that\n" +
		"cannot be pulled out. An IMAGE.sha256 beside the image is compared while writing.",
	example: "sudo build/autocom flash build/autocom-rpi-*.img /dev/sdb",
	run:     runFlash,
}

func runFlash(ctx context.Context, c *command) error {
	yes := c.flags.Bool("yes", false, "do not ask: for scripts")
	internal := c.flags.Bool("internal", false, "also write to a built-in disk or a hard disk on USB")
	if err := c.parse("IMAGE", "DEVICE"); err != nil {
		return err
	}
	device := c.args[1]
	card, err := flash.Look(device)
	if err != nil {
		return err
	}
	a := asker{in: os.Stdin, out: c.stderr, terminal: term.IsTerminal(int(os.Stdin.Fd()))}
	if err := a.allow(ctx, card, *yes, *internal); err != nil {
		return err
	}
	s := newSteps(c.stderr)
	defer s.abandon()
	s.start("flash")
	err = flash.To(ctx, c.args[0], device, func(done, total int64) {
		s.say(fmt.Sprintf("%3.0f %%  %s", 100*float64(done)/float64(total), left(done, total, s.now().Sub(s.began))))
	})
	if errors.Is(err, flash.ErrUnfinished) {
		return interrupted(device + " starts nothing now: write it again")
	}
	if err != nil {
		return err
	}
	s.end("%s is written and verified: it can be pulled out", device)
	return nil
}

// asker asks the person before a disk is overwritten.
type asker struct {
	in       io.Reader
	out      io.Writer
	terminal bool // somebody can answer
}

// allow shows the disk and returns nil when it may be overwritten.
func (a asker) allow(ctx context.Context, d flash.Device, yes, internal bool) error {
	model := d.Model
	if model == "" {
		model = "no name"
	}
	fmt.Fprintf(a.out, "%s: %s, %.1f GB\n", d.Name, model, float64(d.Bytes)/1e9)
	if !d.Removable && !internal {
		return fmt.Errorf("%s is built in, or a hard disk on USB, and no card: name the card (lsblk lists the disks), or add --internal to overwrite this disk", d.Name)
	}
	if yes {
		return nil
	}
	if !a.terminal {
		return usagef("nobody is here to say that %s may be overwritten: add --yes", d.Name)
	}
	fmt.Fprint(a.out, "Everything on it will be lost. Type yes to go on: ")
	answer := make(chan string, 1)
	go func() {
		// An error is an empty answer. Until somebody types, this waits; the program ends before.
		line, _ := bufio.NewReader(io.LimitReader(a.in, 80)).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return interrupted("nothing was written")
	case said := <-answer:
		if said != "yes" {
			return errors.New("nothing was written: the answer was not yes")
		}
	}
	return nil
}

// left guesses the rest of the time from what has passed; nothing in the first seconds.
func left(done, total int64, passed time.Duration) string {
	if passed < 3*time.Second || done == 0 {
		return ""
	}
	rest := time.Duration(float64(passed) * float64(total-done) / float64(done))
	return "about " + rest.Round(time.Second).String() + " left"
}
