// Package hours turns opening hours into a part of the dialplan: a call goes one way when
// the house is open, another when it is closed or on a holiday, and a code that a phone
// dials overrides the clock.
package hours

import (
	"fmt"
	"slices"
	"time"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "hours"

// Hours is the body of an object of this kind. All times are those of the site's clock.
type Hours struct {
	Week     []Range         `json:"week"`             // when it is open
	Holidays []Holiday       `json:"holidays"`         // when it is not, whatever the week says
	Open     pbx.Destination `json:"open"`             // where calls go then
	Closed   pbx.Destination `json:"closed"`           // and otherwise
	Holiday  pbx.Destination `json:"holiday,omitzero"` // on holidays; zero: as Closed
	Switch   string          `json:"switch,omitempty"` // digits after the day-night code; "" the object's number
	Phones   []string        `json:"phones,omitempty"` // extensions that may switch; none: every phone of the house
}

// Range is one stretch of a day: several make a lunch break.
type Range struct {
	Days []string `json:"days"` // "mon" to "sun"
	From string   `json:"from"` // "08:00"
	To   string   `json:"to"`   // "12:00": the first minute that is closed again; "24:00" midnight; not after From: on the next day
}

// Holiday is a day or several.
type Holiday struct {
	Name string `json:"name,omitempty"`
	From string `json:"from"`         // "2026-12-24", or "12-25" for every year
	To   string `json:"to,omitempty"` // the last day; "" From
}

// State is what the clock says.
type State string

// The states.
const (
	Open      State = "open"
	Closed    State = "closed"
	OnHoliday State = "holiday"
)

// Auto is what the switch is at when nobody has switched: the clock decides.
const Auto = "auto"

// Family is where AstDB has what somebody switched by hand: id → "open" or "closed".
const Family = "ac/hours"

// Device is the lamp of the switch.
func Device(id string) string { return "Custom:NIGHT-" + id }

// Lamp is what it shows: "closed" lit, "open" flashing, Auto dark.
func Lamp(hand string) string {
	switch hand {
	case string(Closed):
		return "INUSE"
	case string(Open):
		return "RINGING"
	}
	return "NOT_INUSE"
}

// Bounds: a step of the dialplan for each.
const (
	maxRanges   = 50
	maxHolidays = 100
)

// weekdays in the order of time.Weekday, which is also Asterisk's.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Decode reads an object.
func Decode(o pbx.Object) (Hours, error) {
	var h Hours
	return h, pbx.Decode(o, &h)
}

// At tells the state at a time, which must be in the site's zone. What somebody switched
// by hand is not known here.
func (h Hours) At(t time.Time) State {
	for _, x := range h.Holidays {
		if x.on(t) {
			return OnHoliday
		}
	}
	minute := t.Hour()*60 + t.Minute()
	today, yesterday := weekdays[t.Weekday()], weekdays[(t.Weekday()+6)%7]
	for _, r := range h.Week {
		from, to, err := r.minutes()
		switch {
		case err != nil:
		case from < to && slices.Contains(r.Days, today) && from <= minute && minute < to,
			from >= to && slices.Contains(r.Days, today) && from <= minute,
			from >= to && slices.Contains(r.Days, yesterday) && minute < to:
			return Open
		}
	}
	return Closed
}

// on tells whether a day is among the holiday's.
func (x Holiday) on(t time.Time) bool {
	from, to, yearly, err := x.days()
	if err != nil {
		return false
	}
	day := t.Year()*10000 + int(t.Month())*100 + t.Day()
	if yearly {
		day %= 10000
		if from > to { // over New Year
			return day >= from || day <= to
		}
	}
	return from <= day && day <= to
}

// minutes are the bounds since midnight; from ≥ to runs into the next day.
func (r Range) minutes() (from, to int, err error) {
	if from, err = minute(r.From); err != nil || from == 24*60 {
		return 0, 0, fmt.Errorf("from %q: a time as 08:00 is needed", r.From)
	}
	if to, err = minute(r.To); err != nil {
		return 0, 0, fmt.Errorf("to %q: a time as 12:00 is needed, or 24:00", r.To)
	}
	return from, to, nil
}

func minute(s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, fmt.Errorf("%q is no time", s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// days are the bounds as numbers: 20261224, or 1224 of every year.
func (x Holiday) days() (from, to int, yearly bool, err error) {
	if from, yearly, err = day(x.From); err != nil {
		return 0, 0, false, err
	}
	to = from
	if x.To != "" {
		var every bool
		if to, every, err = day(x.To); err != nil {
			return 0, 0, false, err
		}
		if every != yearly {
			return 0, 0, false, fmt.Errorf("%s to %s: write the year in both or in none", x.From, x.To)
		}
		if !yearly && to < from {
			return 0, 0, false, fmt.Errorf("%s to %s: it ends before it begins", x.From, x.To)
		}
	}
	return from, to, yearly, nil
}

func day(s string) (n int, yearly bool, err error) {
	// 2024 has a 29 February.
	if t, err := time.Parse("2006-01-02", "2024-"+s); err == nil && len(s) == len("01-02") {
		return int(t.Month())*100 + t.Day(), true, nil
	}
	t, err := time.Parse("2006-01-02", s)
	if err != nil || len(s) != len("2006-01-02") || t.Year() < 2000 || t.Year() > 2200 {
		return 0, false, fmt.Errorf("holiday %q: a day as 2026-12-24 is needed, or 12-25 for every year", s)
	}
	return t.Year()*10000 + int(t.Month())*100 + t.Day(), false, nil
}
