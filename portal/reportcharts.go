package portal

import (
	"fmt"
	"time"

	"autocom/portal/chart"
)

// tiles are the figures of all queues together.
func tiles(whole []queueFigures, aims aims, lang string) []tile {
	var s sums
	var wait, talk float64
	longest := 0
	for _, f := range whole {
		s.add(f, aims.of(f.Queue))
		wait += f.WaitAnswered * float64(f.Answered)
		talk += float64(f.Talk)
		longest = max(longest, f.WaitLongest)
	}
	level, mark := "–", ""
	if l, ok := s.level(); ok {
		level, mark = percent(l, lang), serviceMark(l, s.target())
	}
	n := max(1, float64(s.Answered))
	name := func(id string) string { return figureNames[id].In(lang) }
	return []tile{
		{name("offered"), fmt.Sprint(s.Offered), ""}, {name("answered"), fmt.Sprint(s.Answered), ""}, {name("abandoned"), fmt.Sprint(s.Abandoned), ""}, {name("service_level"), level, mark},
		{name("wait_answered"), short(int(wait/n + .5)), ""}, {name("wait_longest"), short(longest), ""}, {name("talk_average"), short(int(talk/n + .5)), ""},
	}
}

// bars draws the hours of a day, or the days of a period, and tells them in a table.
func (p *Portal) bars(v *reportPage, parts []queueFigures, aims aims, q ReportQuery, lang string) {
	zone := p.zone()
	by := map[int64]*sums{}
	var first, last time.Time
	for _, f := range parts {
		if by[f.From.Unix()] == nil {
			by[f.From.Unix()] = &sums{}
		}
		by[f.From.Unix()].add(f, aims.of(f.Queue))
		if first.IsZero() || f.From.Before(first) {
			first = f.From
		}
		if f.From.After(last) {
			last = f.From
		}
	}
	if len(by) == 0 {
		return
	}
	at := first.In(zone)
	if v.ByDay { // all days, the empty ones too
		at, last = q.From, q.To.AddDate(0, 0, -1)
		if now := p.Now(); last.After(now) {
			last = now
		}
	}
	var bars []chart.Bar
	for i := 0; !at.After(last) && i < 800; i++ {
		s := sums{}
		if x := by[at.Unix()]; x != nil {
			s = *x
		}
		row := intervalRow{When: fmt.Sprintf(say(lang, "%d h", "%d:00"), at.Hour()), Offered: s.Offered, Answered: s.Answered, Abandon: s.Abandoned, Level: "–"}
		label := row.When
		if v.ByDay {
			row.When, label = day(at, lang), at.Format("2")
		} else if q.To.Sub(q.From) > 25*time.Hour {
			row.When = day(at, lang) + " " + row.When
		}
		if l, ok := s.level(); ok {
			row.Level, row.Mark = percent(l, lang), serviceMark(l, s.target())
		}
		bars = append(bars, chart.Bar{
			Label: label, Minor: i%2 == 1, Title: fmt.Sprintf(say(lang, "%s : %d répondus, %d abandonnés", "%s: %d answered, %d abandoned"), row.When, s.Answered, s.Abandoned),
			Parts: []chart.Part{{Class: "answered", Value: s.Answered}, {Class: "other", Value: s.Offered - s.Answered - s.Abandoned}, {Class: "abandoned", Value: s.Abandoned}},
		})
		v.Rows = append(v.Rows, row)
		if v.ByDay {
			at = at.AddDate(0, 0, 1)
		} else {
			at = at.Add(time.Hour)
		}
	}
	thin(bars)
	c := draw(bars, chart.Size{Width: 1000, Height: 280, Text: 15})
	v.Chart = &c
}

// thin leaves so many labels that they do not touch.
func thin(bars []chart.Bar) {
	every := max(1, (len(bars)+23)/24)
	for i := range bars {
		if i%every != 0 {
			bars[i].Label = ""
		}
		bars[i].Minor = i/every%2 == 1
	}
}
