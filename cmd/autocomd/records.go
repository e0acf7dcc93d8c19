package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"autocom/pbx/ami"
	"autocom/pbx/calls"
	"autocom/pbx/record"
	"autocom/pbx/report"
	"autocom/portal"
	"autocom/store"
)

// archive answers the portal out of the records.
type archive struct{ *history }

func (a archive) Calls(ctx context.Context, q portal.CallQuery) (list []json.RawMessage, next string, err error) {
	found, err := a.find(ctx, q)
	if err != nil {
		return nil, "", err
	}
	for _, s := range found {
		list = append(list, json.RawMessage(s))
	}
	if q.Limit > 0 && len(found) == q.Limit {
		var last calls.Call
		if err := json.Unmarshal([]byte(found[len(found)-1]), &last); err != nil {
			return nil, "", err
		}
		next = last.ID
	}
	return list, next, nil
}

// find reads what Asterisk has written until now, too.
func (a archive) find(ctx context.Context, q portal.CallQuery) ([]string, error) {
	a.complain(a.Read(ctx))
	return a.records.Calls(ctx, store.CallFilter{
		Number: q.Number, Name: q.Name, Since: q.From, Until: q.To, Direction: q.Direction, Results: q.Results, Before: q.After, Limit: q.Limit,
	})
}

func (a archive) Call(ctx context.Context, id string) (json.RawMessage, error) {
	a.complain(a.Read(ctx))
	text, ok, err := a.records.Call(ctx, id)
	if err == nil && !ok {
		err = fmt.Errorf("call %q: %w", id, fs.ErrNotExist)
	}
	return json.RawMessage(text), err
}

func (a archive) call(ctx context.Context, id string) (c calls.Call, err error) {
	text, err := a.Call(ctx, id)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}

// DropCall erases the recordings first: no call, no way to them.
func (a archive) DropCall(ctx context.Context, id string) error {
	if err := a.DropRecordings(ctx, id); err != nil {
		return err
	}
	return a.records.DropCall(ctx, id)
}

func (a archive) DropRecordings(ctx context.Context, id string) error {
	c, err := a.call(ctx, id)
	if err != nil {
		return err
	}
	for _, name := range c.Recordings {
		file, ok := recordingFile(name)
		if !ok {
			continue
		}
		if err := removeTheirs(recordingsDir(a.data), file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("erase the recordings of call %s: %w", id, err)
		}
	}
	c.Recordings = []string{}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return a.records.SetCall(ctx, id, string(text))
}

func (a archive) Recording(ctx context.Context, id string, n int) (portal.Recording, error) {
	c, err := a.call(ctx, id)
	if err != nil {
		return nil, err
	}
	if n >= len(c.Recordings) {
		return nil, fmt.Errorf("call %q has no recording %d: %w", id, n, fs.ErrNotExist)
	}
	name, ok := recordingFile(c.Recordings[n])
	if !ok {
		return nil, fmt.Errorf("recording of call %q: %w", id, fs.ErrNotExist)
	}
	f, err := openTheirs(recordingsDir(a.data), name)
	if err != nil {
		return nil, fmt.Errorf("recording of call %q: %w", id, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return sound{f, info.ModTime()}, nil
}

// sound is an open recording.
type sound struct {
	*os.File
	at time.Time
}

func (s sound) ModTime() time.Time { return s.at }

// recordingFile is where below recordingsDir a recording lies that Asterisk has named; a name
// of another place is none.
func recordingFile(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, record.Dir+"/")
	if !ok || !filepath.IsLocal(rest) {
		return "", false
	}
	if base, small := strings.CutSuffix(rest, ".wav49"); small {
		rest = base + ".WAV" // Asterisk's name for GSM in a WAV
	}
	return rest, true
}

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

// remember makes the tasks that keep what happened in calls, and who answers the portal
// about it: nobody when no records can be kept.
func (d *daemon) remember() portal.History {
	if d.records == nil {
		return nil
	}
	data, e := d.cfg.Paths.Data, d.exchange
	d.history = newHistory(d.records, data, e.plan, d.log)
	d.sounds = newRecordings(data, e.plan, d.log)
	if e.client != nil {
		d.history.idle = func(ctx context.Context) bool {
			n, err := e.client.Channels(ctx)
			return err == nil && n == 0
		}
		d.history.reopen = func(ctx context.Context) error { return e.client.Reload(ctx, "logger") }
		d.sounds.tell = func(ctx context.Context, stop bool) error { return stopRecording(ctx, e.client, stop) }
	}
	return archive{d.history}
}

// stopRecording sets the key of Asterisk's own database that ac-record looks at.
func stopRecording(ctx context.Context, c *ami.Client, stop bool) error {
	key := []ami.Field{{Key: "Family", Value: "ac/recording"}, {Key: "Key", Value: "stop"}}
	if stop {
		_, err := c.Do(ctx, ami.Action{Name: "DBPut", Fields: append(key, ami.Field{Key: "Val", Value: "1"})})
		return err
	}
	_, err := c.Do(ctx, ami.Action{Name: "DBDel", Fields: key})
	var refused *ami.RefusedError
	if errors.As(err, &refused) {
		return nil // it was not there
	}
	return err
}
