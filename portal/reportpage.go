package portal

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"autocom/portal/chart"
)

// reportPage is what is told about queues, or agents, in a period.
type reportPage struct {
	Agents       bool // else queues
	Period       string
	Periods      []choice
	From, To     string // days
	Many         []choice
	Kinds        []about
	Bad          string
	Title        string // the period in words
	Tiles        []tile
	Chart        *charts
	ByDay        bool
	Rows         []intervalRow // the same as the chart
	Table        figureTable
	Definitions  []definition
	CSV, CSVEach string
}

type about struct {
	Link, Name string
	Now        bool
}

type tile struct{ Name, Value, Mark string }

// intervalRow is a bar of the chart in figures.
type intervalRow struct {
	When                       string
	Offered, Answered, Abandon int
	Level, Mark                string
}

// definition is what a figure means.
type definition struct{ Name, Text string }

// figureTable has a row for each figure of queues, or for each agent.
type figureTable struct {
	Heads []string
	Rows  []figureRow
}

type figureRow struct {
	Name, Text string // Text says what it means
	Link       string
	Cells      []string
}

// span is the period that a form asks for.
func (p *Portal) span(form url.Values) (period string, from, to time.Time, err error) {
	today := p.midnight()
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	first := today.AddDate(0, 0, 1-today.Day())
	period = form.Get("period")
	if was := form.Get("was"); was != "" && was != form.Get("from")+" "+form.Get("to") {
		period = "days" // somebody changed a day, whatever the list says
	}
	switch period {
	case "yesterday":
		return period, today.AddDate(0, 0, -1), today, nil
	case "week":
		return period, monday, monday.AddDate(0, 0, 7), nil
	case "lastweek":
		return period, monday.AddDate(0, 0, -7), monday, nil
	case "month":
		return period, first, first.AddDate(0, 1, 0), nil
	case "lastmonth":
		return period, first.AddDate(0, -1, 0), first, nil
	case "days":
		from, err = time.ParseInLocation(time.DateOnly, form.Get("from"), today.Location())
		if err == nil {
			to, err = time.ParseInLocation(time.DateOnly, form.Get("to"), today.Location())
		}
		to = to.AddDate(0, 0, 1)
		switch {
		case err != nil:
			err = errors.New("days")
		case !from.Before(to) || to.Sub(from) > longestReport:
			err = errors.New("span")
		}
		return period, from, to, err
	}
	return "today", today, today.AddDate(0, 0, 1), nil
}

func (p *Portal) reportsPage(w http.ResponseWriter, r *http.Request) {
	if p.recordless(w, r) {
		return
	}
	form, lang := r.URL.Query(), p.words(r).Lang
	v := reportPage{Agents: form.Get("of") == "agents"}
	queue := form.Get("queue")
	if _, ok := p.Objects.Object("queue", queue); !ok {
		queue = ""
	}
	period, from, to, err := p.span(form)
	v.Period = period
	for _, c := range [][3]string{{"today", "Aujourd'hui", "Today"}, {"yesterday", "Hier", "Yesterday"}, {"week", "Cette semaine", "This week"}, {"lastweek", "Semaine dernière", "Last week"},
		{"month", "Ce mois", "This month"}, {"lastmonth", "Mois dernier", "Last month"}, {"days", "Du … au …", "From … to …"}} {
		v.Periods = append(v.Periods, choice{c[0], say(lang, c[1], c[2]), c[0] == period})
	}
	v.Many = p.queueChoices(queue, say(lang, "Toutes", "All"))
	other := url.Values{"period": {period}, "queue": {queue}, "from": {form.Get("from")}, "to": {form.Get("to")}}
	v.Kinds = []about{{"/ui/reports?" + other.Encode(), say(lang, "Files", "Queues"), !v.Agents}, {"/ui/reports?of=agents&" + other.Encode(), say(lang, "Agents", "Agents"), v.Agents}}
	v.From, v.To = form.Get("from"), form.Get("to")
	if err != nil {
		v.Bad = say(lang, "Choisissez un premier et un dernier jour.", "Choose a first and a last day.")
		if err.Error() == "span" {
			v.Bad = say(lang, "Le premier jour est avant le dernier, et la période dure 400 jours au plus.", "The first day is before the last, and the period lasts 400 days at most.")
		}
		p.screen(w, r, http.StatusBadRequest, "reports", v)
		return
	}
	last := to.AddDate(0, 0, -1)
	v.From, v.To = from.Format(time.DateOnly), last.Format(time.DateOnly)
	if v.Title = day(from, lang); v.From != v.To {
		v.Title = fmt.Sprintf(say(lang, "du %s au %s", "%s to %s"), day(from, lang), day(last, lang))
	}
	q := ReportQuery{From: from, To: to, Queue: queue}
	api := url.Values{"from": {v.From}, "to": {v.To}, "format": {"csv"}}
	if queue != "" {
		api.Set("queue", queue)
	}
	if v.Agents {
		v.CSV = "/api/v1/reports/agents?" + api.Encode()
		err = p.reportAgents(r, &v, q, lang)
	} else {
		v.CSV = "/api/v1/reports/queues?" + api.Encode()
		every := "hour"
		if v.ByDay = to.Sub(from) > 50*time.Hour; v.ByDay {
			every = "day"
		}
		api.Set("every", every)
		v.CSVEach = "/api/v1/reports/queues?" + api.Encode()
		err = p.reportQueues(r, &v, q, every, lang)
	}
	if err != nil {
		p.Log.Error("report not made", "error", err)
		http.Error(w, "the report cannot be made: see the box's log", http.StatusInternalServerError)
		return
	}
	p.screen(w, r, http.StatusOK, "reports", v)
}

