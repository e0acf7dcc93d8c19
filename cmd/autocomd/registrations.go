package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"autocom/office"
	"autocom/pbx/ami"
	"autocom/portal"
	"autocom/provision"
)

// Manager is the task that keeps the connection to Asterisk.
func (e *exchange) Manager(ctx context.Context) error {
	if e.client == nil {
		e.log.Warn("no [asterisk] in the settings: numbers are given and files served, nothing is ever bound")
		return nil
	}
	return e.client.Run(ctx)
}

// event reads that somebody showed a password, or that a registration came or went.
// One that went may have been replaced already (a phone with a new port), so the whole
// list decides; so it does when a password is shown, for a phone that registers again
// from where it was makes no other event.
func (e *exchange) event(ev ami.Event) {
	if e.strange != nil {
		e.strange(ev)
	}
	e.queues.event(ev)
	e.forwards.event(ev)
	e.talks.event(ev)
	if e.prompts != nil {
		e.prompts.event(ev)
	}
	if e.mailer != nil && ev.Name == "MessageWaiting" {
		poke(e.mailer.wakes)
	}
	if e.trunkEvent(ev) {
		return
	}
	if user, code, ok := decodeClaim(ev); ok {
		e.claim(user, code)
		return
	}
	if user, ok := decodeProof(ev); ok {
		e.proofs.show(user)
		if d, l, ok := e.line(user); ok && waits(d) && e.proofs.has(user, l.Secret) {
			poke(e.mirrors)
		}
		return
	}
	c, ok := ami.DecodeContact(ev)
	switch {
	case !ok:
	case c.Reachable():
		e.news.note(c.AOR, func() {
			if _, _, ok := e.line(c.AOR); !ok && e.browserLines()[c.AOR] {
				e.browsers.set(c.AOR, true, false)
				return
			}
			e.here(context.Background(), c.AOR)
		})
	default:
		e.news.note(c.AOR, func() {})
		poke(e.mirrors)
	}
}

// decodeClaim reads which line dialled which code (asterisk-conf, ac-claim):
//
//	Event: UserEvent
//	UserEvent: Claim
//	Line: 0015654aa937-1
//	Code: 123456
func decodeClaim(ev ami.Event) (user, code string, ok bool) {
	ok = ev.Name == "UserEvent" && ev.Get("UserEvent") == "Claim"
	return ev.Get("Line"), ev.Get("Code"), ok
}

// claim tells the office of a code that was dialled. The caller hears whether it was
// right: Asterisk looks after two seconds what the line may dial.
func (e *exchange) claim(user, code string) {
	if _, err := e.office.Apply(context.Background(), office.Claim{SIPUser: user, Code: code}); err != nil {
		e.log.Info("a code was dialled and gave no number", "line", user, "reason", err)
	}
}

// here tells the office of a registration: of one that is proved, or of any.
func (e *exchange) here(ctx context.Context, user string) {
	if _, l, ok := e.line(user); ok && e.proofs.has(user, l.Secret) {
		e.apply(ctx, office.Registered{SIPUser: user})
		return
	}
	e.apply(ctx, office.Present{SIPUser: user})
}

// line finds the line of a SIP user.
func (e *exchange) line(user string) (provision.Device, provision.Line, bool) {
	id, n, ok := provision.ParseSIPUser(user)
	if !ok {
		return provision.Device{}, provision.Line{}, false
	}
	d, _ := e.office.Device(id)
	i := slices.IndexFunc(d.Lines, func(l provision.Line) bool { return l.N == n })
	if i < 0 {
		return d, provision.Line{}, false
	}
	return d, d.Lines[i], true
}

// numberOf is whose phone a channel is: "PJSIP/0015654aa937-1-00000003" → "201"; "" of a
// trunk's, and of our own.
func (e *exchange) numberOf(channel string) string {
	user, ok := strings.CutPrefix(channel, "PJSIP/")
	i := strings.LastIndexByte(user, '-')
	if !ok || i < 0 {
		return ""
	}
	user = user[:i]
	if _, l, ok := e.line(user); ok {
		return l.Number
	}
	for _, x := range e.office.Plan().Endpoints { // a browser's
		if x.ID == user {
			return x.Number
		}
	}
	return ""
}

// waits reports whether a proved registration would change something for a device
// even though an older one is there: its number becomes its own, or its window closes.
func waits(d provision.Device) bool {
	return d.Allocation == provision.AllocationReserved || d.Reach == provision.ReachFetched
}

func (e *exchange) apply(ctx context.Context, c office.Command) {
	switch _, err := e.office.Apply(ctx, c); {
	case errors.Is(err, fs.ErrNotExist):
		e.log.Debug("a registration of nobody we know", "error", err)
	case err != nil:
		e.log.Error("a registration was not noted", "error", err)
	}
}

const (
	mirrorEvery = time.Minute     // the whole list is read, events or not
	mirrorRetry = 2 * time.Second // after a list that was not given
)

// Mirror is the task that compares all registrations with what the office thinks.
func (e *exchange) Mirror(ctx context.Context) error {
	every := time.NewTicker(mirrorEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-e.mirrors:
		case <-every.C:
		}
		sleep(ctx, 300*time.Millisecond)
		if !e.Up() || ctx.Err() != nil {
			continue // the next login pokes
		}
		if err := e.mirror(ctx); err != nil {
			e.log.Debug("registrations not read", "error", err)
			time.AfterFunc(mirrorRetry, func() { poke(e.mirrors) })
		}
	}
}

// mirror reads the list and corrects the office by it, but for those of whom
// something newer was heard meanwhile: for them another list is asked for.
func (e *exchange) mirror(ctx context.Context) error {
	e.news.begin()
	contacts, err := e.client.Contacts(ctx)
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, c := range contacts {
		if c.Reachable() {
			listed[c.AOR] = true
		}
	}
	e.mirrorBrowsers(listed)
	for _, d := range e.office.Devices() {
		for _, l := range d.Lines {
			user := d.SIPUser(l.N)
			var act func()
			switch here := listed[user]; {
			case here && (!l.Registered || waits(d) && e.proofs.has(user, l.Secret)):
				act = func() { e.here(ctx, user) }
			case !here && l.Registered:
				act = func() { e.apply(ctx, office.Unregistered{SIPUser: user}) }
			default:
				continue
			}
			if !e.news.unless(user, act) {
				poke(e.mirrors)
			}
		}
	}
	return nil
}

// news are the SIP users of whom something was heard since a list was asked for.
type news struct {
	mu    sync.Mutex
	users map[string]bool
}

func (n *news) begin() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.users = map[string]bool{}
}

// note acts on what was just heard of a user.
func (n *news) note(user string, act func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.users != nil {
		n.users[user] = true
	}
	act()
}

// unless acts on what the list says of a user, when nothing newer was heard.
func (n *news) unless(user string, act func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.users[user] {
		return false
	}
	act()
	return true
}

// Resync asks a phone to fetch its file again, without a reboot where its maker
// knows how; one that knows the box by another address has to boot, for that is
// where it looks then. A phone that is not registered cannot be asked.
func (e *exchange) Resync(ctx context.Context, id string) error {
	d, ok := e.office.Device(id)
	if !ok {
		return fmt.Errorf("device %q: %w", id, fs.ErrNotExist)
	}
	if user := registeredLine(d); user != "" && e.Up() {
		return e.checkSync(ctx, d, user, d.Server.IsValid() && d.Server != e.office.Site().Address)
	}
	return fmt.Errorf("%w: %s is not registered: unplug it and plug it in again", portal.ErrConflict, id)
}
