package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
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
	restart  bool            // asked for, not done
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
			e.restart = false
			e.mu.Unlock()
			e.syncer.Restarted()
			poke(e.kicks)
			poke(e.mirrors)
		},
		OnEvent: e.event,
	}
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
		e.confirm(office.Revision(plan.Revision))
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

// restartWhenIdle asks systemd's path unit for a restart: what changed is read at
// the start alone. Calls that are up are waited for.
func (e *exchange) restartWhenIdle(ctx context.Context) error {
	if e.Up() {
		if channels, err := e.client.Channels(ctx); err == nil && channels > 0 {
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
	e.restart = false
	e.mu.Unlock()
	return nil
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
