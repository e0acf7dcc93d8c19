package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"autocom/pbx/ami"
	"autocom/portal"
)

// maxLive bounds the calls that are followed: Asterisk is allowed 200 (asterisk-conf, ac-room).
const maxLive = 1000

// liveCalls follows the calls that are going on by Asterisk's events, for pages and
// programs. The records of calls are made elsewhere, of what Asterisk writes down.
type liveCalls struct {
	number func(channel string) string // whose phone a channel is, "" nobody's
	tell   func(portal.CallEvent)
	now    func() time.Time

	mu       sync.Mutex
	calls    map[string]*liveCall // by linked id
	channels map[string]*liveCall // by unique id
	gone     map[string]bool      // channels that ended while a list was read; nil: none is
	dropped  int64                // beyond maxLive
}

type liveCall struct {
	portal.LiveCall
	root     string // the channel of who calls
	cause    int
	channels int
}

func newLiveCalls(number func(string) string) *liveCalls {
	return &liveCalls{
		number: number, tell: func(portal.CallEvent) {}, now: time.Now,
		calls: map[string]*liveCall{}, channels: map[string]*liveCall{},
	}
}

// List gives them, the oldest first.
func (l *liveCalls) List() []portal.LiveCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]portal.LiveCall, 0, len(l.calls))
	for _, c := range l.calls {
		out = append(out, c.LiveCall)
	}
	slices.SortFunc(out, func(a, b portal.LiveCall) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Call, b.Call))
	})
	return out
}

// Dropped counts the calls that were too many to be followed.
func (l *liveCalls) Dropped() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dropped
}

// event takes one of Asterisk's:
//
//	Event: Newchannel            Event: DialBegin              Event: Hangup
//	Channel: PJSIP/0015…-1-0003  DestChannel: PJSIP/0015…-2-…  Uniqueid: 1763937600.12
//	CallerIDNum: 201             DestUniqueid: 1763937600.13   Cause: 16
//	Exten: 202                   Linkedid: 1763937600.12
func (l *liveCalls) event(ev ami.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch ev.Name {
	case "Newchannel":
		if c := l.begin(ev, l.now()); c != nil {
			l.say(c, "start", "", nil)
		}
	case "DialBegin":
		l.dial("ring", ev)
	case "DialEnd":
		if ev.Get("DialStatus") == "ANSWER" {
			l.dial("answer", ev)
		}
	case "BridgeEnter":
		l.join(ev)
	case "Hangup":
		l.hangup(ev)
	}
}

// begin notes a channel: the first of a call is of who calls. Channels of our own doing
// (Local, without anybody who called) are no calls. It gives a call that is new.
func (l *liveCalls) begin(ev ami.Event, since time.Time) *liveCall {
	id, linked, channel := ev.Get("Uniqueid"), ev.Get("Linkedid"), ev.Get("Channel")
	if _, known := l.channels[id]; known || id == "" || l.gone[id] {
		return nil
	}
	if c := l.calls[linked]; c != nil {
		l.channels[id] = c
		c.channels++
		return nil
	}
	if id != linked || strings.HasPrefix(channel, "Local/") {
		return nil
	}
	if len(l.calls) >= maxLive {
		l.dropped++
		return nil
	}
	from := cmp.Or(l.number(channel), ev.Get("CallerIDNum"))
	c := &liveCall{root: id, channels: 1, LiveCall: portal.LiveCall{
		Call: linked, From: dialable(from), Dialled: dialable(ev.Get("Exten")), State: "start", Since: since.UTC().Truncate(time.Millisecond),
	}}
	l.calls[linked], l.channels[id] = c, c
	return c
}

