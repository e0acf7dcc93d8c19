package main

import (
	"context"
	"errors"
	"fmt"
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
	"autocom/pbx/setupcode"
	pbxsync "autocom/pbx/sync"
	"autocom/provision"
)

// exchange keeps Asterisk as the office says, and tells the office who is
// registered. Without an AMI address it only writes Asterisk's files.
type exchange struct {
	office   *office.Office
	plan     func() pbx.Plan         // complete: with host name and manager secret
	complete func(pbx.Plan) pbx.Plan // of plans that are only looked at
	renderer *asteriskconf.Renderer  // of those
	syncer   *pbxsync.Syncer
	client   *ami.Client // nil: nobody to talk to
	run      string      // directory of restart-asterisk
	log      *slog.Logger
	kicks    chan struct{}      // the plan may be another one
	mirrors  chan struct{}      // registrations may be others
	proofs   proofs             // who has shown the password of a line
	news     news               // registrations that are younger than a list
	makers   []provision.Vendor // whose events phones obey
	strange  func(ami.Event)    // hears every event too; nil: nobody does
	changed  func()             // hears that the exchange came or went
	queues   *queues            // what queues do
	prompts  *prompts           // hears of recordings
	musics   *musics            // files of musics
	mailer   *mailer            // hears of messages in boxes
	forwards *forwards          // what is set on phones
	tenants  *tenants           // whose what Asterisk keeps is
	talks    *liveCalls         // calls that are going on
	browsers *contacts          // browser phones that are there
	listed   bool               // registrations were, once; of Mirror alone

	restart bool            // due by what nobody could be asked about; of Sync alone
	left    map[string]bool // why objects were left out of the plan; of Sync alone

	forgotten bool // no old configuration holds the setup code; of Sync alone

	mu       sync.Mutex
	live     office.Revision // that Asterisk has confirmed
	progress chan struct{}   // closed when live grows
	asked    time.Time       // when a run of Asterisk was asked to end; the present one, if after since
	at       netip.Addr      // where Asterisk has confirmed to be
	since    time.Time       // and since when
	born     time.Time       // start of this process, and of the box perhaps
}

