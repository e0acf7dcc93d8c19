package office

import (
	"crypto/subtle"
	"fmt"
	"io/fs"

	"autocom/provision"
)

// maxGuests bounds the accounts of phones that wait for somebody's click.
const maxGuests = 100

// mayLodge reports whether a phone waits with an account: somebody has to click, and
// it can be given its file.
func (ch *change) mayLodge(d provision.Device) bool {
	v, _ := ch.verdict(d)
	return v == provision.VerdictPending && ch.office.cfg.Mode == ModeAsk && !d.Soft() && d.Vendor != "" && proved(d)
}

// roomForGuests reports whether one more account may be made for a phone that waits.
func (ch *change) roomForGuests() bool {
	return ch.tally.guests < maxGuests && ch.tally.reserved < ch.office.cfg.OpenReservations
}

// lodge gives a phone that waits for a click an account without a number, and takes
// it back when the phone does not wait any more. One that waits for room keeps it.
func (ch *change) lodge(d *provision.Device) {
	switch {
	case holds(*d):
	case guest(*d):
		if d.Verdict != provision.VerdictPending || ch.office.cfg.Mode == ModeClosed {
			strip(d)
		}
	case d.Verdict == provision.VerdictPending && ch.mayLodge(*d):
		if !ch.roomForGuests() {
			d.Reason = whyNoGuest
			return
		}
		d.Lines = []provision.Line{{N: 1, Secret: newSecret()}}
		d.Token, d.Admin, d.Code = newToken(), newAdmin(), newCode()
		d.Allocation, d.Reach, d.ReservedAt = provision.AllocationNone, provision.ReachNever, ch.now
		label(d)
	}
}

func (c Claim) apply(ch *change) error {
	id, _, ok := provision.ParseSIPUser(c.SIPUser)
	d, known := ch.device(id)
	switch {
	case !ok || !known:
		return fmt.Errorf("SIP user %q: %w", c.SIPUser, fs.ErrNotExist)
	case holds(d):
		return nil
	case !guest(d) || d.Code == "":
		return fmt.Errorf("%w: "+waitsNot, ErrRefused, d.ID)
	}
	o := ch.office
	if o.tries[id].over(ch.now) {
		return fmt.Errorf("%w: "+tooManyCodes, ErrRefused)
	}
	if subtle.ConstantTimeCompare([]byte(c.Code), []byte(d.Code)) != 1 {
		o.tries[id] = o.tries[id].next(ch.now)
		if o.tries[id].over(ch.now) {
			o.alert(Alert{At: ch.now, Kind: AlertCode, Device: id, IP: d.IP, MAC: d.MAC,
				Text: fmt.Sprintf("%d wrong codes were dialled on the phone %s: it may try again in 10 minutes", claimTries, id)})
		}
		return fmt.Errorf("%w: "+wrongCode, ErrRefused)
	}
	delete(o.tries, id)
	return Approve{ID: id}.apply(ch)
}
