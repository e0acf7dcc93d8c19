package portal

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// History is what is kept of calls and queues. What does not exist is an fs.ErrNotExist.
type History interface {
	Calls(ctx context.Context, q CallQuery) (calls []json.RawMessage, next string, err error)
	Call(ctx context.Context, id string) (json.RawMessage, error)
	DropCall(ctx context.Context, id string) error
	// Recording opens the nth recording of a call, 0 for the first.
	Recording(ctx context.Context, id string, n int) (file Recording, err error)
	DropRecordings(ctx context.Context, id string) error
	// Report makes the figures of "queues" or "agents".
	Report(ctx context.Context, what string, q ReportQuery) (Report, error)
	// CallTable gives calls as rows of a table, the first its head.
	CallTable(ctx context.Context, q CallQuery) ([][]string, error)
}

// Recording is the sound of a call.
type Recording interface {
	io.ReadSeekCloser
	Name() string
	ModTime() time.Time
}

// CallQuery says which calls are wanted; what is zero does not matter.
type CallQuery struct {
	Number, Name, Direction string
	Queue                   string // its id
	Results                 []string
	From, To                time.Time // To is the first instant that does not belong to it
	After                   string    // id of the last call of the page before
	Limit                   int
}

// ReportQuery says what a report is about.
type ReportQuery struct {
	From, To      time.Time
	Queue         string
	Every         string // "", "quarter" of an hour, "hour", "day"
	Within, Short time.Duration
}

// Report is rows of figures, what each figure means, and both as a table.
type Report struct {
	From    time.Time  `json:"from"`
	To      time.Time  `json:"to"`
	Rows    any        `json:"rows"`
	Figures any        `json:"figures"`
	Table   [][]string `json:"-"`
}

// historyRoutes are the paths of calls and reports.
func (p *Portal) historyRoutes() []route {
	return []route{
		{"GET /api/v1/calls", p.kept(p.listCalls), supervisor},
		{"GET /api/v1/calls/{id}", p.kept(p.getCall), supervisor},
		{"DELETE /api/v1/calls/{id}", p.kept(p.dropCall), admin},
		{"GET /api/v1/calls/{id}/recording", p.kept(p.getRecording), supervisor},
		{"DELETE /api/v1/calls/{id}/recording", p.kept(p.dropRecording), admin},
		{"GET /api/v1/reports/queues", p.kept(p.report("queues")), supervisor},
		{"GET /api/v1/reports/agents", p.kept(p.report("agents")), supervisor},
	}
}

// kept answers for a box that cannot keep records.
func (p *Portal) kept(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.History == nil {
			problem(w, http.StatusServiceUnavailable, "no records of calls are kept: see the box's log")
			return
		}
		h(w, r)
	}
}

// Limits of a list of calls.
const (
	someCalls = 100
	mostCalls = 1000
)

var (
	callID     = regexp.MustCompile(`^[A-Za-z0-9.-]{1,80}$`)
	someNumber = regexp.MustCompile(`^\+?[0-9*#]{1,32}$`)
	outcomes   = []string{"answered", "voicemail", "busy", "missed", "failed", "service"}
)

