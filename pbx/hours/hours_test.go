package hours

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
)

// shop is an office with a lunch break, a Saturday morning, a night and holidays.
var shop = Hours{
	Week: []Range{
		{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "08:00", To: "12:00"},
		{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "14:00", To: "18:00"},
		{Days: []string{"sat"}, From: "09:00", To: "24:00"},
		{Days: []string{"sun"}, From: "22:00", To: "06:00"},
	},
	Holidays: []Holiday{
		{Name: "Noël", From: "12-25"}, {From: "12-31", To: "01-02"}, {Name: "congés", From: "2026-08-03", To: "2026-08-14"},
		{From: "02-29"}, {From: "07-30", To: "08-01"},
	},
}

func TestAt(t *testing.T) {
	for _, c := range []struct {
		at   string
		want State
	}{
		{"2026-11-23 07:59", Closed}, // a Monday
		{"2026-11-23 08:00", Open},
		{"2026-11-23 11:59", Open},
		{"2026-11-23 12:00", Closed},
		{"2026-11-23 14:00", Open},
		{"2026-11-23 17:59", Open},
		{"2026-11-23 18:00", Closed},
		{"2026-11-21 23:59", Open}, // Saturday until midnight
		{"2026-11-22 00:00", Closed},
		{"2026-11-22 22:00", Open}, // Sunday night into Monday
		{"2026-11-23 00:00", Open},
		{"2026-11-23 05:59", Open},
		{"2026-11-23 06:00", Closed},
		{"2026-11-24 00:00", Closed},
		{"2026-12-25 09:00", OnHoliday},
		{"2030-12-25 00:00", OnHoliday},
		{"2026-12-24 09:00", Open},
		{"2026-12-31 00:00", OnHoliday},
		{"2027-01-01 12:00", OnHoliday},
		{"2027-01-02 23:59", OnHoliday},
		{"2027-01-04 09:00", Open},
		{"2026-08-03 09:00", OnHoliday},
		{"2026-08-14 09:00", OnHoliday},
		{"2026-08-17 09:00", Open},
		{"2027-08-04 09:00", Open},
		{"2028-02-29 09:00", OnHoliday},
		{"2026-07-31 09:00", OnHoliday},
		{"2026-08-01 09:00", OnHoliday},
	} {
		at, err := time.Parse("2006-01-02 15:04", c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := shop.At(at); got != c.want {
			t.Errorf("%s: %s, want %s", c.at, got, c.want)
		}
	}
}

// office is a plan with one set of hours.
func office(h Hours) pbx.Plan {
	h.Open, h.Closed = pbx.Destination{Kind: pbx.ToNumber, ID: "201"}, pbx.Destination{Kind: pbx.ToHangup}
	plan := pbx.Plan{TimeZone: "Africa/Douala", Endpoints: []pbx.Endpoint{{ID: "a-1", Number: "201"}}}
	plan.Objects = []pbx.Object{{Kind: Kind, ID: "main", Number: "600", Body: body(h)}}
	return plan
}

// What Go says and what the dialplan says is the same at any time.
func TestTheDialplanSaysWhatGoSays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		h := someHours(r)
		f, err := Render(office(h))
		if err != nil {
			t.Fatalf("%+v: %v", h, err)
		}
		for range 50 {
			at := time.Date(2024+r.IntN(6), time.Month(1+r.IntN(12)), 1+r.IntN(31), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
			if got, want := evaluate(t, f.Files["extensions.conf"], at), h.At(at); got != string(want) {
				t.Fatalf("%s: the dialplan says %s, Go says %s\n%+v\n%s", at, got, want, h, f.Files["extensions.conf"])
			}
		}
	}
}

// someHours are random ones.
func someHours(r *rand.Rand) Hours {
	var h Hours
	for range r.IntN(5) {
		x := Range{From: fmt.Sprintf("%02d:%02d", r.IntN(24), r.IntN(60)), To: fmt.Sprintf("%02d:%02d", r.IntN(24), r.IntN(60))}
		if r.IntN(5) == 0 {
			x.To = "24:00"
		}
		for _, d := range weekdays {
			if r.IntN(2) == 0 {
				x.Days = append(x.Days, d)
			}
		}
		if len(x.Days) > 0 {
			h.Week = append(h.Week, x)
		}
	}
	day := func() string { return time.Date(2024, 1, 1+r.IntN(366), 0, 0, 0, 0, time.UTC).Format("01-02") }
	for range r.IntN(4) {
		x := Holiday{From: day()}
		if r.IntN(2) == 0 {
			x.To = day()
		}
		if r.IntN(3) == 0 {
			from := time.Date(2024+r.IntN(6), 1, 1+r.IntN(365), 0, 0, 0, 0, time.UTC)
			x = Holiday{From: from.Format("2006-01-02"), To: from.AddDate(0, 0, r.IntN(40)).Format("2006-01-02")}
		}
		h.Holidays = append(h.Holidays, x)
	}
	return h
}

