package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"autocom/pbx/report"
	"autocom/portal"
)

// around is how long before a period a call may have begun that is in it, and after it end.
const around = 24 * time.Hour

// Report makes the figures out of queue_log.
func (a archive) Report(ctx context.Context, what string, q portal.ReportQuery) (portal.Report, error) {
	a.complain(a.Read(ctx))
	lines, err := a.records.QueueLog(ctx, q.From.Add(-around), q.To.Add(around))
	if err != nil {
		return portal.Report{}, err
	}
	log := make([]report.Entry, 0, len(lines))
	for _, l := range lines {
		if e, ok := report.Parse(l); ok {
			log = append(log, e)
		}
	}
	o := report.Options{From: q.From, To: q.To, Queue: q.Queue, Every: q.Every, Within: q.Within, Short: q.Short, Zone: a.zone()}
	if q.Within == 0 {
		o.WithinOf = a.serviceLevels()
	}
	out := portal.Report{From: q.From, To: q.To}
	if what == "agents" {
		rows := report.Agents(log, o, a.now())
		out.Rows, out.Figures, out.Table = rows, report.AgentFigures, agentTable(rows, a.zone())
		return out, nil
	}
	rows := report.Queues(log, o)
	out.Rows, out.Figures, out.Table = rows, report.QueueFigures, queueTable(rows, a.zone())
	return out, nil
}

// serviceLevels are those that queues have of their own.
func (a archive) serviceLevels() map[string]time.Duration {
	out := map[string]time.Duration{}
	for _, o := range a.plan().All("queue") {
		var body struct {
			Service int `json:"service_level"`
		}
		if json.Unmarshal(o.Body, &body) == nil && body.Service > 0 {
			out[o.ID] = time.Duration(body.Service) * time.Second
		}
	}
	return out
}

func queueTable(rows []report.QueueRow, zone *time.Location) [][]string {
	out := [][]string{{"from", "queue"}}
	for _, f := range report.QueueFigures {
		out[0] = append(out[0], f.ID)
	}
	for _, r := range rows {
		out = append(out, append([]string{clock(r.From, zone), r.Queue}, figures(r, report.QueueFigures)...))
	}
	return out
}

func agentTable(rows []report.AgentRow, zone *time.Location) [][]string {
	out := [][]string{{"from", "agent"}}
	for _, f := range report.AgentFigures {
		out[0] = append(out[0], f.ID)
	}
	for _, r := range rows {
		out = append(out, append([]string{clock(r.From, zone), r.Agent}, figures(r, report.AgentFigures)...))
	}
	return out
}

// figures are a row's values in the order of their definitions, by their names in JSON.
func figures(row any, defined []report.Figure) []string {
	text, err := json.Marshal(row)
	if err != nil {
		return nil
	}
	values := map[string]json.RawMessage{}
	if json.Unmarshal(text, &values) != nil {
		return nil
	}
	var out []string
	for _, f := range defined {
		v := string(values[f.ID])
		if v == "null" {
			v = ""
		}
		var reasons map[string]int
		if json.Unmarshal(values[f.ID], &reasons) == nil && reasons != nil {
			var parts []string
			for reason, n := range reasons {
				parts = append(parts, fmt.Sprintf("%s %d", reason, n))
			}
			slices.Sort(parts)
			v = strings.Join(parts, ", ")
		}
		out = append(out, v)
	}
	return out
}
