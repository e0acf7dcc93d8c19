package office

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"autocom/provision"
	"autocom/store"
)

func (c Replace) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	if err := ch.mayHave(d, c.Number); err != nil {
		return err
	}
	holder, n := ch.holder(c.Number)
	if holder.ID == d.ID && n != 0 {
		if n == d.Lines[0].N {
			return nil // it has it
		}
		return fmt.Errorf("%w: "+hasItHere, ErrRefused, d.ID, c.Number, strconv.Itoa(n))
	}
	if n == 0 && !ch.office.numbers.knows(c.Number) {
		return fmt.Errorf("%w: "+isUnknown, ErrRefused, c.Number, ch.office.numbers.main.text)
	}
	if !holds(d) {
		if err := ch.admit(&d); err != nil {
			return err
		}
	}
	tx, err := ch.begin()
	if err != nil {
		return err
	}
	if n != 0 {
		// The person stays: name and keys come along.
		if holder.Name != "" {
			d.Name = holder.Name
		}
		if len(d.Keys) == 0 {
			d.Keys = slices.Clone(holder.Keys)
		}
		if err := ch.lose(holder, n, d.ID); err != nil {
			return err
		}
	}
	if err := tx.Vacate(c.Number); err != nil {
		return fmt.Errorf("free %s: %w", c.Number, err)
	}
	if err := ch.receive(tx, &d, c.Number); err != nil {
		return err
	}
	ch.rotate(&d)
	label(&d)
	d.Reason = ch.remark(d)
	return ch.put(d)
}

// mayHave says why a device may not have a number, whoever has it now.
func (ch *change) mayHave(d provision.Device, number string) error {
	cfg := ch.office.cfg
	if lo, _, err := bounds(number, number); err != nil || lo == 0 {
		return fmt.Errorf("%w: "+isNoNumber, ErrRefused, provision.Clean(number))
	}
	if what := forbidden(number, cfg.Emergency, cfg.Never); what != "" {
		return fmt.Errorf("%w: "+isForbidden, ErrRefused, number, what)
	}
	if x, ok := ch.objectWith(number); ok {
		return fmt.Errorf("%w: "+isObjects, ErrRefused, number, x.Kind, x.ID)
	}
	if whose, kept := ch.office.numbers.whose[number]; kept && whose != d.MAC {
		return fmt.Errorf("%w: "+isKept, ErrRefused, number, whose.String())
	}
	return nil
}

// holder finds who has a number, and on which line; 0 when nobody has.
func (ch *change) holder(number string) (provision.Device, int) {
	for d := range ch.all {
		for _, l := range d.Lines {
			if l.Number == number && holds(d) {
				return copied(d), l.N
			}
		}
	}
	return provision.Device{}, 0
}

// lose takes the line of a number from its holder: at once, without a rest.
func (ch *change) lose(d provision.Device, line int, to string) error {
	i := slices.IndexFunc(d.Lines, func(l provision.Line) bool { return l.N == line })
	number := d.Lines[i].Number
	if len(d.Lines) > 1 {
		d.Lines = slices.Delete(d.Lines, i, i+1)
		return ch.put(d)
	}
	if err := ch.takeBack(&d); err != nil {
		return err
	}
	d.Name, d.Reason = "", fmt.Sprintf(whyReplaced, to, number)
	return ch.put(d)
}

// receive gives a number that is free to a device's first line.
func (ch *change) receive(tx *store.Tx, d *provision.Device, number string) error {
	line := 1
	if holds(*d) {
		line = d.Lines[0].N
		if err := tx.TakeBackLine(d.ID, line, ch.now); err != nil {
			return fmt.Errorf("take back %s of %s: %w", d.Lines[0].Number, d.ID, err)
		}
	}
	one := func(yield func(string) bool) { yield(number) }
	if _, err := tx.Reserve(d.ID, line, one, ch.now, ch.now.Add(-ch.office.cfg.Quarantine)); err != nil {
		return err
	}
	ch.given = append(slices.Clone(ch.given), ch.now)
	if holds(*d) {
		d.Lines[0].Number = number
		if d.Allocation == provision.AllocationBound {
			return tx.Bind(d.ID, line)
		}
		d.ReservedAt = ch.now
		return nil
	}
	if !guest(*d) {
		d.Lines = []provision.Line{{N: line}}
	}
	d.Lines[0].Number = number
	d.Verdict, d.Code = provision.VerdictPhone, ""
	d.Allocation, d.ReservedAt = provision.AllocationReserved, ch.now
	return ch.complete(d)
}

// maxName bounds what people call a device; phones show less.
const maxName = 60

func (c Rename) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	name := provision.Clean(c.Name)
	if utf8.RuneCountInString(c.Name) > maxName {
		return fmt.Errorf("%w: "+nameTooLong, ErrRefused, strconv.Itoa(maxName))
	}
	d.Name = name
	label(&d)
	return ch.put(d)
}

func (c SetKeys) apply(ch *change) error {
	d, err := ch.must(c.ID)
	if err != nil {
		return err
	}
	if len(c.Keys) > provision.MaxKeys {
		return fmt.Errorf("%w: "+tooManyKeys, ErrRefused, strconv.Itoa(provision.MaxKeys))
	}
	d.Keys = nil
	for i, k := range c.Keys {
		if !dialable(k.Number) {
			return fmt.Errorf("%w: "+keyIsNoNumber, ErrRefused, strconv.Itoa(i+1), provision.Clean(k.Number))
		}
		label := provision.Clean(k.Label)
		if utf8.RuneCountInString(label) > maxName {
			return fmt.Errorf("%w: "+nameTooLong, ErrRefused, strconv.Itoa(maxName))
		}
		d.Keys = append(d.Keys, provision.Key{Number: k.Number, Label: label})
	}
	return ch.put(d)
}

// dialable reports what may be dialled by a key: a number or a feature code.
func dialable(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && s[i] != '*' && s[i] != '#' && (s[i] != '+' || i > 0) {
			return false
		}
	}
	return true
}