// evaluate follows the rendered lines as Asterisk does (main/pbx_timing.c: both ends of a
// range belong to it), at a time of the site's zone.
func evaluate(t *testing.T, dialplan string, at time.Time) string {
	t.Helper()
	_, dialplan, _ = strings.Cut(dialplan, "[ac-hours-main]")
	today := at.Year()*10000 + int(at.Month())*100 + at.Day()
	for line := range strings.Lines(dialplan) {
		line = strings.TrimSpace(line)
		var from, to int
		var label string
		if n, _ := fmt.Sscanf(line, "same => n,GotoIf($[${AC_TODAY} >= %d & ${AC_TODAY} <= %d]?%s", &from, &to, &label); n == 3 {
			if from <= today && today <= to {
				return strings.TrimSuffix(label, ")")
			}
			continue
		}
		spec, ok := strings.CutPrefix(line, "same => n,GotoIfTime(")
		if !ok {
			if strings.HasPrefix(line, "same => n(closed)") {
				return "closed"
			}
			continue
		}
		spec, label, _ = strings.Cut(strings.TrimSuffix(spec, ")"), "?")
		f := strings.Split(spec, ",")
		if len(f) != 5 || f[4] != "Africa/Douala" {
			t.Fatalf("%q", line)
		}
		clock := at.Format("15:04")
		a, b, _ := strings.Cut(f[0], "-")
		d1, d2 := 1, 31
		if f[2] != "*" {
			fmt.Sscanf(f[2], "%d-%d", &d1, &d2)
		}
		if (f[0] == "*" || a <= clock && clock <= b) &&
			(f[1] == "*" || strings.Contains(f[1], strings.ToLower(at.Format("Mon")))) &&
			d1 <= at.Day() && at.Day() <= d2 &&
			(f[3] == "*" || f[3] == strings.ToLower(at.Format("Jan"))) {
			return label
		}
	}
	t.Fatal("the lines end before the hours")
	return ""
}

func TestWhatIsRefused(t *testing.T) {
	week := func(r Range) func(*Hours) { return func(h *Hours) { h.Week = []Range{r} } }
	holiday := func(x Holiday) func(*Hours) { return func(h *Hours) { h.Holidays = []Holiday{x} } }
	for _, c := range []struct {
		name string
		edit func(*Hours)
		says string
	}{
		{"no day", week(Range{From: "08:00", To: "12:00"}), "is of no day"},
		{"a day of another language", week(Range{Days: []string{"lun"}, From: "08:00", To: "12:00"}), `day "lun": use mon`},
		{"an injected day", week(Range{Days: []string{"mon,*,*?ac-out-international,0,1)"}, From: "08:00", To: "12:00"}), "use mon"},
		{"no such time", week(Range{Days: []string{"mon"}, From: "8:00", To: "12:00"}), `from "8:00": a time as 08:00`},
		{"an end past midnight", week(Range{Days: []string{"mon"}, From: "08:00", To: "25:00"}), `to "25:00"`},
		{"an injected time", week(Range{Days: []string{"mon"}, From: "08:00", To: "12:00\n"}), "a time as 12:00"},
		{"no such day", holiday(Holiday{From: "02-30"}), `holiday "02-30": a day as 2026-12-24`},
		{"a year in one only", holiday(Holiday{From: "2026-12-24", To: "01-02"}), "write the year in both or in none"},
		{"backwards", holiday(Holiday{From: "2026-12-24", To: "2026-12-23"}), "it ends before it begins"},
		{"an injected holiday", holiday(Holiday{From: "2026-12-24]?x"}), "a day as 2026-12-24"},
		{"nowhere when open", func(h *Hours) { h.Open = pbx.Destination{} }, "open: no destination is chosen"},
		{"to nobody when closed", func(h *Hours) { h.Closed.ID = "999"; h.Closed.Kind = pbx.ToNumber }, `closed: number "999" does not exist`},
		{"a switch of letters", func(h *Hours) { h.Switch = "1,1,Dial(x)" }, "1 to 6 digits"},
		{"a phone of nobody", func(h *Hours) { h.Phones = []string{"202"} }, `phone "202": there is no such extension`},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := office(shop)
			h, _ := Decode(plan.Objects[0])
			c.edit(&h)
			plan.Objects[0].Body = body(h)
			if _, err := Render(plan); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
	plan := office(shop)
	plan.TimeZone = "Mars/Phobos"
	if _, err := Render(plan); err == nil || !strings.Contains(err.Error(), `time zone "Mars/Phobos" is unknown`) {
		t.Error(err)
	}
	plan = office(shop)
	plan.Objects = append(plan.Objects, pbx.Object{Kind: Kind, ID: "other", Body: []byte(strings.Replace(string(plan.Objects[0].Body), `"open"`, `"switch":"600","open"`, 1))})
	if _, err := Render(plan); err == nil || !strings.Contains(err.Error(), "switch 600 is already of hours main") {
		t.Error(err)
	}
}
