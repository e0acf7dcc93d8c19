package office

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"autocom/provision"
	"autocom/provision/inventory"
	"autocom/store"
)

func (c Sighted) apply(ch *change) error {
	f := inventory.Weigh(c.Sighting, ch.office.vendors)
	if f.MAC.IsZero() {
		return nil // somebody without a name: nothing to keep
	}
	d, known := ch.device(f.MAC.String())
	if !known {
		d = provision.Device{Verdict: provision.VerdictSeen, Allocation: provision.AllocationNone, Reach: provision.ReachNever}
	}
	return ch.settle(inventory.Merge(d, c.Sighting, f))
}

func (c GetNumber) apply(ch *change) error {
	if len(c.Token) < 16 {
		return errors.New("a number is given to an installation with a token of 16 signs or more")
	}
	d, known := ch.device(SoftID(c.Token))
	if !known {
		d = provision.Device{
			ID: SoftID(c.Token), Vendor: provision.Clean(c.Kind), FirstSeen: ch.now,
			Verdict: provision.VerdictSeen, Allocation: provision.AllocationNone, Reach: provision.ReachNever,
			Evidence: []provision.Evidence{{
				Sensor: provision.SensorPortal, Field: "request", Value: "get a number",
				Weight: inventory.Enough, Proved: true, At: ch.now,
			}},
		}
	}
	if name := provision.Clean(c.Name); name != "" && !holds(d) {
		d.Name = name
	}
	d.LastSeen = ch.now
	if c.IP.IsValid() {
		d.IP = c.IP
	}
	return ch.settle(d)
}

// settle decides about a device and gives it a number when it is due one.
func (ch *change) settle(d provision.Device) error {
	d.Verdict, d.Reason = ch.verdict(d)
	if d.Verdict == provision.VerdictPhone && !holds(d) {
		err := ch.reserve(&d, false)
		switch {
		case errors.Is(err, ErrFull), errors.Is(err, ErrBusy):
			d.Verdict, d.Reason = provision.VerdictPending, err.Error()
		case err != nil:
			return err
		}
	}
	if d.Verdict == provision.VerdictPending && ch.crowded(d.ID) {
		d.Verdict, d.Reason = provision.VerdictSeen, "too many others wait for a click: approve or reject some of them first"
	}
	return ch.put(d)
}

// verdict is inventory's, but that a phone which comes while no new ones are
// taken is shown as waiting: one click may still let it in.
func (ch *change) verdict(d provision.Device) (provision.Verdict, string) {
	mode := ch.office.cfg.Mode
	v, why := inventory.Decide(d, mode)
	if mode == ModeClosed && v == provision.VerdictSeen {
		if open, _ := inventory.Decide(d, ModeOpen); open == provision.VerdictPhone {
			return provision.VerdictPending, why
		}
	}
	return v, why
}

// maxPending bounds the devices kept on the card for somebody's click.
const maxPending = 500

// crowded reports whether others have taken all the room.
func (ch *change) crowded(id string) bool {
	n := ch.tally.pending
	if d, ok := ch.device(id); ok && d.Verdict == provision.VerdictPending {
		n--
	}
	return n >= maxPending
}

// reserve gives a device its number and its secrets. A click passes the limits
// that hold back a flood.
func (ch *change) reserve(d *provision.Device, clicked bool) error {
	o := ch.office
	if !clicked && ch.flooded() {
		return ErrBusy
	}
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	number, err := tx.Reserve(d.ID, 1, o.numbers.all, ch.now, ch.now.Add(-o.cfg.Quarantine))
	if errors.Is(err, store.ErrNoNumber) {
		return ErrFull
	}
	if err != nil {
		return err
	}
	d.Verdict, d.Reason = provision.VerdictPhone, ""
	d.Allocation, d.Reach, d.ReservedAt = provision.AllocationReserved, provision.ReachNever, ch.now
	name := d.Name
	if name == "" {
		name = number
	}
	d.Lines = []provision.Line{{N: 1, Number: number, Name: name, Secret: newSecret()}}
	d.Token, d.WindowUntil = newToken(), time.Time{}
	ch.given = slices.DeleteFunc(slices.Clone(ch.given), func(at time.Time) bool { return ch.now.Sub(at) > 24*time.Hour })
	ch.given = append(ch.given, ch.now)
	return nil
}

