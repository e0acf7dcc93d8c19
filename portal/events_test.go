package portal

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

// listener is a program that reads the stream.
type listener struct {
	code  int
	lines *bufio.Scanner
	end   context.CancelFunc
}

func hear(t *testing.T, url, last string) listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	r.Header.Set("Authorization", "Bearer "+key)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); resp.Body.Close() })
	return listener{resp.StatusCode, bufio.NewScanner(resp.Body), cancel}
}

// read gives n events as "kind data", and the id of the last.
func (l listener) read(n int) (got []string, id string) {
	kind := ""
	for len(got) < n && l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "event":
			kind = value
		case "data":
			got = append(got, kind+" "+value)
		}
	}
	return got, id
}

func streaming(t *testing.T) (*Portal, string) {
	t.Helper()
	_, p := desk(t)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	return p, srv.URL + "/api/v1/events"
}

func TestAReaderGoesOnAfterItsLastEvent(t *testing.T) {
	p, url := streaming(t)
	first := hear(t, url, "")
	p.Tell("call", CallEvent{Call: "1.1", Event: "start", At: noon, From: "201", Dialled: "202"})
	got, id := first.read(1)
	want := []string{`call {"call":"1.1","event":"start","at":"2026-05-04T12:00:00Z","from":"201","dialled":"202"}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}
	first.end()
	p.Tell("call", CallEvent{Call: "1.1", Event: "end", At: noon, From: "201", Dialled: "202", CallEnd: &CallEnd{Answered: true, Seconds: 9, Cause: 16}})
	p.tellEvent(provision.Event{Kind: "object", Object: provision.Object{Kind: "queue", ID: "sales", Rev: 7}})
	p.tellEvent(provision.Event{Kind: "object", Object: provision.Object{Kind: "softphone", ID: "secret"}}) // nobody's to see
	p.tellEvent(provision.Event{Kind: "system"})
	second := hear(t, url, id)
	got, _ = second.read(3)
	want = []string{
		`call {"call":"1.1","event":"end","at":"2026-05-04T12:00:00Z","from":"201","dialled":"202","answered":true,"seconds":9,"cause":16}`,
		`object {"collection":"queues","id":"sales","rev":7}`,
		"system {}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Who was away for too long, or comes from another run of the box, reads everything again.
func TestLostEventsAreSaid(t *testing.T) {
	p, url := streaming(t)
	old := hear(t, url, "")
	p.Tell("system", struct{}{})
	_, id := old.read(1)
	for n := range 3 * ringEvents {
		p.Tell("queue", map[string]int{"n": n})
	}
	for what, last := range map[string]string{"too old": id, "of another run": "abcdefgh-1", "nonsense": "\"><x>", "of the future": p.bus.id(1 << 40)} {
		l := hear(t, url, last)
		got, at := l.read(1)
		if diff := cmp.Diff([]string{"reset {}"}, got); diff != "" || at != p.bus.id(p.bus.next-1) {
			t.Errorf("%s: -want +got\n%s and id %s", what, diff, at)
		}
	}
	if n := len(p.bus.ring); n != ringEvents {
		t.Errorf("the ring has %d events", n)
	}
	for range 8 {
		p.Tell("device", strings.Repeat("x", ringBytes/4))
	}
	if p.bus.bytes > ringBytes {
		t.Errorf("the ring has %d bytes", p.bus.bytes)
	}
}

func TestAReaderChoosesKinds(t *testing.T) {
	p, url := streaming(t)
	l := hear(t, url+"?kinds=queue,system", "")
	p.Tell("call", CallEvent{})
	p.Tell("queue", map[string]string{"id": "sales"})
	p.Tell("device", struct{}{})
	p.Tell("system", struct{}{})
	got, _ := l.read(2)
	if diff := cmp.Diff([]string{`queue {"id":"sales"}`, "system {}"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if l := hear(t, url+"?kinds=secrets", ""); l.code != 400 {
		t.Errorf("a kind that is none: %d", l.code)
	}
}

func TestStreamsAreCounted(t *testing.T) {
	p, url := streaming(t)
	var all []listener
	for range maxStreams {
		all = append(all, hear(t, url, ""))
	}
	if l := hear(t, url, ""); l.code != 503 {
		t.Fatalf("one more: %d", l.code)
	}
	all[0].end()
	for n := 0; p.streams.n.Load() == maxStreams; n++ {
		if n > 2000 {
			t.Fatal("a stream that ended is counted on")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if l := hear(t, url, ""); l.code != 200 {
		t.Errorf("after one left: %d", l.code)
	}
}

// Telling never waits for a reader that takes nothing.
func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	p, url := streaming(t)
	hear(t, url, "") // and reads nothing
	fast := hear(t, url, "")
	long := strings.Repeat("y", 64<<10)
	for range 200 {
		p.Tell("device", long)
	}
	p.Tell("system", struct{}{})
	for fast.lines.Buffer(nil, 1<<20); fast.lines.Scan(); {
		if fast.lines.Text() == "event: system" {
			return
		}
	}
	t.Error(fmt.Errorf("the fast reader did not hear of the last event: %w", fast.lines.Err()))
}

// Who takes nothing is dropped, so that the place is another's.
func TestASlowReaderIsDropped(t *testing.T) {
	p, url := streaming(t)
	p.streams.grace = 100 * time.Millisecond
	hear(t, url, "") // and reads nothing
	long := strings.Repeat("z", 64<<10)
	for n := 0; p.streams.n.Load() > 0; n++ {
		if n > 6000 {
			t.Fatal("it is waited for")
		}
		p.Tell("device", long) // more than the buffers between us take
		time.Sleep(5 * time.Millisecond)
	}
}
