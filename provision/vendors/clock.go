package vendors

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"autocom/provision"
)

// clock is what a phone without a table of zones is told: its offset, and the rule
// by which it changes to summer time and back.
type clock struct {
	Offset int     // seconds of standard time from UTC, east positive
	POSIX  string  // IEEE Std 1003.1 8.3: "CET-1CEST,M3.5.0,M10.5.0/3"
	Plain  string  // the same without names in brackets, which old C libraries cannot read: "STD-1DST-2,M3.5.0,M10.5.0/3"
	Summer *summer // nil: the clock never changes, or by no rule that a phone knows
}

// summer is a rule of summer time.
type summer struct {
	Start, End change
	Save       int // seconds
}

// change is when a clock is put forward or back, by the time it shows just before.
type change struct {
	Month   int // 1 to 12
	Week    int // 1 to 4, 5 for the last one of the month
	Weekday int // 0 is Sunday
	Hour    int // 0 to 23
	Minute  int
}

// clockYears is how far a rule is looked for. Seven years show a last Sunday on
// each of its dates, unless the leap days conspire; eleven do always.
const clockYears = 11

// clockOf finds the rule of a site's zone from when it holds. A zone that is unknown here
// has the site's own offset and no summer time.
func clockOf(site provision.Site, now time.Time) clock {
	loc, err := time.LoadLocation(site.TimeZone)
	if err != nil || site.TimeZone == "" || site.TimeZone == "Local" {
		seconds := int(site.Offset / time.Second)
		return clock{Offset: seconds, POSIX: "<" + isoHours(seconds) + ">" + posixOffset(seconds), Plain: "STD" + posixOffset(seconds)}
	}
	return clockIn(loc, now.Year())
}

// clockIn reads the rule that holds from the first of January of a year on. Ireland's
// summer time is its standard time by law, so the offsets decide, not the flag.
func clockIn(loc *time.Location, year int) clock {
	first := time.Date(year, 1, 1, 0, 0, 0, 0, loc)
	var start, end []time.Time // forward and back, one a year
	for y := range clockYears {
		forward, back, ok := changes(loc, year+y)
		if !ok {
			break
		}
		start, end = append(start, forward), append(end, back)
	}
	s, startHolds := fit(start)
	e, endHolds := fit(end)
	// One year alone is no rule: Morocco's clock follows Ramadan.
	if startHolds < 2 || endHolds < 2 {
		name, offset := longest(loc, first)
		return clock{Offset: offset, POSIX: posixName(name) + posixOffset(offset), Plain: "STD" + posixOffset(offset)}
	}
	standard, offset := end[0].Zone()
	daylight, ahead := start[0].Zone()
	c := clock{
		Offset: offset,
		Summer: &summer{Start: s.change(), End: e.change(), Save: ahead - offset},
		POSIX:  posixName(standard) + posixOffset(offset) + posixName(daylight),
	}
	if c.Summer.Save != 3600 {
		c.POSIX += posixOffset(ahead)
	}
	rules := "," + s.posix() + "," + e.posix()
	c.POSIX += rules
	c.Plain = "STD" + posixOffset(offset) + "DST" + posixOffset(ahead) + rules
	return c
}

// changes gives the two moments of a year at which the clock goes forward and back;
// ok is false when there are more or fewer. It looks once a week and then closer.
func changes(loc *time.Location, year int) (forward, back time.Time, ok bool) {
	const week = 7 * 24 * time.Hour
	var n int
	end := time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); t.Before(end); t = t.Add(week) {
		was, is := offsetAt(t, loc), offsetAt(t.Add(week), loc)
		if was == is {
			continue
		}
		moment := t.Add(time.Duration(sort.Search(int(week/time.Second), func(i int) bool {
			return offsetAt(t.Add(time.Duration(i)*time.Second), loc) != was
		})) * time.Second).In(loc)
		if n++; is > was {
			forward = moment
		} else {
			back = moment
		}
	}
	return forward, back, n == 2 && !forward.IsZero() && !back.IsZero()
}

