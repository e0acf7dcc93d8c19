package portal

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

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
