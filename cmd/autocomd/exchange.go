package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	asteriskconf "autocom/asterisk-conf"
	"autocom/office"
	"autocom/pbx"
	"autocom/pbx/ami"
	pbxsync "autocom/pbx/sync"
)

// exchange keeps Asterisk as the office says, and tells the office who is
// registered. Without an AMI address it only writes Asterisk's files.
type exchange struct {
	office  *office.Office
	plan    func() pbx.Plan // complete: with host name and manager secret
	syncer  *pbxsync.Syncer
	client  *ami.Client // nil: nobody to talk to
	run     string      // directory of restart-asterisk
	log     *slog.Logger
	kicks   chan struct{} // the plan may be another one
	mirrors chan struct{} // registrations may be others

	mu       sync.Mutex
	wanted   pbx.Plan        // that is being applied
	live     office.Revision // that Asterisk has confirmed
	progress chan struct{}   // closed when live grows
	restart  bool            // due, not asked for yet
	asked    time.Time       // when the present run of Asterisk was asked to end; zero: it was not
	at       netip.Addr      // where Asterisk has confirmed to be
	since    time.Time       // and since when
}

func newExchange(o *office.Office, cfg config, plan func() pbx.Plan, secret string, log *slog.Logger) *exchange {
	e := &exchange{
		office: o, plan: plan, run: cfg.Paths.Run, log: log,
		kicks: make(chan struct{}, 1), mirrors: make(chan struct{}, 1), progress: make(chan struct{}),
	}
	e.syncer = &pbxsync.Syncer{
		Dir: filepath.Join(cfg.Paths.Data, "asterisk"), Log: log,
		Running: e.Up, Verify: e.verify,
		Reload: func(ctx context.Context, module string) error { return e.client.Reload(ctx, module) },
	}
	if cfg.Asterisk.AMI == "" {
		return e
	}
	e.client = &ami.Client{
		Addr: cfg.Asterisk.AMI, User: "autocomd", Secret: secret, Log: log,
		OnUp: func(context.Context) { // another process, perhaps: it is asked everything again
			e.mu.Lock()
			e.restart, e.asked, e.since = false, time.Time{}, time.Now()
			e.mu.Unlock()
			e.syncer.Restarted()
			poke(e.kicks)
			poke(e.mirrors)
		},
		OnEvent: e.event,
	}
	e.syncer.Started = e.client.Started
	return e
}

// poke wakes a task; one waiting wake is enough.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Up reports whether Asterisk can be asked now.
func (e *exchange) Up() bool { return e.client != nil && e.client.Up() }

// Blind reports that registrations cannot be seen though they should.
func (e *exchange) Blind() bool { return e.client != nil && !e.client.Up() }

// writePlan renders the plan and makes Asterisk have it.
func (e *exchange) writePlan(ctx context.Context) error {
	plan := e.plan()
	if !plan.Address.IsValid() {
		return nil // no LAN address yet: Asterisk keeps the last good configuration
	}
	files, err := asteriskconf.Render(plan)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.wanted = plan
	e.mu.Unlock()
	result, err := e.syncer.Apply(ctx, files)
	if err != nil {
		return err
	}
	if result.Restart {
		e.mu.Lock()
		e.restart = true
		e.mu.Unlock()
	}
	if e.restartDue() {
		return e.restartWhenIdle(ctx)
	}
	if e.Up() {
		e.confirm(plan)
	}
	return nil
}

func (e *exchange) restartDue() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.restart
}

// errCalls asks for another try later.
var errCalls = errors.New("asterisk is restarted when the calls have ended")

// errRestarting asks for another try too.
var errRestarting = errors.New("asterisk is being restarted")

// restartPatience is how long a restart may take before it is asked for again.
const restartPatience = 30 * time.Second

// restartWhenIdle asks systemd's path unit for a restart: what changed is read at
// the start alone. Calls that are up are waited for, but not when the address they
// go through is gone: nobody hears anything in them, nor can anybody end them.
func (e *exchange) restartWhenIdle(ctx context.Context) error {
	e.mu.Lock()
	at, asked := e.at, e.asked
	e.mu.Unlock()
	if e.Up() {
		if time.Since(asked) < restartPatience {
			return errRestarting
		}
		if channels, err := e.client.Channels(ctx); err == nil && channels > 0 && (!at.IsValid() || isOurs(at)) {
			return errCalls
		}
	}
	path := filepath.Join(e.run, "restart-asterisk")
	if _, err := os.Stat(path); err == nil {
		return nil // asked, not done yet
	}
	e.log.Info("asterisk is to be restarted")
	if err := writeFile(path, nil, 0o644); err != nil {
		return err
	}
	e.mu.Lock()
	e.restart, e.asked = false, time.Now()
	e.mu.Unlock()
	return nil
}

// isOurs reports whether the machine has an address now; in doubt it has.
func isOurs(a netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	return err != nil || slices.ContainsFunc(all, func(n net.Addr) bool {
		p, err := netip.ParsePrefix(n.String())
		return err == nil && p.Addr().Unmap() == a
	})
}

// coalesce collects the changes of a burst into one reload.
const coalesce = 100 * time.Millisecond

// Sync is the task that follows the plan.
func (e *exchange) Sync(ctx context.Context) error {
	events := e.office.Subscribe(ctx)
	said := ""
	retry := time.NewTimer(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events:
		case <-e.kicks:
		case <-retry.C:
		}
		sleep(ctx, coalesce)
		drained(events)
		err := e.writePlan(ctx)
		if err == nil || ctx.Err() != nil {
			said = ""
			retry.Stop()
			continue
		}
		if text := err.Error(); text != said {
			said = text
			e.log.Warn("asterisk does not have the plan yet", "reason", err)
		}
		retry.Reset(2 * time.Second)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func drained[T any](c <-chan T) {
	for {
		select {
		case _, ok := <-c:
			if !ok {
				return
			}
		default:
			return
		}
	}
}
