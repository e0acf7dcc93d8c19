// Package calls turns what Asterisk wrote down, channel by channel and event by event
// (asterisk-conf/files/cel_custom.conf.tmpl), into calls as a person would tell them: who
// called whom, who answered, to whom it was transferred, who left a message.
//
// It is made of events and not of CDRs because a CDR is written when a channel ends: of a
// call that a power cut ended there is none, and of a transferred call there are several
// that say "s" was dialled.
package calls

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Event is one line of Asterisk's channel event log (CEL).
type Event struct {
	Type     string // CHAN_START, ANSWER, BRIDGE_ENTER …; a name of our own: AC_NUMBER, AC_RECORDING
	At       time.Time
	User     string // the name of our own, "" for Asterisk's events
	Name     string // caller's name on this channel: of a called phone, its own
	Num      string
	ANI      string // number that the caller had at first
	DNID     string // what was dialled, where the caller's side says so
	Exten    string
	Context  string
	Channel  string // "PJSIP/0015654aa937-1-0000000c", "Local/202@ac-member-00000001;2"
	App      string
	AppData  string
	UniqueID string // of the channel: "autocom-1795457743.12"; the number after the dot counts up from 0 in each run of Asterisk
	LinkedID string // uniqueid of the oldest channel that this one has to do with
	Peer     string
	Extra    string // JSON
	Place    int    // where its record begins in what was scanned
}

// mark begins a record and names its form.
const mark = `"ac1",`

// fields of a record after its mark.
const fields = 18

// maxRecord is the longest record that is read: names and numbers come from outside.
const maxRecord = 32 << 10

// Scan reads the complete records of a log and says how many bytes they take; what follows
// is a record that is not written to its end yet. A record that is no record (a power cut
// in the middle of it, a card that was full) is counted and passed over: within a quoted
// field each quote is written twice, so a mark after a newline always begins a record.
func Scan(log []byte) (events []Event, used, spoiled int) {
	for used < len(log) {
		rest := log[used:]
		next := bytes.Index(rest, []byte("\n"+mark))
		last := next < 0
		if !last {
			rest = rest[:next+1]
		}
		e, ok := parse(rest)
		switch {
		case ok:
			e.Place = used
			events = append(events, e)
		case last && len(rest) <= maxRecord:
			return events, used, spoiled
		case len(bytes.TrimSpace(rest)) > 0:
			spoiled++
		}
		used += len(rest)
	}
	return events, used, spoiled
}

// parse reads one record to its newline.
func parse(record []byte) (Event, bool) {
	if len(record) > maxRecord || !bytes.HasPrefix(record, []byte(mark)) {
		return Event{}, false
	}
	rest := record[len(mark):]
	var f []string
	for {
		field, after, ok := quoted(rest)
		if !ok || len(after) == 0 {
			return Event{}, false
		}
		f = append(f, field)
		rest = after[1:]
		if after[0] == '\n' {
			break
		}
		if after[0] != ',' {
			return Event{}, false
		}
	}
	if len(f) != fields || len(rest) > 0 {
		return Event{}, false
	}
	s, err1 := strconv.ParseInt(f[1], 10, 64)
	us, err2 := strconv.ParseInt(f[2], 10, 64)
	if err1 != nil || err2 != nil || s < 0 || us < 0 || us >= 1e6 {
		return Event{}, false
	}
	return Event{
		Type: f[0], At: time.Unix(s, us*1000).UTC(), User: f[3], Name: f[4], Num: f[5], ANI: f[6], DNID: f[8],
		Exten: f[9], Context: f[10], Channel: f[11], App: f[12], AppData: f[13], UniqueID: f[14], LinkedID: f[15], Peer: f[16], Extra: f[17],
	}, f[14] != "" && f[15] != ""
}

// quoted reads one field in quotes and gives what follows it.
func quoted(b []byte) (field string, after []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return "", nil, false
	}
	var out strings.Builder
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] != '"':
			out.WriteByte(b[i])
		case i+1 < len(b) && b[i+1] == '"':
			out.WriteByte('"')
			i++
		default:
			return out.String(), b[i+1:], true
		}
	}
	return "", nil, false
}

// extra reads one key of the event's JSON.
func (e Event) extra(key string) string {
	var all map[string]any
	if json.Unmarshal([]byte(e.Extra), &all) != nil {
		return ""
	}
	switch v := all[key].(type) {
	case string:
		return v
	case float64:
		return strconv.Itoa(int(v))
	}
	return ""
}

// local reports a channel that only joins two parts of the dialplan.
func (e Event) local() bool { return strings.HasPrefix(e.Channel, "Local/") }

// endpoint is the account behind a channel: "0015654aa937-1" of
// "PJSIP/0015654aa937-1-0000000c", "" of a channel that is no SIP call.
func endpoint(channel string) string {
	name, ok := strings.CutPrefix(channel, "PJSIP/")
	i := strings.LastIndexByte(name, '-')
	if !ok || i < 0 {
		return ""
	}
	return name[:i]
}
