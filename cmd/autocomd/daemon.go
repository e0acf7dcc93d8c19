package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"autocom/office"
	"autocom/portal"
	"autocom/provision/link"
	"autocom/provision/serve"
	"autocom/store"
)

// task is something that runs as long as the daemon does.
type task interface {
	Run(ctx context.Context) error
	String() string
}

// daemon ties the parts together: sense → decide → apply → sync.
type daemon struct {
	cfg      config
	log      *slog.Logger
	started  time.Time
	hostname string
	store    *store.Store
	office   *office.Office
	watch    *link.Watch
	lan      *lan
	intake   *intake
	exchange *exchange
	files    *serve.Server
	portal   *portal.Portal
	counts   counts
}

// run is the daemon's life. It returns nil when ctx ends.
func run(ctx context.Context, cfg config, log *slog.Logger) error {
	d, err := assemble(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer d.store.Close()
	listener, err := listen(ctx, cfg.Listen.HTTP)
	if err != nil {
		return err
	}
	log.Info("started", "version", version, "http", listener.Addr(), "data", cfg.Paths.Data, "mode", cfg.Phones.Mode, "extensions", cfg.Phones.Extensions)
	sayNotYet(cfg, log)
	return runTasks(ctx, log, []task{
		// sense
		d.watch, // link → interface and addresses
		d.lan,   // → the senses there, and our address
		web{listener, d.handler()},
		// decide, apply
		d.intake, // sightings → office
		named{"clock", d.clock},
		// sync
		named{"sync", d.exchange.Sync},            // office → Asterisk
		named{"manager", d.exchange.Manager},      // the connection to it
		named{"registrations", d.exchange.Mirror}, // Asterisk → office
		named{"recall", d.exchange.Recall},        // phones → the box's new address
		console{d.office, d.lan, cfg.Asterisk.AMI == "", cfg.Paths.Run, log},
	})
}

// named makes a task of a function.
type named struct {
	name string
	run  func(context.Context) error
}

func (n named) String() string                { return n.name }
func (n named) Run(ctx context.Context) error { return n.run(ctx) }

// runTasks runs all until ctx ends or one fails.
func runTasks(ctx context.Context, log *slog.Logger, tasks []task) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, t := range tasks {
		group.Go(func() error {
			if err := t.Run(ctx); err != nil {
				return fmt.Errorf("%s: %w", t, err)
			}
			log.Debug("task ended", "task", t.String())
			return nil
		})
	}
	return group.Wait()
}
