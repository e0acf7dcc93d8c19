package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"autocom/office"
	"autocom/pbx/ami"
	"autocom/portal"
)

// Manager is the task that keeps the connection to Asterisk.
func (e *exchange) Manager(ctx context.Context) error {
	if e.client == nil {
		e.log.Warn("no [asterisk] in the settings: numbers are given and files served, nothing is ever bound")
		return nil
	}
	return e.client.Run(ctx)
}

// event reads a registration that came or went. One that went may have been
// replaced already (a phone with a new port), so the whole list decides.
func (e *exchange) event(ev ami.Event) {
	c, ok := ami.DecodeContact(ev)
	switch {
	case !ok:
	case c.Reachable():
		e.apply(context.Background(), office.Registered{SIPUser: c.AOR})
	default:
		poke(e.mirrors)
	}
}

func (e *exchange) apply(ctx context.Context, c office.Command) {
	switch _, err := e.office.Apply(ctx, c); {
	case errors.Is(err, fs.ErrNotExist):
		e.log.Debug("a registration of nobody we know", "error", err)
	case err != nil:
		e.log.Error("a registration was not noted", "error", err)
	}
}

// Mirror is the task that compares all registrations with what the office thinks.
func (e *exchange) Mirror(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-e.mirrors:
		}
		sleep(ctx, 300*time.Millisecond)
		if e.client == nil || ctx.Err() != nil {
			continue
		}
		contacts, err := e.client.Contacts(ctx)
		if err != nil {
			e.log.Debug("registrations not read", "error", err) // the next login reads them
			continue
		}
		here := map[string]bool{}
		for _, c := range contacts {
			if c.Reachable() {
				here[c.AOR] = true
			}
		}
		for _, d := range e.office.Devices() {
			for _, l := range d.Lines {
				user := d.SIPUser(l.N)
				switch {
				case here[user] && !l.Registered:
					e.apply(ctx, office.Registered{SIPUser: user})
				case !here[user] && l.Registered:
					e.apply(ctx, office.Unregistered{SIPUser: user})
				}
			}
		}
	}
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
		return e.checkSync(ctx, user, d.Server.IsValid() && d.Server != e.office.Site().Address)
	}
	return fmt.Errorf("%w: %s is not registered: unplug it and plug it in again", portal.ErrConflict, id)
}

// checkSync sends the event that Yealink, Snom and others obey.
func (e *exchange) checkSync(ctx context.Context, user string, reboot bool) error {
	return e.client.Notify(ctx, user, ami.Field{Key: "Event", Value: fmt.Sprintf("check-sync;reboot=%t", reboot)})
}
