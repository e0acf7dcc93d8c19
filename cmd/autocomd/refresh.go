package main

import (
	"context"
	"time"

	"autocom/office"
	"autocom/pbx/ami"
	"autocom/provision"
)

const (
	refreshCalm  = 5 * time.Second        // between two looks for files that have changed
	refreshPause = 200 * time.Millisecond // between two phones: five in a second
	refreshLook  = time.Minute            // it is looked without a reason too
	refreshSeen  = 4 * time.Second        // after somebody was asked: who came is due for the next change at once

	tryAgain = 2 * time.Minute // a NOTIFY may be lost, and nobody tells whether it was
	maxTries = 4
	forget   = 24 * time.Hour // after it a phone is asked anew
)

// Refresh is the task that tells phones to fetch their file when it has become another
// one: a name was changed, keys were set, a guest was let in. A phone in a call is
// asked when that is over. What the phone answers (481 and 489 say that it knows no such
// event) Asterisk keeps for itself: that the file is fetched or not tells the same.
func (e *exchange) Refresh(ctx context.Context) error {
	events := e.office.Subscribe(ctx)
	look := time.NewTicker(refreshLook)
	defer look.Stop()
	again := time.NewTimer(0)
	defer again.Stop()
	tried := attempts{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events:
			sleep(ctx, refreshCalm) // a burst of changes is one file
			drained(events)
		case <-look.C:
		case <-again.C:
		}
		if !e.Up() || ctx.Err() != nil {
			continue
		}
		if e.refresh(ctx, tried) {
			again.Reset(refreshSeen)
		}
	}
}

// refresh asks those who are due, and reports whether somebody is waited for.
func (e *exchange) refresh(ctx context.Context, tried attempts) (waits bool) {
	address := e.office.Site().Address
	stale := map[string]bool{}
	for _, d := range e.office.Stale() {
		user := registeredLine(d)
		// Who knows the box by another address is called back by Recall, which makes it boot.
		if user == "" || d.Server.IsValid() && d.Server != address || ctx.Err() != nil {
			continue
		}
		stale[d.ID] = true
		waits = waits || tried[d.ID].count < maxTries
		if !tried.due(d.ID, "file", time.Now()) {
			continue
		}
		if !e.idle(ctx, d) {
			continue
		}
		if err := e.checkSync(ctx, d, user, false); err != nil {
			e.log.Warn("a phone is not told that its file is another one", "device", d.ID, "error", err)
			continue
		}
		tried.note(d.ID, "file", time.Now())
		e.log.Info("phone is asked to fetch its file: it has changed", "device", d.ID, "extension", d.Number(), "try", tried[d.ID].count)
		if tried[d.ID].count == maxTries {
			e.log.Warn("a phone does not fetch its file when it is asked: unplug it and plug it in again", "device", d.ID, "vendor", d.Vendor)
			if e.office.Away(d.ID) {
				if _, err := e.office.Apply(ctx, office.Mistrusted{ID: d.ID}); err != nil {
					e.log.Error("a phone that does not come to HTTPS stays with it", "device", d.ID, "error", err)
				}
			}
		}
		sleep(ctx, refreshPause)
	}
	tried.keep(stale)
	return waits
}

// attempts are what phones were asked for, and how often.
type attempts map[string]attempt

type attempt struct {
	what  string
	count int
	at    time.Time
}

// due reports whether a device may be asked now.
func (a attempts) due(id, what string, now time.Time) bool {
	x, ok := a[id]
	age := now.Sub(x.at)
	return !ok || x.what != what || age >= forget || x.count < maxTries && age >= tryAgain
}

func (a attempts) note(id, what string, now time.Time) {
	x := a[id]
	if x.what != what || now.Sub(x.at) >= forget {
		x = attempt{what: what}
	}
	x.count++
	x.at = now
	a[id] = x
}

// keep forgets the devices that did what they were asked for.
func (a attempts) keep(still map[string]bool) {
	for id := range a {
		if !still[id] {
			delete(a, id)
		}
	}
}

// idle reports that no line of a phone has a call; in doubt one has.
func (e *exchange) idle(ctx context.Context, d provision.Device) bool {
	for _, l := range d.Lines {
		busy, err := e.busy(ctx, d.SIPUser(l.N))
		if err != nil {
			e.log.Debug("a phone is not asked now", "device", d.ID, "error", err)
		}
		if err != nil || busy {
			return false
		}
	}
	return true
}

// checkSync sends the event of the phone's maker to where the phone has registered.
func (e *exchange) checkSync(ctx context.Context, d provision.Device, user string, reboot bool) error {
	return e.client.Notify(ctx, user, ami.Field{Key: "Event", Value: event(e.makers, d.Vendor, reboot)})
}

// event is what a maker's phones obey: to fetch their file, or to boot.
func event(makers []provision.Vendor, vendor string, reboot bool) string {
	for _, v := range makers {
		switch {
		case v.ID != vendor:
		case reboot && v.Reboot != "":
			return v.Reboot
		case v.Resync != "":
			return v.Resync
		}
	}
	return "check-sync"
}
