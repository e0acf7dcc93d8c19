package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"autocom/image/inspect"
)

var inspectVerb = verb{
	name: "inspect", args: "IMAGE [--json]",
	what:    "Says what is on an image: partitions, slots, versions, and for Raspberry images the\nfiles that each model's firmware would load.",
	example: "build/autocom inspect build/autocom-rpi-*.img",
	run: func(_ context.Context, c *command) error {
		asJSON := c.flags.Bool("json", false, "print the report as JSON")
		if err := c.parse("IMAGE"); err != nil {
			return err
		}
		report, err := inspect.Open(c.args[0])
		if err != nil {
			return err
		}
		if *asJSON {
			return json.NewEncoder(c.stdout).Encode(report)
		}
		describe(c.stdout, report)
		return nil
	},
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// describe prints a report for people.
func describe(w io.Writer, r *inspect.Report) {
	line := func(name, format string, a ...any) { fmt.Fprintf(w, "%-16s %s\n", name, fmt.Sprintf(format, a...)) }
	line("image", "%s, %s, disk signature %s", r.Path, size(r.Bytes), r.Signature)
	line("p1", "FAT at %s, %s", size(r.Boot.Start), size(r.Boot.Size))
	line("p2", "data at %s, %s, %s", size(r.Data.Start), size(r.Data.Size), r.DataState)
	for _, s := range r.Slots {
		starts := ""
		if s.Name == r.Starts {
			starts = ", starts"
		}
		line("slot "+s.Name, "%s %s for %s (%s), kernel %s, of %s%s", "autocom", s.Version, s.Board, s.Arch, s.Kernel, s.Built.Format("2006-01-02"), starts)
		line("", "system %s with %s and %s, kernel %s, initramfs %s", size(s.SystemBytes), count(s.Packages, "package"), count(s.Files, "file"), size(s.KernelBytes), size(s.InitBytes))
	}
	for _, b := range r.Boards {
		line(b.Board, "loads %s", strings.Join(b.Loads, " "))
		for _, m := range b.Missing {
			line("", "%s", m)
		}
	}
}
