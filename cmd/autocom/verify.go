package main

import (
	"context"
	"encoding/json"
	"fmt"

	"autocom/image/inspect"
)

var verifyVerb = verb{
	name: "verify", args: "IMAGE [--json]",
	what: "Checks an image before it is given to anybody: partition table, file system, hashes, and\n" +
		"that nothing of the build machine, no secret and no password is in it.",
	example: "build/autocom verify build/autocom-rpi-*.img",
	run: func(_ context.Context, c *command) error {
		asJSON := c.flags.Bool("json", false, "print the report and the problems as JSON")
		if err := c.parse("IMAGE"); err != nil {
			return err
		}
		report, problems, err := inspect.Verify(c.args[0])
		if err != nil {
			return err
		}
		if *asJSON {
			err = json.NewEncoder(c.stdout).Encode(struct {
				*inspect.Report
				Problems []inspect.Problem `json:"problems"`
			}{report, append([]inspect.Problem{}, problems...)})
			if err != nil {
				return err
			}
		} else {
			describe(c.stdout, report)
			for _, p := range problems {
				fmt.Fprintf(c.stdout, "%-16s %v\n", "PROBLEM", p)
			}
		}
		if len(problems) > 0 {
			return fmt.Errorf("%s has %s: do not give it away", c.args[0], count(len(problems), "problem"))
		}
		if !*asJSON {
			fmt.Fprintln(c.stdout, "verified         no problem found")
		}
		return nil
	},
}
