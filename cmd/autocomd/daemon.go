package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	asteriskconf "autocom/asterisk-conf"
	"autocom/office"
	"autocom/pbx"
	"autocom/portal"
	"autocom/portal/account"
	"autocom/provision/link"
	"autocom/provision/serve"
	"autocom/provision/trust"
	"autocom/provision/vendors"
	"autocom/store"
)

// task is something that runs as long as the daemon does.
type task interface {
	Run(ctx context.Context) error
	String() string
}

// daemon ties the parts together: sense → decide → apply → sync.
type daemon struct {
	cfg          config // the file's settings with what the pages chose
	file         config
	stays        *pbx.Site // what is left of the pages' choice after an edit of the file; nil: all
	probe        probe     // for another DHCP server
	log          *slog.Logger
	started      time.Time
	hostname     string
	store        *store.Store
	accounts     *account.Book
	office       *office.Office
	watch        *link.Watch
	lan          *lan
	intake       *intake
	exchange     *exchange
	renderer     asteriskconf.Renderer // of plans that are only looked at
	files        *serve.Server
	makers       *vendors.Set
	tftp         *serve.TFTP      // nil: not served
	trust        *trust.Authority // nil: no HTTPS and no TLS
	tls          net.Listener     // of HTTPS; nil: none
	distrust     *distrust        // who does not believe its certificate
	portal       *portal.Portal
	counts       counts
	strangers    *strangers
	trail        *trail
	setup        string   // the setup code
	softphoneKey string   // that browser phones' passwords are made with
	further      *further // interfaces beside the phones' own
	history      *history // nil: no records of calls can be kept
	records      *store.Records
	sounds       *recordings
}

// run is the daemon's lives, one after another when settings are chosen on the pages. It
// returns nil when ctx ends.
func run(ctx context.Context, cfg config, log *slog.Logger) error {
	at := &socket{}
	defer at.close()
	var alerts []office.Alert // a choice on the pages, the first one above all, makes nobody forget them
	for {
		err := live(ctx, cfg, at, &alerts, log)
		if !errors.Is(err, errChosen) || ctx.Err() != nil {
			return err
		}
		log.Info("settings were chosen on the pages: beginning anew with them")
	}
}

// live is one life.
func live(ctx context.Context, cfg config, at *socket, alerts *[]office.Alert, log *slog.Logger) error {
	d, err := assemble(ctx, cfg, log)
	if err != nil {
		return err
	}
	d.office.Remind(*alerts)
	defer func() { *alerts = d.office.Alerts() }()
	defer d.store.Close()
	if d.records != nil {
		defer d.records.Close()
	}
	listener, err := at.lend(ctx, cfg.Listen.HTTP)
	if err != nil {
		return err
	}
	defer listener.Close()
	cfg = d.cfg
	log.Info("started", "version", version, "http", listener.Addr(), "data", cfg.Paths.Data, "mode", cfg.Phones.Mode, "extensions", cfg.Phones.Extensions)
	tasks := []task{
		// sense
		d.watch, // link → interface and addresses
		d.lan,   // → the senses there, and our address
		d.further,
		d.leaseFiles(),
		web{"http", listener, d.handler(), slog.NewLogLogger(log.Handler(), slog.LevelDebug).Writer()},
		// decide, apply
		d.intake, // sightings → office
		d.strangers,
		d.trail, // files given out → the card
		named{"refused logins", func(ctx context.Context) error { return d.accounts.Keep(ctx, log) }},
		named{"clock", d.clock},
		named{"settings", d.chosen},
		// sync
		named{"sync", d.exchange.Sync},            // office → Asterisk
		named{"manager", d.exchange.Manager},      // the connection to it
		named{"registrations", d.exchange.Mirror}, // Asterisk → office
		d.exchange.queues,                         // Asterisk → pages
		d.portal,                                  // what changes → who listens
		named{"refresh", d.exchange.Refresh},      // phones → their changed file
		named{"steady", d.exchange.Steady},        // the clock → registrations
		named{"recall", d.exchange.Recall},        // phones → the box's new address
		d.exchange.mailer,                         // messages in boxes → letters
		d.exchange.prompts,                        // prompts recorded from phones → files
		console{d.office, d.lan, cfg.Asterisk.AMI == "", d.setup, cfg.Paths.Run, log},
	}
	if d.history != nil {
		tasks = append(tasks, d.history, d.sounds)
	}
	if d.tls != nil {
		config := d.trust.Config(func() netip.Addr { return d.office.Site().Address })
		tasks = append(tasks, d.distrust, web{"https", tls.NewListener(d.tls, config), d.handler(), d.distrust})
	}
	if d.tftp != nil {
		tasks = append(tasks, d.tftp)
	}
	return runTasks(ctx, log, tasks)
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
