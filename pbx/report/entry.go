// Package report turns Asterisk's queue_log into figures about queues and agents. Every
// figure is defined in one sentence (figures.go), which the API and docs/reports.md show.
//
// The log is taken in the order in which it was written, not by its clock: a box without a
// battery changes its clock when it finds the network, and waits and talks are read from
// what Asterisk measured itself.
package report

import (
	"strconv"
	"strings"
	"time"
)

// Entry is one line of queue_log:
//
//	1795457753|autocom-1795457753.8|sav|202|CONNECT|12|autocom-1795457753.9|3
type Entry struct {
	At    time.Time // whole seconds
	Call  string    // uniqueid of the caller's channel, or NONE
	Queue string    // id of the queue, or NONE
	Agent string    // number of the agent, or NONE
	Event string
	Data  []string
}

// maxLine is the longest line that is read; a caller's number is in it.
const maxLine = 4096

// Parse reads one line without its newline.
func Parse(line string) (Entry, bool) {
	f := strings.Split(line, "|")
	if len(line) > maxLine || len(f) < 5 {
		return Entry{}, false
	}
	s, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || s < 0 || f[4] == "" {
		return Entry{}, false
	}
	e := Entry{At: time.Unix(s, 0).UTC(), Call: f[1], Queue: f[2], Agent: f[3], Event: f[4], Data: f[5:]}
	for len(e.Data) > 0 && e.Data[len(e.Data)-1] == "" {
		e.Data = e.Data[:len(e.Data)-1]
	}
	return e, true
}

// data is field i as Asterisk's documentation counts them, from 1.
func (e Entry) data(i int) string {
	if i > len(e.Data) {
		return ""
	}
	return e.Data[i-1]
}

// longest is what Asterisk can mean by a wait or a talk: more is a clock that jumped.
const longest = 24 * time.Hour

// seconds reads a duration in whole seconds.
func (e Entry) seconds(i int) time.Duration {
	n, err := strconv.ParseInt(e.data(i), 10, 64)
	if err != nil || n < 0 || n > int64(longest/time.Second) {
		return 0
	}
	return time.Duration(n) * time.Second
}

// State reports a login or a pause, which matters until it ends: long after, perhaps.
func (e Entry) State() bool {
	switch e.Event {
	case "ADDMEMBER", "REMOVEMEMBER", "PAUSE", "UNPAUSE", "PAUSEALL", "UNPAUSEALL":
		return true
	}
	return false
}

// Read reads a whole queue_log; lines that are none are left out.
func Read(log string) []Entry {
	var out []Entry
	for l := range strings.Lines(log) {
		if e, ok := Parse(strings.TrimSuffix(l, "\n")); ok {
			out = append(out, e)
		}
	}
	return out
}
