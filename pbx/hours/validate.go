package hours

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"autocom/pbx"
)

// switchDigits is the form of what follows the day-night code.
var switchDigits = regexp.MustCompile(`^[0-9]{1,6}$`)

// Validate says what is wrong with opening hours in a plan.
func (h Hours) Validate(plan pbx.Plan) error {
	if len(h.Week) > maxRanges || len(h.Holidays) > maxHolidays {
		return fmt.Errorf("%d ranges and %d holidays: %d and %d at most", len(h.Week), len(h.Holidays), maxRanges, maxHolidays)
	}
	if _, err := Zone(plan); err != nil {
		return err
	}
	for _, r := range h.Week {
		if _, _, err := r.minutes(); err != nil {
			return err
		}
		if len(r.Days) == 0 {
			return fmt.Errorf("%s to %s is of no day: name the days, mon to sun", r.From, r.To)
		}
		for _, d := range r.Days {
			if !slices.Contains(weekdays, d) {
				return fmt.Errorf("day %q: use mon, tue, wed, thu, fri, sat or sun", d)
			}
		}
	}
	for _, x := range h.Holidays {
		if _, _, _, err := x.days(); err != nil {
			return err
		}
		if len(x.Name) > 80 {
			return fmt.Errorf("holiday %s: its name is longer than 80 bytes: shorten it", x.From)
		}
	}
	if _, err := plan.Target(h.Open); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if _, err := plan.Target(h.Closed); err != nil {
		return fmt.Errorf("closed: %w", err)
	}
	if _, err := plan.Target(h.Holiday); err != nil && !h.Holiday.Zero() {
		return fmt.Errorf("holiday: %w", err)
	}
	if h.Switch != "" && !switchDigits.MatchString(h.Switch) {
		return fmt.Errorf("switch %q: 1 to 6 digits, dialled after the day-night code", h.Switch)
	}
	for _, n := range h.Phones {
		if _, ok := plan.Extension(n); !ok {
			return fmt.Errorf("phone %q: there is no such extension", n)
		}
	}
	return nil
}

// zoneName is the form of a name of the IANA list that can stand in the dialplan.
var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)

// Zone is the site's, in which hours are meant.
func Zone(plan pbx.Plan) (*time.Location, error) {
	name := plan.TimeZone
	if name == "" {
		return time.UTC, nil
	}
	l, err := time.LoadLocation(name)
	if err != nil || !zoneName.MatchString(name) || name == "Local" {
		return nil, fmt.Errorf("time zone %q is unknown: write a name of the IANA list in autocom.toml, as Africa/Douala", name)
	}
	return l, nil
}
