package office

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
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
		return fmt.Errorf("%w: the installation has no number", ErrRefused)
	}
	d.Token, d.WindowUntil = newToken(), ch.now.Add(ch.office.cfg.Window)
	return ch.put(d)
}

func (c Approve) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	switch {
	case holds(d):
		return nil
	case d.Verdict == provision.VerdictUnsupported:
		return fmt.Errorf("%w: %s", ErrRefused, d.Reason)
	case d.Vendor == "" && !d.Soft():
		return fmt.Errorf("%w: %s has not been recognised as a phone, so there is no file to give it", ErrRefused, d.ID)
	case !d.Soft() && !slices.ContainsFunc(d.Evidence, func(e provision.Evidence) bool { return e.Proved }):
		// A number of its own would be of no use: its file goes to a proved address alone.
		return fmt.Errorf("%w: %s", ErrRefused, inventory.Unproved)
	}
	if err := ch.reserve(&d, true); err != nil {
		return err
	}
	return ch.put(d)
}

func (c Reject) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	if err := ch.takeBack(&d); err != nil {
		return err
	}
	d.Verdict, d.Reason = provision.VerdictRejected, "somebody refused it"
	return ch.put(d)
}

func (c Release) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil || !holds(d) {
		return err
	}
	if err := ch.takeBack(&d); err != nil {
		return err
	}
	d.Reason = "somebody released its number; it gets another when it asks again"
	return ch.put(d)
}

// takeBack ends what a device holds. A number that was bound rests: people still
// call it. Its account and its token are worth nothing from now on.
func (ch *change) takeBack(d *provision.Device) error {
	if !holds(*d) {
		return nil
	}
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	if d.Allocation == provision.AllocationBound {
		err = tx.Quarantine(d.ID, ch.now)
	} else {
		err = tx.Free(d.ID)
	}
	if err != nil {
		return fmt.Errorf("take back %s of %s: %w", d.Number(), d.ID, err)
	}
	strip(d)
	d.Allocation = provision.AllocationReleased
	return nil
}

func strip(d *provision.Device) {
	d.Lines, d.Token, d.Reach = nil, "", provision.ReachNever
	d.Server, d.AtRoot = netip.Addr{}, false
	d.WindowUntil, d.ReservedAt = time.Time{}, time.Time{}
}

func (c Reset) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	if !holds(d) {
		return fmt.Errorf("%w: %s holds no number", ErrRefused, d.ID)
	}
	for i := range d.Lines {
		d.Lines[i].Secret, d.Lines[i].Registered = newSecret(), false
	}
	d.Token, d.WindowUntil, d.Reach = newToken(), ch.now.Add(ch.office.cfg.Window), provision.ReachNever
	return ch.put(d)
}

func (c Moved) apply(ch *change) error {
	if !c.Address.Is4() || c.Address.IsUnspecified() {
		return fmt.Errorf("address %s: an IPv4 address of the phones' LAN is needed: %w", c.Address, fs.ErrInvalid)
	}
	ch.site.Address = c.Address
	return nil
}

func (c Tick) apply(ch *change) error {
	var overdue, waiting []provision.Device
	for d := range ch.all {
		switch {
		case d.Allocation == provision.AllocationReserved && !c.Blind && ch.overdue(d):
			overdue = append(overdue, copied(d))
		case d.Verdict == provision.VerdictPending && !holds(d):
			if v, _ := ch.verdict(d); v == provision.VerdictPhone {
				waiting = append(waiting, d)
			}
		}
	}
	for _, d := range overdue {
		if err := ch.expire(d); err != nil {
			return err
		}
	}
	// Who came first is first served; when there is nothing for one, there is for none.
	slices.SortFunc(waiting, func(a, b provision.Device) int { return a.FirstSeen.Compare(b.FirstSeen) })
	for _, d := range waiting {
		if err := ch.settle(copied(d)); err != nil {
			return err
		}
		if got, _ := ch.device(d.ID); !holds(got) {
			return nil
		}
	}
	return nil
}

// overdue counts from the start of the program when that is later: while the box
// was off no phone could register.
func (ch *change) overdue(d provision.Device) bool {
	since := d.ReservedAt
	if ch.office.opened.After(since) {
		since = ch.office.opened
	}
	return ch.now.Sub(since) >= ch.office.cfg.ReservedFor
}

func (ch *change) expire(d provision.Device) error {
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	if err := tx.Free(d.ID); err != nil {
		return fmt.Errorf("free %s of %s: %w", d.Number(), d.ID, err)
	}
	strip(&d)
	d.Allocation, d.Verdict = provision.AllocationNone, provision.VerdictSeen
	d.Reason = "it did not register in time: unplug the phone and plug it in again"
	return ch.put(d)
}

func (c Claim) apply(ch *change) error   { return ErrRefused }
func (c Replace) apply(ch *change) error { return ErrRefused }
func (c Rename) apply(ch *change) error  { return ErrRefused }
func (c SetKeys) apply(ch *change) error { return ErrRefused }
func (c AddLine) apply(ch *change) error { return ErrRefused }
