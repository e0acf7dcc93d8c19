package pbxtest

import (
	"regexp"
	"slices"
	"strings"
)

// Log is all that Asterisk wrote to its console.
func (w *World) Log() string { return w.asterisk.Log() }

// Expect says that Asterisk will log errors or warnings that hold one of the texts.
func (w *World) Expect(texts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed = append(w.allowed, texts...)
}

// raced is in what Asterisk logs as an error when a caller gives up at the moment at which
// they are told who is called: nothing is wrong.
const raced = "update_connected_line_information: Session already DISCONNECTED"

// clean fails the test for what Asterisk complained of.
// ours is how Asterisk shows what our dialplan says by Log(): no fault, but what people
// should find in the journal.
var ours = regexp.MustCompile(`WARNING\[\d+\](\[[^]]*\])?: Ext\. `)

func (w *World) clean() {
	w.mu.Lock()
	allowed := w.allowed
	w.mu.Unlock()
	for _, line := range w.asterisk.Complaints() {
		if strings.Contains(line, raced) || ours.MatchString(line) {
			continue
		}
		if !slices.ContainsFunc(allowed, func(s string) bool { return strings.Contains(line, s) }) {
			w.outer.Error("asterisk's log: ", line)
		}
	}
	if w.outer.Failed() {
		w.outer.Logf("asterisk's log:\n%s", tail(w.asterisk.Log(), 60))
	}
}

// tail is the last lines of a log, without what it says of every request.
func tail(s string, n int) string {
	lines := slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool {
		return strings.TrimSpace(l) == "" || strings.Contains(l, "] SECURITY[")
	})
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
