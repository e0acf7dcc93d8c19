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
	"strconv"
	"strings"
	"time"
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
