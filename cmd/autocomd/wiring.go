package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"autocom/office"
	"autocom/pbx"
	"autocom/pbx/parking"
	"autocom/portal"
	"autocom/portal/account"
	"autocom/provision"
	"autocom/provision/link"
	"autocom/provision/serve"
	"autocom/provision/vendors"
	"autocom/store"
)

// assemble opens what lasts and ties the parts together; nothing runs yet.
func assemble(ctx context.Context, cfg config, log *slog.Logger) (*daemon, error) {
	for _, dir := range []string{filepath.Join(cfg.Paths.Data, "autocom"), cfg.Paths.Run, filepath.Join(cfg.Paths.Data, "leases")} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, fmt.Errorf("make a directory of ours: %w", err)
		}
	}
	apiKey, err := keyFile(filepath.Join(cfg.Paths.Data, "api-token"), 0o600)
	if err != nil {
		return nil, err
	}
	managerSecret, err := keyFile(filepath.Join(cfg.Paths.Data, "manager-secret"), 0o640)
	if err != nil {
		return nil, err
	}
	softphoneKey, err := keyFile(filepath.Join(cfg.Paths.Data, "softphone-key"), 0o600)
	if err != nil {
		return nil, err
	}
	code := cfg.Site.SetupCode
	if code == "" {
		if code, err = setupCode(filepath.Join(cfg.Paths.Data, "setup-code")); err != nil {
			return nil, err
		}
	}
	makers, err := known(filepath.Join(cfg.Folder, "vendors"), log)
	if err != nil {
		return nil, err
	}
	d := &daemon{cfg: cfg, log: log, started: time.Now(), hostname: hostname(), setup: code, softphoneKey: softphoneKey}
	d.secure(ctx)
	if d.store, err = store.Open(ctx, filepath.Join(cfg.Paths.Data, "autocom", store.FileName)); err != nil {
		return nil, errors.Join(err, d.closeTLS())
	}
	if err := d.settle(ctx); err != nil {
		return nil, errors.Join(err, d.closeTLS(), d.store.Close())
	}
	emergency, known := pbx.EmergencyNumbers(d.cfg.Site.Country)
	if !known {
		log.Warn("no emergency numbers are known for the country: 112 and 911 are used", "country", d.cfg.Site.Country)
	}
	if d.accounts, err = account.Open(ctx, d.store, account.PiCost, time.Now); err != nil {
		return nil, errors.Join(err, d.closeTLS(), d.store.Close())
	}
	// Numbers are given and calls made without records: what is wrong with them is said.
	if d.records, err = store.OpenRecords(ctx, filepath.Join(cfg.Paths.Data, "autocom", store.RecordsName)); err != nil {
		log.Error("the records of calls", "error", err)
	}
	if err := d.tie(ctx, makers, emergency, managerSecret, apiKey); err != nil {
		return nil, errors.Join(err, d.closeTLS(), d.store.Close())
	}
	if err := d.keepSeen(ctx); err != nil {
		log.Error("the next edit of autocom.toml will not be known from what the pages chose", "error", err)
	}
	return d, nil
}

// known are the makers that come with autocom, and what the owner has put into a
// folder beside: further OUIs, or whole makers. A mistake there is said and changes nothing.
func known(folder string, log *slog.Logger) (*vendors.Set, error) {
	makers, err := vendors.Builtin()
	if err != nil {
		return nil, err
	}
	more, err := makers.With(os.DirFS(folder))
	if err != nil {
		log.Error("the makers of the owner's folder are left out: correct it and restart", "folder", folder, "error", err)
		return makers, nil
	}
	return more, nil
}

