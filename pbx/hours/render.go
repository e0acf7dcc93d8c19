package hours

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// view is one set of hours as its template sees it.
type view struct {
	pbx.Object
	Zone         string
	Dated        []dates  // holidays of one year: Asterisk's times know no years
	Yearly       []string // "*,*,24-31,dec"
	Weekly       []string // "08:00-11:59,mon&tue,*,*"
	Open, Closed string   // targets
	Holiday      string
	Codes        []string // that switch: "*28600"
	Phones       []string // that may; none: all
}

type dates struct{ From, To int } // 20261224

// ways are what may follow a switch's digits, and what it does: a key with a lamp dials
// the code alone and goes from one state to the next.
var ways = map[string]string{"": "next", "*0": "clock", "*1": "open", "*2": "closed"}

// Render gives what the opening hours of a plan add to Asterisk's files. An error names
// the object.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	var views []view
	switches := map[string]string{}
	for _, o := range plan.All(Kind) {
		h, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := h.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("hours %s: %w", o.ID, err)
		}
		v := newView(plan, o, h)
		digits := h.Switch
		if digits == "" {
			digits = o.Number
		}
		if other := switches[digits]; digits != "" && other != "" {
			return pbx.Fragments{}, fmt.Errorf("hours %s: switch %s is already of hours %s: choose other digits", o.ID, digits, other)
		}
		switches[digits] = o.ID
		if digits != "" {
			for _, c := range codes["day-night"] {
				v.Codes = append(v.Codes, c.Digits+digits)
			}
		}
		views = append(views, v)
	}
	return plan.Fill(files, map[string]any{"Hours": views, "Ways": ways})
}

func newView(plan pbx.Plan, o pbx.Object, h Hours) view {
	v := view{Object: o, Zone: plan.TimeZone, Phones: h.Phones}
	if v.Zone == "" {
		v.Zone = "UTC"
	}
	v.Open, _ = plan.Target(h.Open) // Validate has seen them
	v.Closed, _ = plan.Target(h.Closed)
	v.Holiday = v.Closed
	if !h.Holiday.Zero() {
		v.Holiday, _ = plan.Target(h.Holiday)
	}
	for _, x := range h.Holidays {
		from, to, yearly, _ := x.days()
		if yearly {
			v.Yearly = append(v.Yearly, monthly(from, to)...)
		} else {
			v.Dated = append(v.Dated, dates{from, to})
		}
	}
	for _, r := range h.Week {
		v.Weekly = append(v.Weekly, r.times()...)
	}
	return v
}

// times are what GotoIfTime needs for a range: it takes the last minute too, and ends at
// midnight.
func (r Range) times() []string {
	from, to, _ := r.minutes()
	if from < to {
		return []string{during(from, to-1, r.Days)}
	}
	out := []string{during(from, 24*60-1, r.Days)}
	if to > 0 {
		var next []string
		for _, d := range r.Days {
			next = append(next, weekdays[(slices.Index(weekdays, d)+1)%7])
		}
		out = append(out, during(0, to-1, next))
	}
	return out
}

func during(from, to int, days []string) string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d,%s,*,*", from/60, from%60, to/60, to%60, strings.Join(days, "&"))
}

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// monthly cuts days of every year, 1224 to 102, into months.
func monthly(from, to int) []string {
	var out []string
	first := from % 100
	for m := from/100 - 1; ; m = (m + 1) % 12 {
		last := 31
		if m == to/100-1 && (first <= to%100 || len(out) > 0) {
			last = to % 100
		}
		out = append(out, fmt.Sprintf("*,*,%d-%d,%s", first, last, months[m]))
		if last == to%100 && m == to/100-1 || len(out) > 12 {
			return out
		}
		first = 1
	}
}