func offsetAt(t time.Time, loc *time.Location) int {
	_, offset := t.In(loc).Zone()
	return offset
}

// nth is a day as POSIX says it: the week-th weekday of a month, and the time from
// its midnight, which may lie outside of that day.
type nth struct {
	month   time.Month
	week    int
	weekday time.Weekday
	at      time.Duration
}

// fit finds the day that fits the first moment and most of those which follow, and
// how many it fits. Israel's Friday before the last Sunday is a fourth Thursday at
// 26 o'clock, so the days beside are tried too.
func fit(moments []time.Time) (best nth, holds int) {
	if len(moments) == 0 {
		return nth{}, 0
	}
	for _, beside := range []int{0, -1, 1} {
		shown, at := before(moments[0], beside)
		for _, week := range weeks(shown) {
			candidate := nth{shown.Month(), week, shown.Weekday(), at}
			n := 0
			for n < len(moments) && candidate.fits(moments[n], beside) {
				n++
			}
			if n > holds {
				best, holds = candidate, n
			}
		}
	}
	return best, holds
}

func (n nth) fits(moment time.Time, beside int) bool {
	shown, at := before(moment, beside)
	if shown.Month() != n.month || shown.Weekday() != n.weekday || at != n.at {
		return false
	}
	for _, w := range weeks(shown) {
		if w == n.week {
			return true
		}
	}
	return false
}

// before gives the day that the clock shows just before it changes, moved by some days, and
// the time of the change from that day's midnight.
func before(moment time.Time, beside int) (day time.Time, at time.Duration) {
	_, offset := moment.Add(-time.Second).Zone()
	shown := moment.UTC().Add(time.Duration(offset) * time.Second)
	day = time.Date(shown.Year(), shown.Month(), shown.Day()+beside, 0, 0, 0, 0, time.UTC)
	return day, shown.Sub(day)
}

// weeks says which weekday of its month a day is: the second, the last.
func weeks(day time.Time) []int {
	var out []int
	if n := (day.Day() + 6) / 7; n < 5 {
		out = append(out, n)
	}
	if day.AddDate(0, 0, 7).Month() != day.Month() {
		out = append(out, 5)
	}
	return out
}

// change is the rule for a phone, which knows no hour outside of a day: it is then
// some hours early or late, in the night.
func (n nth) change() change {
	c := change{Month: int(n.month), Week: n.week, Weekday: int(n.weekday)}
	minutes := min(max(int(n.at/time.Minute), 0), 23*60+59)
	c.Hour, c.Minute = minutes/60, minutes%60
	return c
}

func (n nth) posix() string {
	s := fmt.Sprintf("M%d.%d.%d", n.month, n.week, n.weekday)
	if n.at == 2*time.Hour {
		return s
	}
	return s + "/" + clockText(int(n.at/time.Second))
}

// longest gives the offset that a year has most of.
func longest(loc *time.Location, first time.Time) (name string, offset int) {
	days := map[int]int{}
	for d := range 365 {
		n, o := first.AddDate(0, 0, d).In(loc).Zone()
		if days[o]++; days[o] > days[offset] || name == "" {
			name, offset = n, o
		}
	}
	return name, offset
}

// posixName writes an abbreviation: letters as they are, "+03" in angle brackets.
func posixName(name string) string {
	for _, r := range name {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return "<" + name + ">"
		}
	}
	return name
}

// posixOffset writes an offset the way of POSIX, west positive: "-1", "3:30".
func posixOffset(seconds int) string { return clockText(-seconds) }

func clockText(seconds int) string {
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	s := fmt.Sprintf("%s%d", sign, seconds/3600)
	if m := seconds / 60 % 60; m != 0 {
		s += fmt.Sprintf(":%02d", m)
	}
	return s
}

// isoHours writes an offset as zones without a name are called: "+03", "-0330".
func isoHours(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	s := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	return strings.TrimSuffix(s, "00")
}
