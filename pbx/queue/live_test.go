package queue

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"autocom/pbx/ami"
)

// recorded reads blocks of the manager.
func recorded(t *testing.T, path string) (names []string, events []Event) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(text), "\n")
	r := bufio.NewReader(strings.NewReader(strings.ReplaceAll(body, "\n", "\r\n") + "\r\n"))
	for {
		m, err := ami.ReadMessage(r)
		if err != nil {
			return names, events
		}
		names, events = append(names, m.Get("Event")), append(events, m)
	}
}

var recordedAt = time.Unix(1795458677, 0)

func clock() time.Time { return recordedAt }

func TestMirrorOfStatus(t *testing.T) {
	m := NewMirror(clock)
	m.Begin()
	names, items := recorded(t, "testdata/status.txt")
	if !m.Replace(names, items) {
		t.Fatal("not taken")
	}
	want := []Live{{ID: "sales",
		Members: []LiveMember{{Number: "202", State: "free", Agent: true}, {Number: "203", State: "absent"}},
		Callers: []LiveCaller{{Position: 1, Number: "201", Name: "Poste 201", Since: recordedAt.Add(-2 * time.Second), Wait: 2}},
	}}
	if diff := cmp.Diff(want, m.All(), cmpopts.IgnoreUnexported(LiveCaller{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What the mirror shows after each event that changes it.
func TestMirrorOfEvents(t *testing.T) {
	m := NewMirror(clock)
	names, events := recorded(t, "testdata/events.txt")
	var got []string
	for i, e := range events {
		m.Take(names[i], e)
		l, _ := m.Live("sales")
		line := fmt.Sprintf("%d waiting, %d completed;", len(l.Callers), l.Completed)
		for _, x := range l.Members {
			line += fmt.Sprintf(" %s %s paused=%t %s %d calls", x.Number, x.State, x.Paused, x.Reason, x.Calls)
		}
		if len(got) == 0 || got[len(got)-1] != line {
			got = append(got, line)
		}
	}
	want := []string{
		"1 waiting, 0 completed;",
		"1 waiting, 0 completed; 202 busy paused=false  0 calls",
		"1 waiting, 0 completed; 202 free paused=false  0 calls",
		"1 waiting, 0 completed; 202 ringing paused=false  0 calls",
		"1 waiting, 0 completed; 202 busy paused=false  0 calls",
		"0 waiting, 0 completed; 202 busy paused=false  0 calls",
		"0 waiting, 1 completed; 202 busy paused=false  0 calls",
		"0 waiting, 1 completed; 202 free paused=false  1 calls",
		"0 waiting, 1 completed; 202 busy paused=false  1 calls",
		"0 waiting, 1 completed; 202 busy paused=true pause 1 calls",
		"0 waiting, 1 completed; 202 free paused=true pause 1 calls",
		"0 waiting, 1 completed; 202 busy paused=true pause 1 calls",
		"0 waiting, 1 completed;",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

type block map[string]string

func (b block) Get(key string) string { return b[key] }

func TestCallersKeepTheirOrder(t *testing.T) {
	m := NewMirror(clock)
	for i, at := range []string{"1", "2", "1"} { // the third has priority
		m.Take("QueueCallerJoin", block{"Queue": "sales", "Uniqueid": fmt.Sprint(i), "Position": at, "CallerIDNum": fmt.Sprint(200 + i)})
	}
	m.Take("QueueCallerLeave", block{"Queue": "sales", "Uniqueid": "0"})
	m.Take("QueueCallerAbandon", block{"Queue": "sales", "Uniqueid": "0"})
	l, ok := m.Live("sales")
	var got []string
	for _, c := range l.Callers {
		got = append(got, fmt.Sprint(c.Position, " ", c.Number))
	}
	if diff := cmp.Diff([]string{"1 202", "2 201"}, got); !ok || diff != "" || l.Abandoned != 1 {
		t.Errorf("%d abandoned, -want +got\n%s", l.Abandoned, diff)
	}
}

func TestAnAnswerThatAnEventOvertakes(t *testing.T) {
	m := NewMirror(clock)
	m.Begin()
	m.Take("QueueCallerJoin", block{"Queue": "sales", "Uniqueid": "1", "Position": "1"})
	if m.Replace(nil, nil) {
		t.Error("an answer from before the event was taken")
	}
	m.Begin()
	if !m.Replace(nil, nil) || len(m.All()) != 0 {
		t.Error("a queue that is gone is still there")
	}
}

func TestWhoWatchesHearsOfChanges(t *testing.T) {
	m := NewMirror(clock)
	changes := m.Subscribe(t.Context())
	m.Take("QueueCallerJoin", block{"Queue": "sales", "Uniqueid": "1", "Position": "1"})
	m.Take("ContactStatus", block{"Queue": "other"})
	if got := <-changes; got != "sales" || len(changes) != 0 {
		t.Errorf("%s, %d more", got, len(changes))
	}
	m.Empty()
	if got := <-changes; got != "sales" {
		t.Error(got)
	}
}

func FuzzMirror(f *testing.F) {
	f.Add("QueueCallerJoin", "sales", "1", "9", "Local/201@x")
	f.Add("QueueMemberAdded", "", "-5", "", "Local/")
	f.Fuzz(func(t *testing.T, name, queue, position, id, iface string) {
		m := NewMirror(clock)
		e := block{"Queue": queue, "Position": position, "Uniqueid": id, "Interface": iface, "Penalty": position, "LastCall": position}
		for range 3 {
			m.Take(name, e)
		}
		m.All()
	})
}

func TestAllowedAndReasons(t *testing.T) {
	plan := office(
		object(Kind, "sales", "600", fields{"agents": []fields{{"person": "bob"}, {"person": "eve", "penalty": 2}}}),
		object(Kind, "help", "601", fields{"agents": []fields{{"person": "eve"}}}),
		object(Kind, "wrong", "602", fields{"agents": []fields{{"person": "ada"}}}),
	)
	want := map[string][]Place{"202": {{"sales", 0}}, "203": {{"help", 0}, {"sales", 2}}}
	if diff := cmp.Diff(want, Allowed(plan)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	s, err := DecodeSettings(plan)
	if err != nil {
		t.Fatal(err)
	}
	for word, name := range map[string]string{"2": "lunch", "lunch": "lunch", "": "", "wrapup": "wrapup", "x\r\nAction: y": "error"} {
		if got, err := s.Reason(word); err == nil && got != name || err != nil && name != "error" {
			t.Errorf("%q: %q, %v", word, got, err)
		}
	}
}

// Whom a member is rung for and speaks with, in the same recording; a reading of the list
// in between does not lose it.
func TestMirrorOfWhoIsWithAMember(t *testing.T) {
	m := NewMirror(clock)
	names, events := recorded(t, "testdata/events.txt")
	var got []string
	for i, e := range events {
		m.Take(names[i], e)
		if names[i] == "AgentConnect" {
			m.Begin()
			m.Replace([]string{"QueueMember"}, []Event{block{"Queue": "sales", "Name": "202", "Location": "Local/202@ac-member/n", "Status": "2", "InCall": "1"}})
		}
		line := "nobody"
		if l, _ := m.Live("sales"); len(l.Members) > 0 && l.Members[0].Caller != nil {
			c := l.Members[0].Caller
			line = fmt.Sprintf("%s %s, waited %d", c.Number, c.Name, c.Wait)
		}
		if len(got) == 0 || got[len(got)-1] != line {
			got = append(got, line)
		}
	}
	if diff := cmp.Diff([]string{"nobody", "201 Poste 201, waited 0", "201 Poste 201, waited 6", "nobody"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
