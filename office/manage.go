package office

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"time"

	"autocom/provision"
	"autocom/provision/inventory"
)

// ErrRefused says that a command makes no sense for the device as it is; the
// error's text says why.
var ErrRefused = errors.New("it cannot be done")

func (c Show) apply(ch *change) error {
	d, err := ch.must(SoftID(c.Token))
	if err != nil {
		return err
	}
	if !holds(d) {
		return fmt.Errorf("%w: "+noNumber, ErrRefused)
	}
	d.Token, d.WindowUntil = newToken(), ch.now.Add(ch.office.cfg.Window)
	return ch.put(d)
}

func (c Approve) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil || holds(d) {
		return err
	}
	if err := ch.admit(&d); err != nil {
		return err
	}
	if err := ch.reserve(&d, true); err != nil {
		return err
	}
	d.Reason = ch.remark(d)
	return ch.put(d)
}

// admit says why a device could do nothing with a number, or notes how it is to get
// its file.
func (ch *change) admit(d *provision.Device) error {
	d.Kind = ch.office.kind(*d)
	switch {
	case d.Verdict == provision.VerdictUnsupported && d.Reason != "":
		return fmt.Errorf("%w: %s", ErrRefused, d.Reason)
	case d.Kind == provision.KindGateway:
		return fmt.Errorf("%w: %s", ErrRefused, whyGateway)
	case d.Soft():
		return nil
	case d.Vendor == "":
		return fmt.Errorf("%w: "+notAPhone, ErrRefused, d.ID)
	case ch.office.makers[d.Vendor].Unsupported != "":
		return fmt.Errorf("%w: %s", ErrRefused, ch.office.makers[d.Vendor].Unsupported)
	case proved(*d):
		d.Routed, d.Owner = false, netip.Addr{}
		return nil
	case !routed(*d):
		// A number of its own would be of no use: its file goes to a proved address alone.
		return fmt.Errorf("%w: %s", ErrRefused, inventory.Unproved)
	}
	d.Routed, d.Owner = true, netip.Addr{}
	return nil
}

func (c Reject) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	if err := ch.takeBack(&d); err != nil {
		return err
	}
	d.Verdict, d.Reason = provision.VerdictRejected, whyRejected
	return ch.put(d)
}

func (c Release) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil || !served(d) {
		return err
	}
	if err := ch.takeBack(&d); err != nil {
		return err
	}
	d.Reason = whyReleased
	return ch.put(d)
}

// takeBack ends what a device holds. A number that was bound rests: people still
// call it. Its account and its token are worth nothing from now on.
func (ch *change) takeBack(d *provision.Device) error {
	if !holds(*d) {
		strip(d)
		return nil
	}
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	if err := tx.TakeBack(d.ID, ch.now); err != nil {
		return fmt.Errorf("take back %s of %s: %w", d.Number(), d.ID, err)
	}
	strip(d)
	d.Allocation = provision.AllocationReleased
	return nil
}

// strip takes a device's account and all that came of it.
func strip(d *provision.Device) {
	d.Lines, d.Token, d.Admin, d.Code, d.Reach = nil, "", "", "", provision.ReachNever
	d.Server, d.AtRoot, d.Trusts, d.Plain, d.Secured, d.Eager = netip.Addr{}, false, false, false, false, false
	d.Routed, d.Owner = false, netip.Addr{}
	d.WindowUntil, d.ReservedAt, d.BoundAt = time.Time{}, time.Time{}, time.Time{}
}

func (c Reset) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	if !served(d) {
		return fmt.Errorf("%w: "+holdsNone, ErrRefused, d.ID)
	}
	ch.rotate(&d)
	if guest(d) {
		d.ReservedAt, d.WindowUntil = ch.now, time.Time{}
	} else {
		d.Reason = ch.remark(d)
	}
	return ch.put(d)
}

func (c Moved) apply(ch *change) error {
	if !c.Address.Is4() || c.Address.IsUnspecified() {
		return fmt.Errorf("address %s: an IPv4 address of the phones' LAN is needed: %w", c.Address, fs.ErrInvalid)
	}
	ch.site.Address = c.Address
	return nil
}
