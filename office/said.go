package office

import (
	"time"

	"autocom/provision"
)

// said is how often the model of a device was written to the card for its own sake since
// at, and whether a newer one waits for that.
type said struct {
	at    time.Time
	times int
	waits bool
}

// A frame is forged in a moment, a hundred of them in a second, each with another model:
// no more of them are written than saidTimes in saidAfter.
const (
	saidTimes = 4
	saidAfter = time.Hour
)

// unsaid is the essence of a device without what frames say of it.
func unsaid(d provision.Device) provision.Device {
	d = essence(d)
	d.Model, d.Firmware, d.Kind = "", "", ""
	if holds(d) {
		d.Verdict = ""
	}
	return d
}

// saidAgain reports whether the card takes a device's new model now; else it waits.
func (o *Office) saidAgain(id string, now time.Time) bool {
	s := o.said[id]
	if age := now.Sub(s.at); age < 0 || age >= saidAfter {
		s = said{at: now}
	}
	s.waits = s.times >= saidTimes
	if !s.waits {
		s.times++
	}
	o.said[id] = s
	return !s.waits
}

// learn writes what waits, when its hour is over.
func (ch *change) learn() error {
	for id, s := range ch.office.said {
		if age := ch.now.Sub(s.at); age >= 0 && age < saidAfter {
			continue
		}
		delete(ch.office.said, id)
		d, ok := ch.device(id)
		if !s.waits || !ok || !lasts(d) {
			continue
		}
		tx, err := ch.begin()
		if err != nil {
			return err
		}
		if err := tx.PutDevice(d); err != nil {
			return err
		}
	}
	return nil
}
