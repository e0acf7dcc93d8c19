package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"autocom/office"
	"autocom/pbx"
	"autocom/portal"
	"autocom/provision"
	"autocom/provision/link"
	"autocom/provision/pnp"
	"autocom/provision/serve"
	"autocom/provision/sniff"
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
	cfg      config
	log      *slog.Logger
	started  time.Time
	hostname string
	watch    *link.Watch
	lan      *lan
	intake   *intake
	office   *office.Office
	exchange *exchange
	files    *serve.Server
	counts   counts
}

// run is the daemon's life. It returns nil when ctx ends.
func run(ctx context.Context, cfg config, log *slog.Logger) error {
	for _, dir := range []string{filepath.Join(cfg.Paths.Data, "autocom"), cfg.Paths.Run} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("make a directory of ours: %w", err)
		}
	}
	apiKey, err := keyFile(filepath.Join(cfg.Paths.Data, "api-token"), 0o600)
	if err != nil {
		return err
	}
	managerSecret, err := keyFile(filepath.Join(cfg.Paths.Data, "manager-secret"), 0o640)
	if err != nil {
		return err
	}
	makers, err := vendors.Builtin()
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, filepath.Join(cfg.Paths.Data, "autocom", store.FileName))
	if err != nil {
		return err
	}
	defer st.Close()

	d := &daemon{cfg: cfg, log: log, started: time.Now(), hostname: hostname()}
	emergency, known := pbx.EmergencyNumbers(cfg.Site.Country)
	if !known {
		log.Warn("no emergency numbers are known for the country: 112 and 911 are used", "country", cfg.Site.Country)
	}
	d.office, err = office.Open(ctx, d.officeConfig(makers, emergency), st, makers.Vendors(), time.Now)
	if err != nil {
		return err
	}
	d.exchange = newExchange(d.office, cfg, func() pbx.Plan {
		plan := d.office.Plan()
		plan.Hostname, plan.ManagerSecret, plan.Emergency = d.hostname, managerSecret, emergency
		return plan
	}, managerSecret, log)
	d.intake = newIntake(d.office, log)
	d.lan = &lan{
		static: cfg.static(), moved: d.moved, senses: d.senses, wait: patience, log: log, changes: make(chan link.Interface, 1),
	}
	d.watch = &link.Watch{Name: cfg.Network.Interface, OnChange: d.lan.Changed, Log: log}
	d.files = &serve.Server{Find: d.office.Find, Neighbour: d.watch.Neighbour, Log: log}
	site, err := portal.New(portal.Config{
		Version: version, Key: apiKey, Devices: d.office, Desk: desk{d.office}, SoftID: office.SoftID, URL: d.office.URL,
		Site: d.office.Site, Ready: d.ready, Status: d.status, Files: d.files, Now: time.Now, Log: log,
	})
	if err != nil {
		return err
	}
	listener, err := listen(ctx, cfg.Listen.HTTP)
	if err != nil {
		return err
	}
	log.Info("started", "version", version, "http", listener.Addr(), "data", cfg.Paths.Data, "mode", cfg.Phones.Mode, "extensions", cfg.Phones.Extensions)
	return runTasks(ctx, log, []task{
		d.watch,                        // link → interface and addresses
		d.lan,                          // → the senses there, and our address
		d.intake,                       // sightings → office
		named{"sync", d.exchange.Sync}, // office → Asterisk
		named{"registrations", d.exchange.Mirror}, // Asterisk → office
		d.manager(),
		web{listener, site}, // phones ask for files, people for numbers
		console{d.office, cfg.Paths.Run, log},
		named{"clock", d.clock},
	})
}

// officeConfig is what the office is given of the settings.
func (d *daemon) officeConfig(makers *vendors.Set, emergency []string) office.Config {
	c := d.cfg
	return office.Config{
		Site: provision.Site{
			Name: c.Site.Name, Language: c.Site.Language, Country: c.Site.Country, TimeZone: c.Site.TimeZone,
			HTTPPort: c.httpPort(), Offset: c.offset(d.started),
		},
		Mode: c.Phones.Mode, Extensions: c.Phones.Extensions, Emergency: emergency,
		Window: c.Phones.Window.Duration, Quarantine: c.Phones.Quarantine.Duration,
		NewPerMinute: c.Phones.NewPerMinute, NewPerDay: c.Phones.NewPerDay, OpenReservations: c.Phones.OpenReservations,
		Files: makers, Log: d.log,
		Live: func(ctx context.Context, r office.Revision) error {
			if d.exchange.client == nil {
				return nil
			}
			return d.exchange.Live(ctx, r)
		},
	}
}

// senses are what listens on the phones' interface.
func (d *daemon) senses(name string) []task {
	dhcp := &sniff.DHCP{Interface: name, Sink: d.intake.Take, Log: d.log}
	tasks := []task{dhcp}
	var p *pnp.Responder
	if d.cfg.Listen.PnP {
		p = &pnp.Responder{
			Interface: name, Local: d.lan.Address, Neighbour: d.watch.Neighbour, Answer: d.office.PnPURL, Log: d.log,
		}
		tasks = append(tasks, p)
	}
	d.counts.on(dhcp, p)
	return tasks
}

func (d *daemon) moved(a netip.Addr) {
	if _, err := d.office.Apply(context.Background(), office.Moved{Address: a}); err != nil {
		d.log.Error("the new address was not taken", "address", a, "error", err)
	}
}

func (d *daemon) manager() task {
	if d.exchange.client == nil {
		d.log.Warn("no [asterisk] in the settings: numbers are given and files served, nothing is ever bound")
		return nil
	}
	return d.exchange.client
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
		if t == nil {
			continue
		}
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

// hostname is the first label: the only part that Asterisk's files may hold.
func hostname() string {
	name, err := os.Hostname()
	if name, _, _ = strings.Cut(name, "."); err != nil || name == "" {
		return "autocom"
	}
	return name
}
