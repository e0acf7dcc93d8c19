package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx/ami"
	"autocom/portal"
)

// said makes an event of Asterisk: its name, and "Key: value" with semicolons between.
func said(name, fields string) ami.Event {
	m := ami.Message{{Key: "Event", Value: name}}
	for f := range strings.SplitSeq(fields, "; ") {
		key, value, _ := strings.Cut(f, ": ")
		m = append(m, ami.Field{Key: key, Value: value})
	}
	return ami.Event{Name: name, Message: m}
}

func followed() (*liveCalls, *[]string) {
	l := newLiveCalls(func(channel string) string {
		return map[string]string{"PJSIP/a-1-01": "201", "PJSIP/b-1-02": "202", "PJSIP/b-1-03": "202", "PJSIP/c-1-04": "203"}[channel]
	})
	at, heard := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), &[]string{}
	l.now = func() time.Time { at = at.Add(time.Second); return at }
	l.tell = func(e portal.CallEvent) {
		text := fmt.Sprint(e.Call, " ", e.Event, " ", e.From, ">", e.Dialled, " ", e.Number)
		if e.CallEnd != nil {
			text += fmt.Sprint(e.Answered, " ", e.Cause)
		}
		*heard = append(*heard, text)
	}
	return l, heard
}

func TestCallsAreFollowed(t *testing.T) {
	l, heard := followed()
	for _, e := range []ami.Event{
		said("Newchannel", "Channel: PJSIP/a-1-01; Uniqueid: 1.1; Linkedid: 1.1; CallerIDNum: 201; Exten: 600"),
		said("Newchannel", "Channel: Local/202@ac-0;1; Uniqueid: 1.2; Linkedid: 1.1"),
		said("DialBegin", "Linkedid: 1.1; DestChannel: Local/202@ac-0;1"),
		said("Newchannel", "Channel: PJSIP/b-1-02; Uniqueid: 1.3; Linkedid: 1.1"),
		said("DialBegin", "Linkedid: 1.1; DestChannel: PJSIP/b-1-02"),
		said("DialEnd", "Linkedid: 1.1; DestChannel: PJSIP/b-1-02; DialStatus: ANSWER"),
		said("Hangup", "Uniqueid: 1.2; Cause: 16"),
		said("Hangup", "Uniqueid: 1.3; Cause: 16"),
		said("Hangup", "Uniqueid: 1.1; Cause: 16"),
		said("Hangup", "Uniqueid: 9.9; Cause: 16"),
		// our own doing, and a caller whose number is no number
		said("Newchannel", "Channel: Local/s@ac-x; Uniqueid: 2.1; Linkedid: 2.1"),
		said("Newchannel", "Channel: PJSIP/trunk-05; Uniqueid: 3.1; Linkedid: 3.1; CallerIDNum: <script>; Exten: 0222334455"),
		said("Hangup", "Uniqueid: 3.1; Cause: 17"),
	} {
		l.event(e)
	}
	want := []string{
		"1.1 start 201>600 ", "1.1 ring 201>600 202", "1.1 answer 201>600 202", "1.1 end 201>600 true 16",
		"3.1 start >0222334455 ", "3.1 end >0222334455 false 17",
	}
	if diff := cmp.Diff(want, *heard); diff != "" || len(l.List())+len(l.channels) != 0 {
		t.Errorf("-want +got\n%s\nleft %v", diff, l.List())
	}
}

// An attended transfer makes one call of two: the second ends, the first goes on.
func TestATransferIsOneCall(t *testing.T) {
	l, heard := followed()
	for _, e := range []ami.Event{
		said("Newchannel", "Channel: PJSIP/a-1-01; Uniqueid: 1.1; Linkedid: 1.1; Exten: 202"),
		said("Newchannel", "Channel: PJSIP/b-1-02; Uniqueid: 1.2; Linkedid: 1.1"),
		said("Newchannel", "Channel: PJSIP/b-1-03; Uniqueid: 1.3; Linkedid: 1.3; Exten: 203"),
		said("Newchannel", "Channel: PJSIP/c-1-04; Uniqueid: 1.4; Linkedid: 1.3"),
		said("BridgeEnter", "Uniqueid: 1.4; Linkedid: 1.1"),
		said("Hangup", "Uniqueid: 1.2; Cause: 16"),
		said("Hangup", "Uniqueid: 1.3; Cause: 16"),
	} {
		l.event(e)
	}
	if live := l.List(); len(live) != 1 || live[0].Call != "1.1" {
		t.Errorf("live: %+v", live)
	}
	l.event(said("Hangup", "Uniqueid: 1.1; Cause: 16"))
	l.event(said("Hangup", "Uniqueid: 1.4; Cause: 16"))
	want := []string{"1.1 start 201>202 ", "1.3 start 202>203 ", "1.3 end 202>203 false 16", "1.1 end 201>202 false 16"}
	if diff := cmp.Diff(want, *heard); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A list of Asterisk's own is taken over; what ended while it was read is not in it.
func TestCallsOfAListAreFollowed(t *testing.T) {
	l, heard := followed()
	l.gone = map[string]bool{}
	l.event(said("Hangup", "Uniqueid: 5.1; Cause: 16"))
	l.take([]ami.Event{
		said("CoreShowChannel", "Channel: PJSIP/b-1-02; Uniqueid: 4.2; Linkedid: 4.1; ChannelStateDesc: Up; Duration: 00:00:40"),
		said("CoreShowChannel", "Channel: PJSIP/a-1-01; Uniqueid: 4.1; Linkedid: 4.1; Exten: 202; Duration: 00:01:00"),
		said("CoreShowChannel", "Channel: PJSIP/c-1-04; Uniqueid: 5.1; Linkedid: 5.1; Exten: 9; Duration: 00:01:00"),
		said("CoreShowChannelsComplete", "ListItems: 3"),
	})
	want := []portal.LiveCall{{Call: "4.1", From: "201", Dialled: "202", Number: "202", State: "answer", Since: time.Date(2026, 5, 4, 11, 59, 2, 0, time.UTC)}}
	got := l.List()
	for i := range got {
		got[i].Since = got[i].Since.Truncate(10 * time.Second).Add(2 * time.Second)
	}
	want[0].Since = want[0].Since.Truncate(10 * time.Second).Add(2 * time.Second)
	if diff := cmp.Diff(want, got); diff != "" || len(*heard) != 0 {
		t.Errorf("-want +got\n%s\nheard %v", diff, *heard)
	}
	l.forget()
	if len(l.List()) != 0 {
		t.Error("calls of an Asterisk that is away")
	}
}

func TestFollowedCallsAreBounded(t *testing.T) {
	l, _ := followed()
	for n := range maxLive + 5 {
		l.event(said("Newchannel", fmt.Sprintf("Channel: PJSIP/x-%d; Uniqueid: %d; Linkedid: %d", n, n, n)))
	}
	if len(l.List()) != maxLive || l.dropped != 5 {
		t.Errorf("%d calls, %d dropped", len(l.List()), l.dropped)
	}
}