// read makes a report; its rows with their names in JSON, and what they mean.
func (p *Portal) read(r *http.Request, what string, q ReportQuery) (rows []map[string]json.RawMessage, defined []figure, report Report, err error) {
	if report, err = p.History.Report(r.Context(), what, q); err != nil {
		return nil, nil, report, err
	}
	if rows, err = as[[]map[string]json.RawMessage](report.Rows); err != nil {
		return nil, nil, report, err
	}
	defined, err = as[[]figure](report.Figures)
	return rows, defined, report, err
}

func (p *Portal) reportQueues(r *http.Request, v *reportPage, q ReportQuery, every, lang string) error {
	rows, defined, report, err := p.read(r, "queues", q)
	if err != nil {
		return err
	}
	whole, err := as[[]queueFigures](report.Rows)
	if err != nil {
		return err
	}
	aims := p.targets()
	v.Tiles = tiles(whole, aims, lang)
	for _, f := range whole {
		v.Table.Heads = append(v.Table.Heads, p.queueName(f.Queue))
	}
	for _, d := range defined {
		row := figureRow{Name: d.name(lang), Text: d.text(lang)}
		for _, x := range rows {
			row.Cells = append(row.Cells, figureText(x[d.ID], d.Unit, lang))
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	q.Every = every
	report, err = p.History.Report(r.Context(), "queues", q)
	if err != nil {
		return err
	}
	parts, err := as[[]queueFigures](report.Rows)
	if err != nil {
		return err
	}
	p.bars(v, parts, aims, q, lang)
	return nil
}

// aims are the targets of queues in percent, by id.
type aims map[string]int

// of is that of a queue; one that is no more had aimed at what is usual.
func (a aims) of(queue string) int { return cmp.Or(a[queue], usualTarget) }

func (p *Portal) targets() aims {
	out := aims{}
	for _, q := range p.queueObjects() {
		out[q.ID] = q.Target
	}
	return out
}

func (p *Portal) reportAgents(r *http.Request, v *reportPage, q ReportQuery, lang string) error {
	rows, defined, report, err := p.read(r, "agents", q)
	if err != nil {
		return err
	}
	known, err := as[[]agentFigures](report.Rows)
	if err != nil {
		return err
	}
	n := p.names()
	v.Table.Heads = nil
	for _, d := range defined {
		v.Table.Heads = append(v.Table.Heads, d.name(lang))
		v.Definitions = append(v.Definitions, definition{d.name(lang), d.text(lang)})
	}
	var bars []chart.Bar
	for i, x := range rows {
		row := figureRow{Name: n.of(known[i].Agent, ""), Link: "/ui/agent?number=" + url.QueryEscape(known[i].Agent)}
		for _, d := range defined {
			row.Cells = append(row.Cells, figureText(x[d.ID], d.Unit, lang))
		}
		v.Table.Rows = append(v.Table.Rows, row)
		bars = append(bars, chart.Bar{
			Label: known[i].Agent, Title: fmt.Sprintf(say(lang, "%s : %d pris, %d manqués", "%s: %d taken, %d missed"), row.Name, known[i].Taken, known[i].Missed),
			Parts: []chart.Part{{Class: "answered", Value: known[i].Taken}, {Class: "abandoned", Value: known[i].Missed}},
		})
	}
	if len(bars) > 0 {
		thin(bars)
		c := draw(bars, chart.Size{Width: 1000, Height: 280, Text: 15})
		v.Chart = &c
	}
	return nil
}