// query reads the parameters of a list of calls; what is wrong is a sentence.
func (p *Portal) query(r *http.Request) (q CallQuery, err error) {
	v := r.URL.Query()
	q = CallQuery{Number: v.Get("number"), Name: v.Get("name"), Direction: v.Get("direction"), Queue: v.Get("queue"), After: v.Get("after"), Limit: someCalls}
	for name := range v {
		if !slices.Contains([]string{"number", "name", "direction", "queue", "after", "limit", "result", "from", "to", "format"}, name) {
			return q, fmt.Errorf("there is no parameter %q", name)
		}
	}
	switch {
	case q.Number != "" && !someNumber.MatchString(q.Number):
		return q, errors.New("number is 1 to 32 digits, * or #")
	case utf8.RuneCountInString(q.Name) > maxName || !utf8.ValidString(q.Name):
		return q, fmt.Errorf("name is longer than %d characters", maxName)
	case q.Direction != "" && q.Direction != "internal" && q.Direction != "in" && q.Direction != "out":
		return q, errors.New("direction is internal, in or out")
	case q.Queue != "" && !callID.MatchString(q.Queue):
		return q, errors.New("queue is the id of a queue")
	case q.After != "" && !callID.MatchString(q.After):
		return q, errors.New("after is the id of a call: the next of the page before")
	}
	for word := range strings.SplitSeq(v.Get("result"), ",") {
		switch {
		case word == "":
		case word == "unanswered": // by a person
			q.Results = append(q.Results, "missed", "busy", "voicemail", "failed")
		case slices.Contains(outcomes, word):
			q.Results = append(q.Results, word)
		default:
			return q, fmt.Errorf("result is one of %s, unanswered, or several with commas", strings.Join(outcomes, ", "))
		}
	}
	if s := v.Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > mostCalls {
			return q, fmt.Errorf("limit is a number from 1 to %d", mostCalls)
		}
	}
	q.From, q.To, err = p.period(r, false)
	return q, err
}

// period reads from and to: a day of the site, or an instant (RFC 3339). A day as to
// belongs to the period. today fills in what is missing.
func (p *Portal) period(r *http.Request, today bool) (from, to time.Time, err error) {
	zone := p.zone()
	read := func(name string, days int) (time.Time, error) {
		s := r.URL.Query().Get(name)
		if s == "" {
			return time.Time{}, nil
		}
		if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
			return t.AddDate(0, 0, days), nil
		}
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return t, fmt.Errorf("%s is a day, as in 2026-11-23, or an instant, as in 2026-11-23T08:00:00Z", name)
		}
		return t, nil
	}
	if from, err = read("from", 0); err != nil {
		return from, to, err
	}
	if to, err = read("to", 1); err != nil {
		return from, to, err
	}
	if today {
		n := p.Now().In(zone)
		begin := time.Date(n.Year(), n.Month(), n.Day(), 0, 0, 0, 0, zone)
		if from.IsZero() {
			from = begin
		}
		if to.IsZero() {
			to = begin.AddDate(0, 0, 1)
		}
	}
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return from, to, errors.New("from is not before to")
	}
	return from, to, nil
}

// zone is where the site's days begin.
func (p *Portal) zone() *time.Location {
	if z, err := time.LoadLocation(p.Site().TimeZone); err == nil {
		return z
	}
	return time.UTC
}

func (p *Portal) listCalls(w http.ResponseWriter, r *http.Request) {
	q, err := p.query(r)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	switch r.URL.Query().Get("format") {
	case "", "json":
		list, next, err := p.History.Calls(r.Context(), q)
		if p.found(w, err) {
			if list == nil {
				list = []json.RawMessage{}
			}
			if next != "" {
				linkNext(w.Header(), r, next)
			}
			reply(w, http.StatusOK, map[string]any{"calls": list, "next": next})
		}
	case "csv":
		if r.URL.Query().Get("limit") == "" {
			q.Limit = 100 * mostCalls
		}
		rows, err := p.History.CallTable(r.Context(), q)
		if p.found(w, err) {
			table(w, "calls.csv", rows)
		}
	default:
		problem(w, http.StatusBadRequest, "format is json or csv")
	}
}

// found reports that there is something to answer; else the problem was answered.
func (p *Portal) found(w http.ResponseWriter, err error) bool {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such call or recording")
	case errors.Is(err, ErrConflict):
		problem(w, http.StatusConflict, strings.TrimPrefix(err.Error(), ErrConflict.Error()+": "))
	case err != nil:
		p.Log.Error("records of calls", "error", err)
		problem(w, http.StatusInternalServerError, "the records cannot be read: see the box's log")
	default:
		return true
	}
	return false
}

