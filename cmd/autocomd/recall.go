package main

import (
	"context"
	"net/netip"
	"time"

	"autocom/pbx/ami"
	"autocom/provision"
)

const (
	recallBeat  = 2 * time.Second        // between two looks for phones that stayed behind
	recallCalm  = 5 * time.Second        // of Asterisk at the new address before the first phone is asked
	recallPause = 300 * time.Millisecond // between two phones: not all boot at once
	recallUntil = 16 * time.Minute       // by then registrations from before have ended (office: expiry)
)

// Recall is the task that calls back the phones which know the box by an address it
// has left. Asterisk knows where they were registered, even when they do not answer
// it from there; who boots learns the address by PnP and reads it in its file. A phone is
// asked between its calls, again while it does not come, and one that is away not at
// all: it learns the address at its next boot.
func (e *exchange) Recall(ctx context.Context) error {
	tried := attempts{}
	for ctx.Err() == nil {
		sleep(ctx, recallBeat)
		address, ok := e.settled()
		if !ok {
			continue
		}
		late := behind(e.office.Devices(), address, func(id string) bool { return tried.due(id, address.String(), time.Now()) })
		if len(late) == 0 {
			continue
		}
		contacts, err := e.client.Contacts(ctx)
		if err != nil {
			continue // it is away: the next beat sees
		}
		here := map[string]bool{}
		for _, c := range contacts {
			here[c.AOR] = c.Registered()
		}
		for _, d := range late {
			if user := lineOf(d, here); user != "" && ctx.Err() == nil && e.callBack(ctx, d, user) {
				tried.note(d.ID, address.String(), time.Now())
				sleep(ctx, recallPause)
			}
		}
	}
	return nil
}

// behind are the phones with a number of their own that have read another address
// than this one in their last file, and are due to be asked to come to it.
// Softphones on smartphones and PCs read their file once and obey nobody.
func behind(devices []provision.Device, address netip.Addr, due func(id string) bool) []provision.Device {
	var out []provision.Device
	for _, d := range devices {
		bound := d.Allocation == provision.AllocationBound && !d.Soft()
		if bound && d.Server.IsValid() && d.Server != address && due(d.ID) {
			out = append(out, d)
		}
	}
	return out
}

// lineOf is the first of a device's SIP users that is among those here, or "".
func lineOf(d provision.Device, here map[string]bool) string {
	for _, l := range d.Lines {
		if user := d.SIPUser(l.N); here[user] {
			return user
		}
	}
	return ""
}

// registeredLine is the SIP user of the first line that is registered, or "".
func registeredLine(d provision.Device) string {
	for _, l := range d.Lines {
		if l.Registered {
			return d.SIPUser(l.N)
		}
	}
	return ""
}

// callBack asks one phone to boot, unless it is in a call or cannot be asked now.
func (e *exchange) callBack(ctx context.Context, d provision.Device, user string) (done bool) {
	if !e.idle(ctx, d) {
		return false
	}
	if err := e.checkSync(ctx, d, user, true); err != nil {
		e.log.Warn("a phone is not told that the box moved", "device", d.ID, "error", err)
		return false
	}
	e.log.Info("phone is asked to boot: it knows the box by an address that is gone", "device", d.ID, "extension", d.Number(), "address", d.Server)
	return true
}

// busy reports whether a line has a call now, one that still rings too.
func (e *exchange) busy(ctx context.Context, user string) (bool, error) {
	r, err := e.client.Do(ctx, ami.Action{Name: "PJSIPShowEndpoint", Fields: []ami.Field{{Key: "Endpoint", Value: user}}})
	if err != nil {
		return false, err
	}
	for _, item := range r.Items {
		if item.Name == "EndpointDetail" && item.Get("ActiveChannels") != "0" { // their number
			return true, nil
		}
	}
	return false, nil
}

// settled is the address of the box, and whether Asterisk has been running at it
// for a while, but not for long: a NOTIFY from the run before would leave by the old
// one, and who is registered later has come by itself.
func (e *exchange) settled() (netip.Addr, bool) {
	address := e.office.Site().Address
	e.mu.Lock()
	defer e.mu.Unlock()
	age := time.Since(e.since)
	return address, address.IsValid() && e.at == address && e.asked.Before(e.since) && age >= recallCalm && age < recallUntil
}
