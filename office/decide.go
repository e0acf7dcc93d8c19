package office

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"autocom/provision"
	"autocom/provision/inventory"
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
	d.Kind = ch.office.kind(d)
	d.Verdict, d.Reason = ch.verdict(d)
	if d.Kind == provision.KindGateway {
		if err := ch.refuseGateway(&d); err != nil {
			return err
		}
	}
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
		d.Verdict, d.Reason = provision.VerdictSeen, whyCrowd
	}
	ch.lodge(&d)
	if holds(d) {
		if d.Verdict == provision.VerdictPhone {
			if err := ch.complete(&d); err != nil {
				return err
			}
		}
		d.Reason = ch.remark(d)
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
	if v == provision.VerdictPending && why == inventory.Unproved && routed(d) {
		why = whyRouted
	}
	return v, why
}

// routed reports a phone that has reached us from behind a router: it asked for its
// file, and nothing proves that it is the one it says.
func routed(d provision.Device) bool {
	asked := false
	for _, e := range d.Evidence {
		if e.Proved {
			return false
		}
		asked = asked || e.Sensor == provision.SensorHTTP || e.Sensor == provision.SensorTFTP
	}
	return asked && !d.MAC.Local() && !d.MAC.Multicast()
}

func proved(d provision.Device) bool {
	return slices.ContainsFunc(d.Evidence, func(e provision.Evidence) bool { return e.Proved })
}

// kind says what sort of equipment the makers' data calls a device.
func (o *Office) kind(d provision.Device) provision.Kind {
	if d.Soft() {
		return ""
	}
	maker := o.makers[d.Vendor]
	for _, r := range maker.Refused {
		if r.Kind != "" && r.Model.MatchString(d.Model) {
			return r.Kind
		}
	}
	if maker.Kind != "" {
		return maker.Kind
	}
	rule, _ := o.cfg.Files.Lines(d.Vendor, d.Model)
	return rule.Kind
}

// refuseGateway leaves a gateway no number, but one that has registered as a phone
// already: somebody rings it.
func (ch *change) refuseGateway(d *provision.Device) error {
	if d.Allocation == provision.AllocationBound {
		return nil
	}
	if holds(*d) {
		if err := ch.takeBack(d); err != nil {
			return err
		}
		d.Allocation = provision.AllocationNone
		// The promise is over: what the device is, is asked again.
		d.Verdict, d.Reason = ch.verdict(*d)
	}
	if d.Verdict == provision.VerdictPhone || d.Verdict == provision.VerdictPending {
		d.Verdict, d.Reason = provision.VerdictUnsupported, whyGateway
	}
	return nil
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
	if c.Secret {
		d.Secured = c.TLS
	}
	if c.Server.IsValid() {
		d.AtRoot = !c.Secret && strayed(d, c.Server)
		d.Server = c.Server
	}
	// Within a reset's window an old registration may still be there; the new
	// account was fetched all the same.
	if c.Secret && (d.Reach != provision.ReachRegistered || ch.now.Before(d.WindowUntil)) {
		d.Reach = provision.ReachFetched
	}
	if holds(d) {
		d.Reason = ch.remark(d)
	}
	return ch.put(d)
}

func (c Trusted) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil || d.Trusts || !served(d) {
		return err
	}
	d.Trusts = true
	return ch.put(d)
}

// A phone that is sent to where it cannot fetch has a way back: whenever it asks at the
// root, that file leads it there for good.
func (c Mistrusted) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil || d.Plain || !d.Trusts || !served(d) {
		return err
	}
	d.Plain, d.AtRoot = true, true
	return ch.put(d)
}

func (c owned) apply(ch *change) error {
	d, err := ch.must(c.id)
	switch {
	case err != nil:
		return err
	case d.Token != c.token || d.Owner.IsValid() && d.Owner != c.addr:
		return fmt.Errorf("token of %s: %w", c.id, fs.ErrNotExist)
	}
	d.Owner = c.addr
	d.Reason = ch.remark(d)
	return ch.put(d)
}

func (c Registered) apply(ch *change) error {
	d, i, err := ch.line(c.SIPUser)
	if err != nil {
		return err
	}
	reach := d.Reach
	d.Lines[i].Registered, d.Reach, d.LastSeen = true, provision.ReachRegistered, ch.now
	if guest(d) {
		d.ReservedAt = time.Time{} // its account is its own: its files need the token from now on
		return ch.put(d)
	}
	if d.Allocation == provision.AllocationReserved || len(d.Lines) > 1 {
		tx, err := ch.begin()
		if err != nil {
			return err
		}
		if err := tx.Bind(d.ID, d.Lines[i].N); err != nil {
			return fmt.Errorf("bind %s to %s: %w", d.Lines[i].Number, d.ID, err)
		}
	}
	switch {
	case d.Allocation == provision.AllocationReserved:
		d.Allocation, d.BoundAt = provision.AllocationBound, ch.now
		if reach != provision.ReachRegistered && reach != provision.ReachLost {
			// It has its account. One that waited with it has not read its number yet: the
			// window that the click opened stays.
			d.WindowUntil = time.Time{}
		}
		if d.Soft() { // the page keeps showing the QR code for a while: many scan it twice
			d.WindowUntil = ch.now.Add(ch.office.cfg.Window)
		}
	case reach == provision.ReachFetched && !d.Soft():
		d.WindowUntil = time.Time{} // the phone that was reset has its account: the window closes
	}
	n := d.Lines[i].N
	if told := ch.office.latest.at(d.ID); n > 1 && n == top(d) && !ch.office.hungry[d.ID] && !told.IsZero() && ch.now.Sub(told) < pairing {
		d.Eager = true
	}
	if err := ch.grow(&d, n); err != nil {
		return err
	}
	d.Reason = ch.remark(d)
	return ch.put(d)
}

func (c Present) apply(ch *change) error {
	d, i, err := ch.line(c.SIPUser)
	if err != nil || fresh(d) {
		return err // whoever had this line before: the phone's own REGISTER is still to come
	}
	d.Lines[i].Registered = true
	if d.Reach != provision.ReachFetched {
		d.Reach = provision.ReachRegistered
	}
	if holds(d) {
		d.Reason = ch.remark(d)
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

// line finds the line of a SIP user among the devices that have an account.
func (ch *change) line(user string) (provision.Device, int, error) {
	id, n, ok := provision.ParseSIPUser(user)
	if ok {
		if d, known := ch.device(id); known && served(d) {
			if i := slices.IndexFunc(d.Lines, func(l provision.Line) bool { return l.N == n }); i >= 0 {
				return d, i, nil
			}
		}
	}
	return provision.Device{}, 0, fmt.Errorf("SIP user %q: %w", user, fs.ErrNotExist)
}
