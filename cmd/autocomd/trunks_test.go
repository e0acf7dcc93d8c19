package main

import (
	"strings"
	"testing"

	"autocom/pbx/ami"
	"autocom/portal"
)

// userEvent is what a dialplan tells.
func userEvent(t *testing.T, fields ...string) ami.Event {
	t.Helper()
	ev := ami.Event{Name: "UserEvent"}
	ev.Message = append(ev.Message, ami.Field{Key: "UserEvent", Value: "Alert"})
	for i := 0; i+1 < len(fields); i += 2 {
		ev.Message = append(ev.Message, ami.Field{Key: fields[i], Value: fields[i+1]})
	}
	return ev
}

func TestAlertsOfTheDialplanAreSentences(t *testing.T) {
	for _, c := range []struct {
		fields []string
		want   string
	}{
		{[]string{"Kind", "emergency", "Why", "called", "By", "201", "Number", "112"}, "201 has called the emergency number 112"},
		{[]string{"Kind", "emergency", "Why", "no line", "By", "", "Line", "001565000003-1", "Number", "117"}, "the emergency call of line 001565000003-1 to 117 found no line to the outside: the people of the house were called"},
		{[]string{"Kind", "fraud", "Why", "international at night", "By", "201", "Number", "0033612345678"}, "the call of 201 to 0033612345678 was blocked: no international calls at night"},
		{[]string{"Kind", "fraud", "Why", "new country", "By", "201", "Number", "0044207946000", "Country", "44", "Blocked", "yes"}, "the call of 201 to 0044207946000 was blocked: add country code 44 to the settings of the guard if it may be called"},
		{[]string{"Kind", "fraud", "Why", "new country", "By", "2<b>1", "Number", "x", "Country", "44", "Blocked", "no"}, "the call of 21 to  is the first to country code 44"},
		{[]string{"Kind", "other", "Why", "called"}, ""},
	} {
		got, ok := dialplanAlert(userEvent(t, c.fields...))
		if got.Text != c.want || ok != (c.want != "") {
			t.Errorf("%q: %q, want %q", c.fields, got.Text, c.want)
		}
	}
}

func TestATrunkIsJudgedInWords(t *testing.T) {
	for _, c := range []struct {
		live          portal.TrunkLive
		accept, there bool
		state, says   string
	}{
		{portal.TrunkLive{State: "unknown", Registration: "registered"}, false, true, "up", "ready"},
		{portal.TrunkLive{State: "up", Registration: "rejected"}, false, true, "down", "password"},
		{portal.TrunkLive{State: "down", Registration: "rejected"}, false, true, "down", "cable"},
		{portal.TrunkLive{State: "unknown", Registration: "rejected"}, false, true, "down", "does not answer, or refuses"},
		{portal.TrunkLive{State: "up", Registration: "trying"}, false, true, "down", "log-in"},
		{portal.TrunkLive{State: "down"}, false, true, "down", "cable"},
		{portal.TrunkLive{State: "unknown"}, true, false, "down", "has not logged in"},
		{portal.TrunkLive{State: "unknown"}, true, true, "up", "ready"},
		{portal.TrunkLive{State: "unknown"}, false, true, "unknown", "make a call"},
	} {
		if got := judged(c.live, c.accept, c.there); got.State != c.state || !strings.Contains(got.Text, c.says) {
			t.Errorf("%+v: %+v", c.live, got)
		}
	}
}

func TestContactsOfTrunksAreTold(t *testing.T) {
	for name, want := range map[string]string{"trunk-orange": "orange", "trunk-orange@@8f3c": "orange", "0015654aa937-1": ""} {
		if got, ok := trunkOf(name); ok != (want != "") || ok && got != want {
			t.Errorf("%s is of %q", name, got)
		}
	}
}
