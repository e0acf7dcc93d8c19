package office

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"autocom/provision"
	"autocom/store"
)

// reserve gives a device its numbers and its secrets; one that waited with an account
// of its own keeps that. A click passes the limits that hold back a flood.
func (ch *change) reserve(d *provision.Device, clicked bool) error {
	if !clicked && ch.flooded() {
		return ErrBusy
	}
	stays := guest(*d)
	shown := stays && d.ReservedAt.IsZero() // its password was, once
	was := *d
	if !stays {
		d.Lines = nil
	}
	if err := ch.take(d, ch.first(*d)...); err != nil {
		*d = was
		return err
	}
	d.Verdict, d.Reason, d.Code = provision.VerdictPhone, "", ""
	d.Allocation, d.ReservedAt, d.WindowUntil = provision.AllocationReserved, ch.now, time.Time{}
	switch {
	case !stays:
		d.Token, d.Admin, d.Reach = newToken(), newAdmin(), provision.ReachNever
	case shown:
		// It registers without having read its number: it may come for it.
		d.WindowUntil = ch.now.Add(ch.office.cfg.Window)
	}
	return nil
}

// first is the lines that a device gets at first: all ports of an adapter, the first
// handset of a base.
func (ch *change) first(d provision.Device) []int {
	lines := []int{1}
	if rule, ok := ch.office.cfg.Files.Lines(d.Vendor, d.Model); ok && rule.AtOnce {
		for n := 2; n <= rule.Count; n++ {
			lines = append(lines, n)
		}
	}
	return lines
}

// take gives lines of a device their numbers, all of them or none. A line that is
// there keeps its secret.
func (ch *change) take(d *provision.Device, lines ...int) error {
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	o := ch.office
	numbers := make([]string, len(lines))
	err = tx.Part(func() error {
		for i, n := range lines {
			numbers[i], err = tx.Reserve(d.ID, n, o.numbers.candidates(*d, n), ch.now, ch.now.Add(-o.cfg.Quarantine))
			if errors.Is(err, store.ErrNoNumber) {
				held, err := tx.Numbers()
				if err != nil {
					return err
				}
				return o.numbers.full(*d, held)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if full := (full{}); errors.As(err, &full) {
		return full
	}
	if err != nil {
		return err
	}
	d.Lines = slices.Clone(d.Lines)
	ch.given = slices.DeleteFunc(slices.Clone(ch.given), func(at time.Time) bool { return ch.now.Sub(at) > 24*time.Hour })
	for i, n := range lines {
		ch.given = append(ch.given, ch.now)
		at := slices.IndexFunc(d.Lines, func(l provision.Line) bool { return l.N == n })
		if at < 0 {
			d.Lines = append(d.Lines, provision.Line{N: n, Secret: newSecret()})
			at = len(d.Lines) - 1
		}
		d.Lines[at].Number = numbers[i]
	}
	slices.SortFunc(d.Lines, func(a, b provision.Line) int { return a.N - b.N })
	label(d)
	return nil
}

// label writes the caller's names: what people call the device, or the number.
func label(d *provision.Device) {
	for i, l := range d.Lines {
		switch {
		case d.Name == "":
			d.Lines[i].Name = l.Number
		case l.N == 1:
			d.Lines[i].Name = d.Name
		default:
			d.Lines[i].Name = d.Name + " " + strconv.Itoa(l.N)
		}
	}
}

// rotate makes all secrets new and opens the window to fetch them. What the device
// learned with the old ones, the certificate among it, is gone.
func (ch *change) rotate(d *provision.Device) {
	for i := range d.Lines {
		d.Lines[i].Secret, d.Lines[i].Registered = newSecret(), false
	}
	d.Token, d.Admin, d.WindowUntil, d.Reach = newToken(), newAdmin(), ch.now.Add(ch.office.cfg.Window), provision.ReachNever
	d.Trusts, d.Secured = false, false
	d.Owner = netip.Addr{}
	if guest(*d) {
		d.Code = newCode()
	}
}

// complete gives an adapter the numbers of its ports when its model is known later than
// its number; those that find none wait.
func (ch *change) complete(d *provision.Device) error {
	var missing []int
	for _, n := range ch.first(*d) {
		if !slices.ContainsFunc(d.Lines, func(l provision.Line) bool { return l.N == n }) {
			missing = append(missing, n)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := ch.take(d, missing...); err != nil && !errors.Is(err, ErrFull) {
		return err
	}
	return nil
}

// pairing is how long it takes at least until somebody has put a handset onto the line
// that a base was told of. A line that registers sooner has none: such a base registers
// whatever stands in its file, and would take all numbers one after the other.
const pairing = 30 * time.Second

// grow gives a base the account of its next handset when the last one has registered.
func (ch *change) grow(d *provision.Device, line int) error {
	delete(ch.office.hungry, d.ID)
	rule, ok := ch.office.cfg.Files.Lines(d.Vendor, d.Model)
	if !ok || rule.AtOnce || d.Eager || line != top(*d) || line >= rule.Count {
		return nil
	}
	err := ch.take(d, line+1)
	if errors.Is(err, ErrFull) {
		ch.office.hungry[d.ID] = true
		return nil
	}
	return err
}

// top is the highest line of a device.
func top(d provision.Device) int {
	n := 0
	for _, l := range d.Lines {
		n = max(n, l.N)
	}
	return n
}

func (c AddLine) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	rule, ok := ch.office.cfg.Files.Lines(d.Vendor, d.Model)
	switch {
	case !holds(d):
		return fmt.Errorf("%w: "+holdsNone, ErrRefused, d.ID)
	case !ok || rule.AtOnce || rule.Kind != provision.KindBase:
		return fmt.Errorf("%w: "+isNoBase, ErrRefused, d.ID)
	case len(d.Lines) >= rule.Count:
		return fmt.Errorf("%w: "+hasAll, ErrRefused, d.ID, strconv.Itoa(rule.Count))
	}
	free := 1
	for slices.ContainsFunc(d.Lines, func(l provision.Line) bool { return l.N == free }) {
		free++
	}
	if err := ch.take(&d, free); err != nil {
		return err
	}
	d.Reason = ch.remark(d)
	return ch.put(d)
}

func (furnish) apply(ch *change) error {
	var bare []provision.Device
	for d := range ch.all {
		if served(d) && d.Admin == "" {
			bare = append(bare, copied(d))
		}
	}
	for _, d := range bare {
		d.Admin = newAdmin()
		if err := ch.put(d); err != nil {
			return err
		}
	}
	return nil
}
