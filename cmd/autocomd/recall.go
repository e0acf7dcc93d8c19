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
)

// Recall is the task that calls back the phones which know the box by an address it
// has left. Asterisk finds them where they were registered, for a quarter of an hour
// at most; who boots learns the address by PnP and reads it in its file. A phone is
// asked once for each address, between its calls, and one that is away not at all:
// it learns the address at its next boot.
func (e *exchange) Recall(ctx context.Context) error {
	asked := map[string]netip.Addr{} // device → the address it was asked to come to
	for ctx.Err() == nil {
		sleep(ctx, recallBeat)
		address, ok := e.settled()
		if !ok {
			continue
		}
		for _, d := range behind(e.office.Devices(), address) {
			if asked[d.ID] == address || ctx.Err() != nil || !e.callBack(ctx, d) {
				continue
			}
			asked[d.ID] = address
			sleep(ctx, recallPause)
		}
	}
	return nil
}

// behind are the phones with a number of their own that are registered, as far as
// Asterisk knows, and have read another address than this one in their last file.
// Softphones on smartphones and PCs read their file once and obey nobody.
func behind(devices []provision.Device, address netip.Addr) []provision.Device {
	var out []provision.Device
	for _, d := range devices {
		bound := d.Allocation == provision.AllocationBound && !d.Soft()
		if bound && d.Server.IsValid() && d.Server != address && registeredLine(d) != "" {
			out = append(out, d)
		}
	}
	return out
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
func (e *exchange) callBack(ctx context.Context, d provision.Device) (done bool) {
	for _, l := range d.Lines {
		busy, err := e.busy(ctx, d.SIPUser(l.N))
		if err != nil {
			e.log.Debug("a phone is not called back now", "device", d.ID, "error", err)
			return false
		}
		if busy {
			return false
		}
	}
	if err := e.checkSync(ctx, registeredLine(d), true); err != nil {
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
// for a while: a NOTIFY from the run before would leave by the old one.
func (e *exchange) settled() (netip.Addr, bool) {
	address := e.office.Site().Address
	e.mu.Lock()
	defer e.mu.Unlock()
	return address, address.IsValid() && e.at == address && !e.restart && e.asked.IsZero() && time.Since(e.since) >= recallCalm
}
