package portal

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"
)

// memory is a History of one call.
type memory struct {
	asked  CallQuery
	report ReportQuery
	gone   []string
}

const evil = "=cmd|' /C calc'!A0"

func (m *memory) Calls(_ context.Context, q CallQuery) ([]json.RawMessage, string, error) {
	m.asked = q
	return []json.RawMessage{json.RawMessage(`{"id":"a-1.0"}`)}, "a-1.0", nil
}

func (m *memory) Call(_ context.Context, id string) (json.RawMessage, error) {
	if id != "a-1.0" {
		return nil, fs.ErrNotExist
	}
	return json.RawMessage(`{"id":"a-1.0"}`), nil
}

func (m *memory) DropCall(_ context.Context, id string) error {
	m.gone = append(m.gone, id)
	return nil
}

func (m *memory) DropRecordings(ctx context.Context, id string) error { return m.DropCall(ctx, id) }

// tape is a recording in memory.
type tape struct{ *bytes.Reader }

func (tape) Close() error       { return nil }
func (tape) Name() string       { return "/data/recordings/a-1.0.WAV" }
func (tape) ModTime() time.Time { return time.Unix(1, 0) }

func (m *memory) Recording(_ context.Context, id string, n int) (Recording, error) {
	if id != "a-1.0" || n != 0 {
		return nil, fmt.Errorf("recording: %w", fs.ErrNotExist)
	}
	return tape{bytes.NewReader([]byte("RIFF of a call"))}, nil
}

func (m *memory) Report(_ context.Context, what string, q ReportQuery) (Report, error) {
	m.report = q
	return Report{From: q.From, To: q.To, Rows: []string{what}, Figures: []string{"offered"}, Table: [][]string{{"queue"}, {what}}}, nil
}

func (m *memory) CallTable(_ context.Context, q CallQuery) ([][]string, error) {
	m.asked = q
	return [][]string{{"id", "name", "number"}, {"a-1.0", evil, "+237699"}, {"a-1.1", "quote \" comma , line\nend", "201"}}, nil
}

func TestHistory(t *testing.T) {
	f, srv, c := open(t)
	get := func(method, path, keyed string) (int, string, http.Header) {
		t.Helper()
		r, err := http.NewRequest(method, srv.URL+"/api/v1/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if keyed != "" {
			r.Header.Set("Authorization", "Bearer "+keyed)
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body), resp.Header
	}
	m := &f.history
	for _, tt := range []struct {
		what, method, path string
		code               int
		says               string
	}{
		{"calls", "GET", "calls", 200, `{"calls":[{"id":"a-1.0"}],"next":"a-1.0"}`},
		{"one", "GET", "calls/a-1.0", 200, `{"id":"a-1.0"}`},
		{"nobody", "GET", "calls/a-9.9", 404, "no such call"},
		{"a number that is none", "GET", "calls?number=x'--", 400, "1 to 32 digits"},
		{"a direction that is none", "GET", "calls?direction=up", 400, "internal, in or out"},
		{"a result that is none", "GET", "calls?result=lost", 400, "answered, voicemail"},
		{"a page of nothing", "GET", "calls?limit=0", 400, "1 to 1000"},
		{"too long a page", "GET", "calls?limit=1001", 400, "1 to 1000"},
		{"an id that is none", "GET", "calls?after=%27", 400, "id of a call"},
		{"a day that is none", "GET", "calls?from=yesterday", 400, "2026-11-23"},
		{"a period that ends before it begins", "GET", "calls?from=2026-11-23&to=2026-11-20", 400, "not before"},
		{"a parameter that is none", "GET", "calls?nummer=1", 400, "no parameter"},
		{"a form that is none", "GET", "calls?format=xml", 400, "json or csv"},
		{"a recording", "GET", "calls/a-1.0/recording", 200, "RIFF of a call"},
		{"a second recording", "GET", "calls/a-1.0/recording?n=1", 404, "recording"},
		{"a recording of no number", "GET", "calls/a-1.0/recording?n=-1", 400, "from 0"},
		{"the report of queues", "GET", "reports/queues?from=2026-11-23&to=2026-11-23&every=hour&within=30&short=3&queue=sav", 200, `"rows":["queues"]`},
		{"the report of agents", "GET", "reports/agents", 200, `"figures":["offered"]`},
		{"a report by minutes", "GET", "reports/agents?every=minute", 400, "hour or day"},
		{"a report of ten years by hours", "GET", "reports/agents?from=2016-01-01&to=2026-01-01", 400, "400 days"},
		{"a service level of no seconds", "GET", "reports/queues?within=0", 400, "1 to 3600"},
		{"erase a recording", "DELETE", "calls/a-1.0/recording", 204, ""},
		{"erase a call", "DELETE", "calls/a-1.0", 204, ""},
	} {
		if code, body, _ := get(tt.method, tt.path, key); code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d %s\nwant %d with %s", tt.what, code, body, tt.code, tt.says)
		}
		if code, body, _ := get(tt.method, tt.path, ""); code != 401 {
			t.Errorf("%s without a key: %d %s", tt.what, code, body)
		}
	}
	if len(m.gone) != 2 {
		t.Errorf("%q were erased", m.gone)
	}
	zone := time.UTC          // of a site that has not said
	if m.report.Every != "" { // of the last one that was made: agents, today
		t.Errorf("%+v", m.report)
	}
	get("GET", "calls?number=201&name=Aw&direction=in&result=unanswered&from=2026-11-23&to=2026-11-23&limit=7&after=a-1.0", key)
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, zone)
	if q := m.asked; q.Number != "201" || q.Name != "Aw" || q.Direction != "in" || len(q.Results) != 4 || !q.From.Equal(day) || !q.To.Equal(day.AddDate(0, 0, 1)) || q.Limit != 7 || q.After != "a-1.0" {
		t.Errorf("%+v", q)
	}
}

// A spreadsheet opens it: each call is a row, whatever a caller calls themselves, and
// nothing is taken for a formula.
func TestATableForASpreadsheet(t *testing.T) {
	_, srv, c := open(t)
	r, err := http.NewRequest("GET", srv.URL+"/api/v1/calls?format=csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(string(body), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != 3 {
		t.Fatalf("%q, %v", text, err)
	}
	if rows[1][1] != "'"+evil || rows[1][2] != "'+237699" || rows[2][1] != "quote \" comma , line\nend" {
		t.Errorf("%q", rows)
	}
	if h := resp.Header; h.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(h.Get("Content-Disposition"), "calls.csv") {
		t.Errorf("%v", h)
	}
}
