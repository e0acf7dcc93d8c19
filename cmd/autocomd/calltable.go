package main

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"autocom/pbx/calls"
	"autocom/portal"
)

// CallTable gives calls as a spreadsheet has them: times of the site, seconds as numbers.
func (a archive) CallTable(ctx context.Context, q portal.CallQuery) ([][]string, error) {
	found, err := a.find(ctx, q)
	if err != nil {
		return nil, err
	}
	zone := a.zone()
	rows := [][]string{{"id", "start", "answer", "end", "direction", "result", "from_number", "from_name", "dialled", "number", "answered_by_number",
		"answered_by_name", "transferred_to", "queue", "conference", "voicemail", "trunk", "wait_seconds", "talk_seconds", "duration_seconds", "cause", "recordings"}}
	for _, text := range found {
		var c calls.Call
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return nil, err
		}
		var to []string
		for _, p := range c.Transfers {
			to = append(to, p.Number)
		}
		rows = append(rows, []string{c.ID, clock(c.Start, zone), clock(c.Answer, zone), clock(c.End, zone), c.Direction, c.Result, c.From.Number, c.From.Name,
			c.Dialled, c.Number, c.AnsweredBy.Number, c.AnsweredBy.Name, strings.Join(to, " "), c.Queue, c.Conference, c.Box, c.Trunk,
			seconds(c.Wait), seconds(c.Talk), seconds(c.Duration().Seconds()), strconv.Itoa(c.Cause), strconv.Itoa(len(c.Recordings))})
	}
	return rows, nil
}

func clock(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02 15:04:05")
}

func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 1, 64) }

// zone is where the site's days begin.
func (a archive) zone() *time.Location {
	if z, err := time.LoadLocation(a.plan().TimeZone); err == nil {
		return z
	}
	return time.UTC
}