// table writes rows as RFC 4180 has them.
func table(w http.ResponseWriter, name string, rows [][]string) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, "\ufeff") // without it Excel takes UTF-8 for the code page of the PC
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, row := range rows {
		for i := range row {
			row[i] = harmless(row[i])
		}
		out.Write(row) // an error is the client's who went away
	}
	out.Flush()
}

// harmless keeps a spreadsheet from taking a name for a formula, as it does what begins with
// one of these: the name of a caller is written by the caller.
func harmless(field string) string {
	if field != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(field[0])) {
		return "'" + field
	}
	return field
}

func (p *Portal) getCall(w http.ResponseWriter, r *http.Request) {
	call, err := p.History.Call(r.Context(), r.PathValue("id"))
	if p.found(w, err) {
		reply(w, http.StatusOK, call)
	}
}

// dropCall erases a call with its recordings, for who asks that nothing be kept of it.
func (p *Portal) dropCall(w http.ResponseWriter, r *http.Request) {
	if p.found(w, p.History.DropCall(r.Context(), r.PathValue("id"))) {
		p.Log.Info("a call was erased from the records", "call", path.Base(r.PathValue("id")))
		w.WriteHeader(http.StatusNoContent)
	}
}

func (p *Portal) getRecording(w http.ResponseWriter, r *http.Request) {
	n := 0
	if s := r.URL.Query().Get("n"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n < 0 || n > 99 {
			problem(w, http.StatusBadRequest, "n is which recording of the call, from 0")
			return
		}
	}
	file, err := p.History.Recording(r.Context(), r.PathValue("id"), n)
	if !p.found(w, err) {
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": strings.ToLower(path.Base(file.Name()))}))
	http.ServeContent(w, r, "", file.ModTime(), file)
}

func (p *Portal) dropRecording(w http.ResponseWriter, r *http.Request) {
	if p.found(w, p.History.DropRecordings(r.Context(), r.PathValue("id"))) {
		p.Log.Info("recordings of a call were erased", "call", path.Base(r.PathValue("id")))
		w.WriteHeader(http.StatusNoContent)
	}
}

// longestReport bounds what one report reads.
const longestReport = 400 * 24 * time.Hour

func (p *Portal) report(what string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := r.URL.Query()
		q := ReportQuery{Queue: v.Get("queue"), Every: v.Get("every")}
		var err error
		q.From, q.To, err = p.period(r, true)
		seconds := func(name string) (d time.Duration) {
			if s := v.Get(name); s != "" && err == nil {
				var n int
				if n, err = strconv.Atoi(s); err != nil || n < 1 || n > 3600 {
					err = fmt.Errorf("%s is a number of seconds from 1 to 3600", name)
				}
				d = time.Duration(n) * time.Second
			}
			return d
		}
		q.Within, q.Short = seconds("within"), seconds("short")
		switch {
		case err != nil:
		case q.Every != "" && q.Every != "quarter" && q.Every != "hour" && q.Every != "day":
			err = errors.New("every is quarter (of an hour), hour or day")
		case q.Every == "quarter" && q.To.Sub(q.From) > 49*time.Hour:
			err = errors.New("a report by quarters of an hour is about two days at most")
		case q.Queue != "" && !callID.MatchString(q.Queue):
			err = errors.New("queue is the id of a queue")
		case q.To.Sub(q.From) > longestReport:
			err = errors.New("a report is about 400 days at most")
		case q.Every == "hour" && q.To.Sub(q.From) > 32*24*time.Hour:
			err = errors.New("a report by hours is about 32 days at most")
		}
		if err != nil {
			problem(w, http.StatusBadRequest, err.Error())
			return
		}
		report, err := p.History.Report(r.Context(), what, q)
		if !p.found(w, err) {
			return
		}
		switch v.Get("format") {
		case "", "json":
			reply(w, http.StatusOK, report)
		case "csv":
			table(w, what+".csv", report.Table)
		default:
			problem(w, http.StatusBadRequest, "format is json or csv")
		}
	}
}
