package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"autocom/image/flash"
)

func TestADiskIsShownAndAskedFor(t *testing.T) {
	card := flash.Device{Name: "/dev/sdf", Model: "Card Reader", Bytes: 31116288 * 512, Removable: true}
	disk := flash.Device{Name: "/dev/sdg", Bytes: 2e12}
	for name, c := range map[string]struct {
		device        flash.Device
		answer        string
		terminal      bool
		yes, internal bool
		want          string // of the error; "" is leave to write
	}{
		"yes":                      {card, "yes\n", true, false, false, ""},
		"no":                       {card, "no\n", true, false, false, "nothing was written: the answer was not yes"},
		"just the key":             {card, "\n", true, false, false, "nothing was written"},
		"y is no yes":              {card, "y\n", true, false, false, "nothing was written"},
		"the terminal goes":        {card, "", true, false, false, "nothing was written"},
		"a script":                 {card, "yes\n", false, false, false, "nobody is here to say that /dev/sdf may be overwritten: add --yes"},
		"a script that says so":    {card, "", false, true, false, ""},
		"a backup disk":            {disk, "yes\n", true, false, false, "/dev/sdg is built in, or a hard disk on USB, and no card: name the card (lsblk lists the disks), or add --internal"},
		"--yes is no --internal":   {disk, "", false, true, false, "or add --internal"},
		"--internal still asks":    {disk, "no\n", true, false, true, "nothing was written"},
		"--internal, and then yes": {disk, "yes\n", true, false, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			a := asker{in: strings.NewReader(c.answer), out: &out, terminal: c.terminal}
			err := a.allow(t.Context(), c.device, c.yes, c.internal)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			shown := "/dev/sdf: Card Reader, 15.9 GB\n"
			if c.device == disk {
				shown = "/dev/sdg: no name, 2000.0 GB\n"
			}
			if !strings.HasPrefix(out.String(), shown) {
				t.Errorf("shown %q, want %q first", out.String(), shown)
			}
		})
	}
}

func TestCtrlCAtTheQuestion(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent, person := io.Pipe()
	defer person.Close()
	cancel()
	a := asker{in: silent, out: io.Discard, terminal: true}
	err := a.allow(ctx, flash.Device{Name: "/dev/sdf", Removable: true}, false, false)
	if err == nil || err.Error() != "interrupted; nothing was written" {
		t.Errorf("got %v", err)
	}
}

// What is told after Ctrl-C is what the command left behind, no more.
func TestInterruptedSaysWhatIsLeft(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"a card":          {interrupted("/dev/sdf starts nothing now: write it again"), "autocom flash: interrupted; /dev/sdf starts nothing now: write it again\n"},
		"nothing to tell": {context.Canceled, "autocom flash: interrupted\n"},
		"told already":    {errSaid, ""},
	} {
		var out bytes.Buffer
		code := (&command{stderr: &out}).end(stopped, flashVerb, c.err)
		if code != exitFailed || out.String() != c.want {
			t.Errorf("%s: exit %d, %q, want %q", name, code, out.String(), c.want)
		}
	}
}