// flooded reports whether new phones have to wait: too many were given a number
// lately, or hold one without ever having registered. A number "given later than
// now" says that the clock went back, as after a power cut, and nothing else.
func (ch *change) flooded() bool {
	cfg := ch.office.cfg
	minute, day := 0, 0
	for _, at := range ch.given {
		age := ch.now.Sub(at)
		if age >= 0 && age < time.Minute {
			minute++
		}
		if age >= 0 && age <= 24*time.Hour {
			day++
		}
	}
	return minute >= cfg.NewPerMinute || day >= cfg.NewPerDay || ch.tally.reserved >= cfg.OpenReservations
}

func (c Fetched) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	d.LastSeen = ch.now
	if c.Server.IsValid() {
		d.AtRoot = !c.Secret && strayed(d, c.Server)
		d.Server = c.Server
	}
	// Within a reset's window an old registration may still be there; the new
	// account was fetched all the same.
	if c.Secret && (d.Reach != provision.ReachRegistered || ch.now.Before(d.WindowUntil)) {
		d.Reach = provision.ReachFetched
	}
	return ch.put(d)
}

func (c Registered) apply(ch *change) error {
	d, i, err := ch.line(c.SIPUser)
	if err != nil {
		return err
	}
	fetched := d.Reach == provision.ReachFetched
	d.Lines[i].Registered, d.Reach, d.LastSeen = true, provision.ReachRegistered, ch.now
	switch {
	case d.Allocation == provision.AllocationReserved:
		tx, err := ch.begin()
		if err != nil {
			return err
		}
		if err := tx.Bind(d.ID); err != nil {
			return fmt.Errorf("bind %s to %s: %w", d.Number(), d.ID, err)
		}
		d.Allocation, d.WindowUntil = provision.AllocationBound, time.Time{}
		if d.Soft() { // the page keeps showing the QR code for a while: many scan it twice
			d.WindowUntil = ch.now.Add(ch.office.cfg.Window)
		}
	case fetched && !d.Soft():
		d.WindowUntil = time.Time{} // the phone that was reset has its account: the window closes
	}
	return ch.put(d)
}

func (c Present) apply(ch *change) error {
	d, i, err := ch.line(c.SIPUser)
	if err != nil || d.Allocation == provision.AllocationReserved {
		return err // whoever had this line before: the phone's own REGISTER is still to come
	}
	d.Lines[i].Registered = true
	if d.Reach != provision.ReachFetched {
		d.Reach = provision.ReachRegistered
	}
	return ch.put(d)
}

func (c Unregistered) apply(ch *change) error {
	d, i, err := ch.line(c.SIPUser)
	if err != nil {
		return err
	}
	d.Lines[i].Registered = false
	if d.Reach == provision.ReachRegistered && !slices.ContainsFunc(d.Lines, func(l provision.Line) bool { return l.Registered }) {
		d.Reach = provision.ReachLost
	}
	return ch.put(d)
}

// line finds the line of a SIP user among the devices that hold a number.
func (ch *change) line(user string) (provision.Device, int, error) {
	id, n, ok := provision.ParseSIPUser(user)
	if ok {
		if d, known := ch.device(id); known && holds(d) {
			if i := slices.IndexFunc(d.Lines, func(l provision.Line) bool { return l.N == n }); i >= 0 {
				return d, i, nil
			}
		}
	}
	return provision.Device{}, 0, fmt.Errorf("SIP user %q: %w", user, fs.ErrNotExist)
}
