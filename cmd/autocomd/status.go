package main

import (
	"context"
	"fmt"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"

	"autocom/office"
	"autocom/provision"
)

// ready reports whether a phone that asks now can be served and can register.
func (d *daemon) ready() bool {
	return d.office.Site().Address.IsValid() && (d.exchange.client == nil || d.exchange.Up())
}

// status is GET status for who may know.
func (d *daemon) status() map[string]any {
	site, plan := d.office.Site(), d.office.Plan()
	counters := map[string]any{"files": d.office.Counters(), "http": d.files.Counters(), "sightings_dropped": d.intake.dropped.Load()}
	if d.tftp != nil {
		counters["tftp"] = d.tftp.Counters()
	}
	d.counts.into(counters)
	lan, _ := d.watch.LAN()
	body := map[string]any{
		"hostname": d.hostname, "interface": lan.Name, "mode": d.cfg.Phones.Mode, "extensions": d.cfg.Phones.Extensions,
		"revision": plan.Revision, "live_revision": d.exchange.Confirmed(), "exchange": d.exchangeState(),
		"gives_addresses": d.lan.Giving(), "devices": d.states(), "counters": counters, "started": d.started.UTC(),
	}
	if other := d.lan.Rival(); d.cfg.serves() && other.IsValid() {
		body["dhcp_conflict"] = other
	}
	if site.Address.IsValid() {
		body["address"] = site.Address
	}
	return body
}

func (d *daemon) exchangeState() string {
	switch {
	case d.exchange.client == nil:
		return "not configured"
	case d.exchange.Up():
		return "connected"
	}
	return "away"
}

// states counts the devices by their state.
func (d *daemon) states() map[string]int {
	states := map[string]int{}
	for _, x := range d.office.Devices() {
		states[x.State()]++
	}
	return states
}

// beat is how often time passes in the office.
const beat = 5 * time.Second

// clock lets time pass, and tells systemd that the office still answers: a
// watchdog fed by anything less would hide a card that hangs.
func (d *daemon) clock(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-d.watch.Ready():
	}
	if _, err := systemd.SdNotify(false, systemd.SdNotifyReady); err != nil {
		d.log.Warn("systemd was not told that we are ready", "error", err)
	}
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		if _, err := d.office.Apply(ctx, office.Tick{Blind: d.exchange.Blind()}); err != nil {
			d.log.Error("reservations were not looked through", "error", err)
		}
		// No NOTIFY_SOCKET is no error; a lost message is followed by another.
		_, _ = systemd.SdNotify(false, systemd.SdNotifyWatchdog+"\nSTATUS="+d.summary())
		select {
		case <-ctx.Done():
			_, _ = systemd.SdNotify(false, systemd.SdNotifyStopping)
			return nil
		case <-tick.C:
		}
	}
}

// summary is the line of systemctl status.
func (d *daemon) summary() string {
	held, here := 0, 0
	for _, x := range d.office.Devices() {
		if x.Number() != "" {
			held++
		}
		if x.Reach == provision.ReachRegistered {
			here++
		}
	}
	address := "none yet"
	if a := d.office.Site().Address; a.IsValid() {
		address = a.String()
	}
	return fmt.Sprintf("%d numbers held, %d registered, Asterisk %s, address %s", held, here, d.exchangeState(), address)
}