// tie makes the parts and shows each the others that it needs.
func (d *daemon) tie(ctx context.Context, makers *vendors.Set, emergency []string, managerSecret, apiKey string) (err error) {
	d.makers = makers
	d.trail = newTrail(filepath.Join(d.cfg.Paths.Data, "autocom", "audit.jsonl"), d.log)
	d.office, err = office.Open(ctx, d.officeConfig(makers, emergency), d.store, makers.Vendors(), time.Now)
	if err != nil {
		return err
	}
	complete := func(plan pbx.Plan) pbx.Plan {
		plan.Hostname, plan.ManagerSecret, plan.Emergency = d.hostname, managerSecret, emergency
		plan.LAN = d.network(plan.Address)
		plan.Certificate = d.certificate(plan.Address)
		plan.Setup = d.toldByPhone()
		return plan
	}
	d.exchange = newExchange(d.office, d.cfg, func() pbx.Plan { return complete(d.office.Plan()) }, managerSecret, d.log)
	d.exchange.complete, d.exchange.renderer = d.sketch(emergency), &d.renderer
	d.accounts.Watch(func() { poke(d.exchange.kicks) })
	d.intake = newIntake(d.office, d.log)
	d.lan = &lan{
		static: d.cfg.static(), moved: d.moved, senses: d.senses, gives: d.leases, always: d.cfg.serves(), wait: d.cfg.Patience, log: d.log,
		linger: recallUntil, changes: make(chan link.Interface, 1), news: make(chan struct{}, 1),
	}
	d.further = &further{daemon: d, changes: make(chan []link.Interface, 1)}
	d.watch = &link.Watch{
		Name: d.cfg.Network.Interface, Uplink: d.cfg.Network.Uplink, OnChange: d.lan.Changed, OnOthers: d.further.Changed, Log: d.log,
	}
	d.strangers = &strangers{
		neighbour: d.watch.Neighbour, sink: d.intake.Take, now: time.Now, queue: make(chan stranger, strangersAtOnce),
		lan: func() string { lan, _ := d.watch.LAN(); return lan.Name },
	}
	d.distrust = newDistrust(d.office, d.watch.Neighbour, d.log)
	d.exchange.makers = makers.Vendors()
	d.exchange.strange = d.strangers.event
	d.exchange.prompts = newPrompts(filepath.Join(d.cfg.Paths.Data, "prompts"), d.office.Plan, d.exchange.database(), d.log)
	d.files = &serve.Server{Find: d.find, Neighbour: d.watch.Neighbour, Log: d.log}
	if d.cfg.Listen.TFTP != "" {
		d.tftp = &serve.TFTP{Listen: d.cfg.Listen.TFTP, Find: d.find, Neighbour: d.watch.Neighbour, Local: d.lan.Address, Log: d.log}
	}
	desk := desk{d.office, d.exchange}
	d.exchange.musics = &musics{dir: filepath.Join(d.cfg.Paths.Data, "music"), desk: desk}
	past := d.remember()
	boxes := newMailboxes(d.exchange, d.cfg.Paths.Data)
	d.exchange.mailer = newMailer(boxes, filepath.Join(d.cfg.Paths.Data, "autocom", "mailed.json"), d.hostname, d.log)
	d.portal, err = portal.New(portal.Config{
		Box:       machine{d},
		System:    system{d},
		Mailboxes: boxes, Softphones: softphones{desk}, Apps: apps{desk}, Browsers: softphones{desk},
		History: past, Queues: d.exchange.queues,
		Version: version, Key: apiKey, Accounts: d.accounts, Devices: d.office, Desk: desk, Objects: desk, Changes: desk, SoftID: office.SoftID, URL: d.office.URL,
		Musics: d.exchange.musics, Conferences: d.exchange, Trunks: d.exchange, Blacklisted: d.exchange, Forwards: d.exchange.forwards, Directory: d.office.Directory,
		Prompts: d.exchange.prompts, Hours: &night{plan: d.office.Plan, db: d.exchange.database(), now: time.Now},
		Site: d.office.Site, Ready: d.ready, Status: d.status, Files: d.files, Now: time.Now, Log: d.log,
		CA: d.caPEM, SetupCode: func() string { return d.setup }, ClaimPrefix: pbx.ClaimCode, Trail: desk.trail, Alerts: desk.alerts,
		NoteAlert: func(a portal.Alert) { d.office.NoteAlert(office.Alert(a)) },
		Typed: func(dev provision.Device) string {
			url, err := makers.TypeURL(provision.Phone{Site: d.office.Site(), Device: dev, Secrets: true, URL: d.office.URL(dev)})
			if err != nil {
				d.log.Warn("no address to type into a phone", "device", dev.ID, "error", err)
			}
			return cmp.Or(url, d.office.URL(dev))
		},
		Pairing: func(dev provision.Device) map[string]string {
			rule, _ := makers.Lines(dev.Vendor, dev.Model)
			return rule.Pairing
		},
		LiveCalls: d.exchange.talks.List, Metrics: d.metrics, Usual: desk.usual,
		Makers: func() []portal.Maker { site := d.office.Site(); return brands(site, d.told(site), makers.TypeURL) },
	})
	if err != nil {
		return err
	}
	d.exchange.talks.tell = func(e portal.CallEvent) { d.portal.Tell("call", e) }
	d.exchange.changed = func() { d.portal.Tell("system", struct{}{}) }
	return nil
}

