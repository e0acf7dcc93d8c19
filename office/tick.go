package office

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"autocom/provision"
)

func (c Tick) apply(ch *change) error {
	ch.office.blind = c.Blind
	var overdue, waiting, lodging, marked, silent []provision.Device
	room := ch.roomForGuests()
	for d := range ch.all {
		switch {
		case fresh(d) && !c.Blind && ch.overdue(d):
			overdue = append(overdue, copied(d))
		case holds(d):
			if !d.Soft() && d.Reason != ch.remark(d) {
				marked = append(marked, copied(d))
			}
		case d.Verdict == provision.VerdictPending && ch.forgotten(d):
			silent = append(silent, copied(d))
		case d.Verdict == provision.VerdictPending:
			switch v, _ := ch.verdict(d); {
			case v == provision.VerdictPhone:
				waiting = append(waiting, copied(d))
			case guest(d) && !ch.mayLodge(d), room && !guest(d) && d.Reason != whyGuestLate && ch.mayLodge(d):
				lodging = append(lodging, copied(d))
			}
		}
	}
	for _, d := range overdue {
		if err := ch.expire(d); err != nil {
			return err
		}
	}
	for _, d := range silent {
		d.Verdict, d.Reason = provision.VerdictSeen, whyCrowd
		if err := ch.put(d); err != nil {
			return err
		}
	}
	for _, d := range marked {
		d.Reason = ch.remark(d)
		if err := ch.put(d); err != nil {
			return err
		}
	}
	if err := ch.feed(); err != nil {
		return err
	}
	if err := ch.learn(); err != nil {
		return err
	}
	// Who came first is first served; when there is nothing for one, there is for none
	// of its kind: they may have ranges of their own.
	slices.SortFunc(waiting, byAge)
	none := map[string]bool{}
	for _, d := range waiting {
		name, _ := ch.office.numbers.poolOf(d)
		if none[name] || ch.flooded() {
			continue
		}
		if err := ch.settle(d); err != nil {
			return err
		}
		got, _ := ch.device(d.ID)
		none[name] = !holds(got)
	}
	slices.SortFunc(lodging, byAge)
	for _, d := range lodging {
		if !guest(d) && !ch.roomForGuests() {
			continue
		}
		if err := ch.settle(d); err != nil {
			return err
		}
	}
	ch.office.tidy(ch)
	return nil
}

// forgotten reports whether a device that waits makes room for others: the places are
// nearly full, as somebody who invents devices fills them, and nothing has been heard of
// this one for an hour. A phone that is there comes back with its next frame.
func (ch *change) forgotten(d provision.Device) bool {
	return ch.tally.pending > maxPending*9/10 && !guest(d) && ch.now.Sub(d.LastSeen) > time.Hour
}

func byAge(a, b provision.Device) int {
	return cmp.Or(a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.ID, b.ID))
}

// tidy forgets what is only remembered for a while.
func (o *Office) tidy(ch *change) {
	for id, t := range o.tries {
		if ch.now.Sub(t.at) >= claimPause {
			delete(o.tries, id)
		}
	}
	o.guard.forget(ch.now)
	o.forged.forget(ch.now)
	o.trail.close(ch.now)
	o.latest.keep(func(id string) bool {
		d, ok := ch.device(id)
		return ok && served(d)
	})
}

// overdue counts from the start of the program when that is later: while the box
// was off no phone could register.
func (ch *change) overdue(d provision.Device) bool {
	return ch.since(d.ReservedAt) >= ch.office.cfg.ReservedFor
}

func (ch *change) since(at time.Time) time.Duration {
	if ch.office.opened.After(at) {
		at = ch.office.opened
	}
	return ch.now.Sub(at)
}

func (ch *change) expire(d provision.Device) error {
	if guest(d) {
		strip(&d)
		d.Reason = whyGuestLate
		return ch.put(d)
	}
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	if err := tx.TakeBack(d.ID, ch.now); err != nil {
		return fmt.Errorf("free %s of %s: %w", d.Number(), d.ID, err)
	}
	strip(&d)
	d.Allocation, d.Verdict = provision.AllocationNone, provision.VerdictSeen
	d.Reason = whyLate
	return ch.put(d)
}

// feed looks again for numbers of the bases whose next handset found none.
func (ch *change) feed() error {
	for id := range ch.office.hungry {
		d, ok := ch.device(id)
		if !ok || !holds(d) {
			delete(ch.office.hungry, id)
			continue
		}
		if err := ch.grow(&d, top(d)); err != nil {
			return err
		}
		d.Reason = ch.remark(d)
		if err := ch.put(d); err != nil {
			return err
		}
	}
	return nil
}

// patience is how long a phone may do nothing before somebody is told what to do.
const patience = 2 * time.Minute

// remark is what a person beside a phone that holds a number should know.
func (ch *change) remark(d provision.Device) string {
	if d.Soft() || !holds(d) {
		return ""
	}
	if d.Verdict == provision.VerdictUnsupported {
		return d.Reason
	}
	if d.Routed && !d.Owner.IsValid() {
		return whyType
	}
	told := d.ReservedAt
	if !d.WindowUntil.IsZero() { // since the click that opened it
		told = d.WindowUntil.Add(-ch.office.cfg.Window)
	}
	switch d.Reach {
	case provision.ReachNever:
		if ch.since(told) >= patience {
			return whyNotAsked
		}
	case provision.ReachFetched:
		if !ch.office.blind && ch.since(ch.office.latest.at(d.ID)) >= patience {
			return whyNotHeard
		}
	}
	rule, ok := ch.office.cfg.Files.Lines(d.Vendor, d.Model)
	switch {
	case !ok:
	case rule.AtOnce && len(d.Lines) < rule.Count:
		return fmt.Sprintf(whyPorts, strconv.Itoa(rule.Count), strconv.Itoa(len(d.Lines)))
	case ch.office.hungry[d.ID]:
		return whyHandset
	}
	return ""
}

// tries are the codes dialled on one line.
type tries struct {
	wrong int
	at    time.Time // of the last
}

const (
	claimTries = 3
	claimPause = 10 * time.Minute
)

// next counts a code that was not the line's.
func (t tries) next(now time.Time) tries {
	if now.Sub(t.at) >= claimPause {
		t.wrong = 0
	}
	return tries{wrong: t.wrong + 1, at: now}
}

func (t tries) over(now time.Time) bool { return t.wrong >= claimTries && now.Sub(t.at) < claimPause }
