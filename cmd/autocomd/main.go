// Command autocomd is the daemon of the card: it turns what phones say on the
// wire into numbers, Asterisk's accounts and the phones' own files.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	godebug "runtime/debug"
	"syscall"
)

// version is set by the builder with -ldflags.
var version = "dev"

// memoryLimit is what the Go runtime tries to stay under, in bytes; the program's own text
// and SQLite's cache come on top.
const memoryLimit = 32 << 20

// defaultConfig is where the card has its settings.
const defaultConfig = "/boot/autocom.toml"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Main is the command: exit code 0 when it was told to end, 1 when something
// failed, 2 when it was called wrongly.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("autocomd", flag.ContinueOnError)
	flags.SetOutput(stderr)
	path := flags.String("config", defaultConfig, "the settings; every key has a default")
	show := flags.Bool("version", false, "print the version and end")
	debug := flags.Bool("debug", false, "log more")
	flags.Usage = func() {
		fmt.Fprintf(stderr, "autocomd gives telephones their numbers.\n\nusage: autocomd [-config FILE]\n  for example: autocomd -config /boot/autocom.toml\n\n")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "autocomd: %q is too much: see autocomd -h\n", flags.Arg(0))
		return 2
	}
	if *show {
		fmt.Fprintln(stdout, version)
		return 0
	}
	cfg, found, err := loadConfig(*path)
	if err != nil {
		complain(stderr, cfg, err)
		return 2
	}
	// The machine may have 512 MB, with Asterisk and its calls: past this the collector works
	// rather than the heap grows. It is no wall.
	godebug.SetMemoryLimit(memoryLimit)
	godebug.SetGCPercent(50) // a heap of half again what is in use, not of twice
	log := slog.New(remember(stderr, *debug))
	if !found {
		log.Warn("there is no settings file: every key has its default", "file", *path)
	}
	if err := run(ctx, cfg, log); err != nil {
		complain(stderr, cfg, err)
		return 1
	}
	return 0
}

// complain says why the daemon ends, on the screen too: whoever mistyped a key on
// the card has no other place to look.
func complain(stderr io.Writer, cfg config, err error) {
	fmt.Fprintf(stderr, "autocomd: %v\n", err)
	text := fmt.Sprintf("\n  autocom %s\n\n  %v\n", version, err)
	// Where there is no such directory there is no screen of ours.
	_ = writeFile(filepath.Join(cfg.Paths.Run, "console"), []byte(text), 0o644)
}

// handler writes text; under systemd the journal adds the time.
func handler(w io.Writer, debug bool) slog.Handler {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if debug {
		o.Level = slog.LevelDebug
	}
	if os.Getenv("JOURNAL_STREAM") != "" {
		o.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
	}
	return slog.NewTextHandler(w, o)
}