func newExchange(o *office.Office, cfg config, plan func() pbx.Plan, secret string, log *slog.Logger) *exchange {
	e := &exchange{
		office: o, plan: plan, born: time.Now(), run: cfg.Paths.Run, log: log,
		changed: func() {}, kicks: make(chan struct{}, 1), mirrors: make(chan struct{}, 1), progress: make(chan struct{}),
	}
	e.syncer = &pbxsync.Syncer{
		Dir: filepath.Join(cfg.Paths.Data, "asterisk"), Log: log,
		Running: e.Up, Verify: e.verify,
		Reload: func(ctx context.Context, module string) error { return e.client.Reload(ctx, module) },
	}
	e.queues = newQueues(e)
	e.forwards = newForwards(e)
	e.tenants = newTenants(e, cfg.Paths.Data)
	e.talks = newLiveCalls(e.numberOf)
	e.browsers = newContacts(time.Now)
	if cfg.Asterisk.AMI == "" {
		return e
	}
	e.client = &ami.Client{
		Addr: cfg.Asterisk.AMI, User: "autocomd", Secret: secret, Log: log,
		OnUp: func(ctx context.Context) { // another process, perhaps: it is asked everything again
			e.mu.Lock()
			e.since = time.Now()
			e.mu.Unlock()
			e.syncer.Restarted()
			poke(e.kicks)
			poke(e.mirrors)
			e.queues.refresh()
			if err := e.talks.read(ctx, e.client); err != nil && ctx.Err() == nil {
				log.Warn("calls that are going on are not shown", "error", err)
			}
			e.changed()
			if e.prompts != nil {
				poke(e.prompts.wakes)
			}
		},
		OnDown: func() {
			e.queues.forget()
			e.talks.forget()
			e.changed()
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

// sketches renders plans that are only looked at.
func (e *exchange) sketches() *asteriskconf.Renderer {
	if e == nil {
		return nil
	}
	return e.renderer
}

// Blind reports that registrations cannot be seen though they should.
func (e *exchange) Blind() bool { return e.client != nil && !e.client.Up() }

// writePlan renders the plan and makes Asterisk have it.
func (e *exchange) writePlan(ctx context.Context) error {
	plan := e.plan()
	if !plan.Address.IsValid() {
		return nil // no LAN address yet: Asterisk keeps the last good configuration
	}
	files, left, err := asteriskconf.RenderSound(plan)
	if err != nil {
		return err
	}
	e.leaves(left)
	e.proofs.give(plan)
	moved := e.tenants.settle(ctx, plan)
	result, err := e.syncer.Apply(ctx, files)
	if err != nil {
		return err
	}
	if err := e.forget(plan); err != nil {
		return err
	}
	// The syncer's note on the card knows which run of Asterisk must end. Without
	// anybody to ask, the request itself has to be made, once.
	up := e.Up()
	e.restart = result.Restart || e.restart && !up
	if e.restart {
		return e.restartWhenIdle(ctx)
	}
	switch {
	case !up:
		return nil
	case !e.syncer.Verified(): // it came up while the files were written
		return errUnread
	}
	e.confirm(plan)
	return moved
}

// forget removes the setup code of what lies beside the present configuration of Asterisk,
// as soon as the present one does not hold it.
func (e *exchange) forget(plan pbx.Plan) error {
	if plan.Setup.Code != "" {
		e.forgotten = false
		return nil
	}
	if e.forgotten {
		return nil
	}
	if err := e.syncer.Forget(setupcode.File, setupcode.Mark); err != nil {
		return fmt.Errorf("remove the setup code from old configurations: %w", err)
	}
	e.forgotten = true
	return nil
}

// leaves says once what the plan had to be made without.
func (e *exchange) leaves(left []asteriskconf.Left) {
	says := map[string]bool{}
	for _, l := range left {
		text := l.Cause.Error()
		if says[text] = true; !e.left[text] {
			e.log.Error("left out, because it makes no sense in the plan: correct it", "kind", l.Kind, "id", l.ID, "cause", l.Cause)
		}
	}
	e.left = says
}

// errUnread asks for another try at once.
var errUnread = errors.New("asterisk has just come up and is asked again")

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
	at, asking := e.at, e.asked.After(e.since) && time.Since(e.asked) < restartPatience
	e.mu.Unlock()
	if e.Up() {
		if asking {
			return errRestarting
		}
		if channels, err := e.client.Channels(ctx); err == nil && channels > 0 && (!at.IsValid() || isOurs(at)) {
			return errCalls
		}
	}
	if err := e.askRestart(); err != nil {
		return err
	}
	e.restart = false
	if e.Up() {
		return errRestarting // until another run of Asterisk answers
	}
	return nil
}

// askRestart makes the file that systemd's path unit waits for.
func (e *exchange) askRestart() error {
	path := filepath.Join(e.run, "restart-asterisk")
	if _, err := os.Stat(path); err == nil {
		return nil // asked, not done yet
	}
	e.log.Info("asterisk is to be restarted")
	if err := writeFile(path, nil, 0o644); err != nil {
		return err
	}
	e.mu.Lock()
	e.asked = time.Now()
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

// Waits between two tries of a plan that Asterisk does not have: each may write to the card.
const (
	firstWait = 2 * time.Second
	lastWait  = 5 * time.Minute
)

// Sync is the task that follows the plan.
func (e *exchange) Sync(ctx context.Context) error {
	events := e.office.Subscribe(ctx)
	said, wait := "", firstWait
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
			said, wait = "", firstWait
			retry.Stop()
			continue
		}
		if text := err.Error(); text != said {
			said = text
			e.log.Warn("asterisk does not have the plan yet", "reason", err)
		}
		retry.Reset(wait)
		if wait = min(2*wait, lastWait); errors.Is(err, errCalls) || errors.Is(err, errRestarting) {
			wait = firstWait // it is looked at, nothing is written
		}
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