// dial notes whose phone rings or has answered.
func (l *liveCalls) dial(what string, ev ami.Event) {
	c, channel := l.calls[cmp.Or(ev.Get("Linkedid"), ev.Get("DestLinkedid"))], ev.Get("DestChannel")
	if c == nil || strings.HasPrefix(channel, "Local/") {
		return // what stands behind it is dialled next
	}
	number := dialable(cmp.Or(l.number(channel), ev.Get("DestCallerIDNum"), ev.Get("DestExten")))
	if c.State != "answer" || what == "answer" {
		c.State, c.Number = what, number
	}
	l.say(c, what, number, nil)
}

// join notes that a transfer made one call of two.
func (l *liveCalls) join(ev ami.Event) {
	id := ev.Get("Uniqueid")
	old, c := l.channels[id], l.calls[ev.Get("Linkedid")]
	if old == nil || c == nil || old == c {
		return
	}
	l.channels[id] = c
	c.channels++
	l.left(old)
}

func (l *liveCalls) hangup(ev ami.Event) {
	id := ev.Get("Uniqueid")
	if l.gone != nil {
		l.gone[id] = true
	}
	c := l.channels[id]
	if c == nil {
		return
	}
	if id == c.root {
		c.cause, _ = strconv.Atoi(ev.Get("Cause"))
	}
	delete(l.channels, id)
	l.left(c)
}

// left ends a call that has no channel any more.
func (l *liveCalls) left(c *liveCall) {
	if c.channels--; c.channels > 0 {
		return
	}
	delete(l.calls, c.Call)
	l.say(c, "end", "", &portal.CallEnd{
		Answered: c.State == "answer", Seconds: max(0, int(l.now().Sub(c.Since).Seconds())), Cause: c.cause,
	})
}

func (l *liveCalls) say(c *liveCall, what, number string, end *portal.CallEnd) {
	l.tell(portal.CallEvent{
		Call: c.Call, Event: what, At: l.now().UTC().Truncate(time.Millisecond), From: c.From, Dialled: c.Dialled, Number: number, CallEnd: end,
	})
}

// dialable is what pages are told of a number: nothing else than signs that can be dialled.
func dialable(number string) string {
	if len(number) > 32 || strings.Trim(number, "+0123456789*#") != "" {
		return ""
	}
	return number
}

// forget ends what was followed: Asterisk is away, or events were lost.
func (l *liveCalls) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.calls)
	clear(l.channels)
}

// read begins anew with Asterisk's own list of channels.
func (l *liveCalls) read(ctx context.Context, client *ami.Client) error {
	l.forget()
	l.mu.Lock()
	l.gone = map[string]bool{}
	l.mu.Unlock()
	r, err := client.Do(ctx, ami.Action{Name: "CoreShowChannels"})
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { l.gone = nil }()
	if err != nil {
		return err
	}
	l.take(r.Items)
	return nil
}

// take reads a list: who calls comes before whom they called.
func (l *liveCalls) take(items []ami.Event) {
	slices.SortStableFunc(items, func(a, b ami.Event) int {
		first := func(e ami.Event) int {
			if e.Get("Uniqueid") == e.Get("Linkedid") {
				return 0
			}
			return 1
		}
		return cmp.Compare(first(a), first(b))
	})
	for _, e := range items {
		if e.Name != "CoreShowChannel" {
			continue
		}
		l.begin(e, l.now().Add(-clockTime(e.Get("Duration"))))
		c, channel := l.channels[e.Get("Uniqueid")], e.Get("Channel")
		if c == nil || c.root == e.Get("Uniqueid") || strings.HasPrefix(channel, "Local/") || c.State == "answer" {
			continue
		}
		c.State, c.Number = "ring", dialable(cmp.Or(l.number(channel), e.Get("CallerIDNum")))
		if e.Get("ChannelStateDesc") == "Up" {
			c.State = "answer"
		}
	}
}

// clockTime reads "00:01:23".
func clockTime(text string) time.Duration {
	var d time.Duration
	for part := range strings.SplitSeq(text, ":") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return 0
		}
		d = d*60 + time.Duration(n)*time.Second
	}
	return d
}