// handler is the portal, for the phones' LAN alone when there is another network.
func (d *daemon) handler() http.Handler {
	h := addressed(func() netip.Addr { return d.office.Site().Address }, d.portal)
	if d.cfg.Network.Uplink == "auto" {
		return h
	}
	return onLAN(d.lan.Address, h)
}

// officeConfig is what the office is given of the settings.
func (d *daemon) officeConfig(makers *vendors.Set, emergency []string) office.Config {
	c := d.cfg
	reserved, _ := c.reserved() // validate has read it
	return office.Config{
		Site: provision.Site{
			Name: c.Site.Name, Language: c.Site.Language, Country: c.Site.Country, TimeZone: c.Site.TimeZone,
			Pickup: pbx.PickupCode, Encrypted: c.Phones.Encryption == "on",
			VoiceVLAN: c.Network.VoiceVLAN,
			HTTPPort:  c.httpPort(), HTTPSPort: d.securePort(), CA: d.caFile(), Offset: c.offset(d.started),
		},
		Mode: c.Phones.Mode, Extensions: c.Phones.Extensions, Emergency: emergency,
		Window: c.Phones.Window.Duration, Quarantine: c.Phones.Quarantine.Duration,
		NewPerMinute: c.Phones.NewPerMinute, NewPerDay: c.Phones.NewPerDay, OpenReservations: c.Phones.OpenReservations,
		Pools: c.Phones.Pools, Reserved: reserved, Encrypted: c.Phones.Encryption == "on", CA: d.caPEM(), SoftphoneKey: d.softphoneKey,
		Files: makers, Trail: d.trail.Take, Log: d.log, Check: d.makesSense(emergency),
		Live: func(ctx context.Context, r office.Revision) error {
			if d.exchange.client == nil {
				return nil
			}
			return d.exchange.Live(ctx, r)
		},
	}
}

// sketch completes a plan that is only looked at with what the box alone knows, or with as
// good.
func (d *daemon) sketch(emergency []string) func(pbx.Plan) pbx.Plan {
	return func(plan pbx.Plan) pbx.Plan {
		plan.Hostname, plan.ManagerSecret, plan.Emergency = d.hostname, strings.Repeat("x", 32), emergency
		if !plan.Address.IsValid() { // no LAN yet
			plan.Address = fallback.Addr()
		}
		return plan
	}
}

// makesSense renders the sketch of a plan: it says what an object would break before anybody
// depends on it.
func (d *daemon) makesSense(emergency []string) func(pbx.Plan) error {
	sketch := d.sketch(emergency)
	return func(plan pbx.Plan) error {
		plan = sketch(plan)
		if _, err := d.renderer.Render(plan); err != nil {
			return err
		}
		plan = plan.Indexed()
		return errors.Join(d.sensible(plan), d.prefixApart(plan), d.slotsApart(plan))
	}
}

// slotsApart says which parking slot of the site's choice is a number that phones are given.
func (d *daemon) slotsApart(plan pbx.Plan) error {
	lot, err := parking.Of(plan)
	if _, chosen := plan.Object(pbx.KindSettings, parking.Setting); err != nil || !chosen {
		return err
	}
	for _, ranges := range append(slices.Collect(maps.Values(d.cfg.Phones.Pools)), d.cfg.Phones.Extensions) {
		for part := range strings.SplitSeq(ranges, ",") {
			from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
			if !ok {
				to = from
			}
			for _, slot := range lot.Slots() {
				if len(slot) == len(from) && from <= slot && slot <= to {
					return fmt.Errorf("settings parking: slot %s is one of the numbers %s that phones are given: choose other slots", slot, ranges)
				}
			}
		}
	}
	return nil
}

// network is the one that an address of ours is in: of the interface, or of the
// settings while the interface does not have it yet.
func (d *daemon) network(own netip.Addr) netip.Prefix {
	lan, _ := d.watch.LAN()
	for _, p := range append(slices.Clone(lan.Addresses), d.cfg.static(), fallback) {
		if p.Addr() == own {
			return p.Masked()
		}
	}
	return netip.Prefix{}
}

func (d *daemon) moved(a netip.Addr) {
	if _, err := d.office.Apply(context.Background(), office.Moved{Address: a}); err != nil {
		d.log.Error("the new address was not taken", "address", a, "error", err)
	}
}

// hostname is the first label: the only part that Asterisk's files may hold.
func hostname() string {
	name, err := os.Hostname()
	if name, _, _ = strings.Cut(name, "."); err != nil || name == "" {
		return "autocom"
	}
	return name
}
