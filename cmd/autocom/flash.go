package main

import (
	"context"
	"fmt"
	"time"

	"autocom/image/flash"
)

var flashVerb = verb{
	name: "flash", args: "IMAGE DEVICE",
	what: "Writes an image to a card and reads it back. Everything on the card is lost.\n" +
		"It refuses disks that are mounted or in use.",
	example: "sudo autocom flash build/autocom-rpi-0.1.0.img /dev/sdb",
	run: func(ctx context.Context, c *command) error {
		if err := c.parse("IMAGE", "DEVICE"); err != nil {
			return err
		}
		s := newSteps(c.stderr)
		defer s.abandon()
		s.start("flash")
		err := flash.To(ctx, c.args[0], c.args[1], func(done, total int64) {
			s.say(fmt.Sprintf("%3.0f %%  %s", 100*float64(done)/float64(total), left(done, total, s.now().Sub(s.began))))
		})
		if err != nil {
			return err
		}
		s.end("%s is written and verified: it can be pulled out", c.args[1])
		return nil
	},
}

// left guesses the rest of the time from what has passed; nothing in the first seconds.
func left(done, total int64, passed time.Duration) string {
	if passed < 3*time.Second || done == 0 {
		return ""
	}
	rest := time.Duration(float64(passed) * float64(total-done) / float64(done))
	return "about " + rest.Round(time.Second).String() + " left"
}
