// Command autocom builds, inspects, checks, flashes and tries images of autocom.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// One Ctrl-C asks every step to tidy up; a second one ends the program at once. A window
	// or an ssh session that is closed is the same (SIGHUP), but for the second: the shell
	// and the kernel both send one.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, func() { signal.Ignore(syscall.SIGHUP); stop() })
	os.Exit(Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes: of bad arguments a script can tell that trying again is useless.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// verb is one command; each file of this package holds one.
type verb struct {
	name, args, what string
	example          string
	// run defines its flags on fs, parses args with parse, and works. Errors of type
	// usageError end with exit code 2.
	run func(ctx context.Context, c *command) error
}

// verbs is the table that main, -h and the tests read, in the order of use.
var verbs = []verb{buildVerb, inspectVerb, verifyVerb, flashVerb, runVerb, tryVerb}

// command is one call of a verb.
type command struct {
	flags          *flag.FlagSet
	args           []string // as given; after parse, what follows the flags
	stdout, stderr io.Writer
}

// usageError is a mistake in the arguments.
type usageError struct{ error }

func usagef(format string, a ...any) error { return usageError{fmt.Errorf(format, a...)} }

// interrupted is the error after Ctrl-C of a verb that knows what it left behind.
type interrupted string

func (left interrupted) Error() string {
	if left == "" {
		return "interrupted"
	}
	return "interrupted; " + string(left)
}

// errSaid ends with exit code 1 without a line of its own: the report has said it all.
var errSaid = errors.New("said already")

// Main runs one command as the program does and returns its exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		overview(stderr)
		return exitUsage
	}
	switch args[0] {
	case "-h", "--help", "-help", "help":
		overview(stdout)
		return exitDone
	}
	for _, v := range verbs {
		if v.name != args[0] {
			continue
		}
		c := &command{flags: flag.NewFlagSet(v.name, flag.ContinueOnError), args: args[1:], stdout: stdout, stderr: stderr}
		c.flags.SetOutput(io.Discard) // errors are told below, once
		c.flags.Usage = func() {}
		return c.end(ctx, v, v.run(ctx, c))
	}
	fmt.Fprintf(stderr, "autocom: there is no command %q: see autocom -h\n", args[0])
	return exitUsage
}

// end tells the error of a verb, in one sentence, and chooses the exit code.
func (c *command) end(ctx context.Context, v verb, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		c.help(v)
		return exitDone
	case errors.Is(err, errSaid):
		return exitFailed
	case ctx.Err() != nil:
		var left interrupted
		errors.As(err, &left)
		fmt.Fprintf(c.stderr, "autocom %s: %v\n", v.name, left)
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(c.stderr, "autocom %s: %v\n", v.name, err)
		return exitUsage
	}
	fmt.Fprintf(c.stderr, "autocom %s: %v\n", v.name, err)
	return exitFailed
}

// parse reads flags, which may also stand after arguments, and checks how many arguments
// are left: want names them.
func (c *command) parse(want ...string) error {
	var rest []string
	for args := c.args; ; {
		if err := c.flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return err
			}
			return usageError{err}
		}
		if c.flags.NArg() == 0 {
			break
		}
		rest = append(rest, c.flags.Arg(0))
		args = c.flags.Args()[1:]
	}
	c.args = rest
	switch {
	case len(rest) < len(want):
		return usagef("missing %s: see autocom %s -h", want[len(rest)], c.flags.Name())
	case len(rest) > len(want):
		return usagef("%q is one argument too many: see autocom %s -h", rest[len(want)], c.flags.Name())
	}
	return nil
}

func (c *command) help(v verb) {
	fmt.Fprintf(c.stdout, "autocom %s %s\n\n%s\n\nExample:\n  %s\n", v.name, v.args, v.what, v.example)
	fmt.Fprintln(c.stdout, "\nFlags:")
	c.flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		dashes := "--"
		if len(f.Name) == 1 {
			dashes = "-"
		}
		fmt.Fprintf(c.stdout, "  %-22s %s\n", dashes+f.Name+" "+value, usage)
	})
}

func overview(w io.Writer) {
	fmt.Fprint(w, "autocom makes an SD card that turns a Raspberry Pi or an old PC into a telephone exchange.\n\n")
	for _, v := range verbs {
		fmt.Fprintf(w, "  autocom %s %s\n", v.name, v.args)
	}
	fmt.Fprint(w, "\nautocom COMMAND -h says more about one of them.\n")
}
