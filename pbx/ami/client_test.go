package ami

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// As Asterisk 22.10.1 sent it; the address is of a documentation range.
const contactStatus = "Event: ContactStatus\r\nPrivilege: system,all\r\nURI: sip:001565000001-1@192.0.2.11:50042\r\nContactStatus: NonQualified\r\nAOR: 001565000001-1\r\nEndpointName: 001565000001-1\r\nRoundtripUsec: 0\r\n\r\n"

func TestReadMessage(t *testing.T) {
	cases := []struct {
		name, in string
		want     Message
		err      error
	}{
		{"an event", contactStatus, Message{
			{"Event", "ContactStatus"}, {"Privilege", "system,all"}, {"URI", "sip:001565000001-1@192.0.2.11:50042"},
			{"ContactStatus", "NonQualified"}, {"AOR", "001565000001-1"}, {"EndpointName", "001565000001-1"}, {"RoundtripUsec", "0"}}, nil},
		{"a key twice and an empty value", "ChanVariable: a=1\r\nChanVariable: b=2\r\nX:\r\n\r\n",
			Message{{"ChanVariable", "a=1"}, {"ChanVariable", "b=2"}, {"X", ""}}, nil},
		{"empty lines before", "\r\n\r\nA: b\r\n\r\n", Message{{"A", "b"}}, nil},
		{"a line without a colon", "hello\r\n\r\n", Message{{"", "hello"}}, nil},
		{"an end in the middle", "A: b\r\nC", nil, io.ErrUnexpectedEOF},
		{"an end between lines", "A: b\r\n", nil, io.ErrUnexpectedEOF},
		{"an end after all", "", nil, io.EOF},
		{"a line without end", strings.Repeat("x", maxLine+1), nil, errTooLong},
		{"fields without end", strings.Repeat("a: b\r\n", maxFields+1), nil, errTooLong},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadMessage(bufio.NewReader(strings.NewReader(c.in)))
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte(contactStatus))
	f.Add([]byte("a\r\n\r\n: \r\n\r\n\x00:\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReader(strings.NewReader(string(data)))
		for {
			m, err := ReadMessage(r)
			if err != nil {
				return
			}
			if len(m) == 0 || len(m) > maxFields {
				t.Fatalf("message of %d fields", len(m))
			}
			DecodeContact(Event{m.Get("Event"), m})
		}
	})
}

func TestDecodeContact(t *testing.T) {
	m, err := ReadMessage(bufio.NewReader(strings.NewReader(contactStatus)))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := DecodeContact(Event{"ContactStatus", m})
	want := Contact{AOR: "001565000001-1", URI: "sip:001565000001-1@192.0.2.11:50042", Status: "NonQualified"}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("%t, -want +got\n%s", ok, diff)
	}
	if !got.Registered() || !got.Reachable() {
		t.Error("a contact that was never asked counts as absent")
	}
	if _, ok := DecodeContact(Event{"PeerStatus", m}); ok {
		t.Error("a PeerStatus is a contact")
	}
}

func TestAnActionCannotHoldAnother(t *testing.T) {
	for _, f := range []Field{{"A", "x\r\nAction: Originate"}, {"A\r\nB", "x"}, {"A: b", "x"}, {"A", "x\x00"}} {
		if _, err := (Action{"Ping", []Field{f}}).encode("1"); err == nil {
			t.Errorf("%q was encoded", f)
		}
	}
}

// fake is a manager that answers as answer says.
type fake struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
	seen  []Message
}

func newFake(t *testing.T, answer func(w io.Writer, m Message)) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{Listener: l}
	t.Cleanup(func() { l.Close(); f.cut() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, conn)
			f.mu.Unlock()
			go f.serve(conn, answer)
		}
	}()
	return f
}

func (f *fake) serve(conn net.Conn, answer func(io.Writer, Message)) {
	fmt.Fprint(conn, "Asterisk Call Manager/11.0.0\r\n")
	r := bufio.NewReader(conn)
	for {
		m, err := ReadMessage(r)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.seen = append(f.seen, m)
		f.mu.Unlock()
		id := m.Get("ActionID")
		switch m.Get("Action") {
		case "Login":
			if m.Get("Secret") != "s3cret" {
				fmt.Fprintf(conn, "Response: Error\r\nActionID: %s\r\nMessage: Authentication failed\r\n\r\n", id)
				continue
			}
			fmt.Fprintf(conn, "Response: Success\r\nActionID: %s\r\nMessage: Authentication accepted\r\n\r\nEvent: FullyBooted\r\nStatus: Fully Booted\r\n\r\n", id)
		default:
			answer(conn, m)
		}
	}
}

// cut drops every connection.
func (f *fake) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		c.Close()
	}
	f.conns = nil
}

func run(t *testing.T, c *Client) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func wait(t *testing.T, ch <-chan struct{}) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing after 10 s")
	}
}

func TestListAndEventsTogether(t *testing.T) {
	f := newFake(t, func(w io.Writer, m Message) {
		id := m.Get("ActionID")
		fmt.Fprintf(w, "Response: Success\r\nActionID: %s\r\nEventList: start\r\nMessage: A listing of Contacts follows\r\n\r\n", id)
		fmt.Fprintf(w, "Event: ContactList\r\nActionID: %s\r\nObjectName: 001565000001-1;@6d1b\r\nUri: sip:a@192.0.2.11:5060\r\nUserAgent: Yealink SIP-T46G\r\nStatus: Reachable\r\nRoundtripUsec: 431\r\n\r\n", id)
		fmt.Fprint(w, contactStatus)
		fmt.Fprintf(w, "Event: ContactListComplete\r\nActionID: %s\r\nEventList: Complete\r\nListItems: 1\r\n\r\n", id)
	})
	up, events := make(chan struct{}, 1), make(chan Event, 8)
	c := &Client{Addr: f.Addr().String(), User: "u", Secret: "s3cret", Log: slog.New(slog.DiscardHandler),
		OnUp:    func(context.Context) { up <- struct{}{} },
		OnEvent: func(e Event) { events <- e }}
	if _, err := c.Do(t.Context(), Action{Name: "Ping"}); !errors.Is(err, ErrDown) {
		t.Errorf("before Run: %v", err)
	}
	run(t, c)
	wait(t, up)
	got, err := c.Contacts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Contact{{AOR: "001565000001-1", URI: "sip:a@192.0.2.11:5060", Status: "Reachable", UserAgent: "Yealink SIP-T46G", RTT: 431}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, name := range []string{"FullyBooted", "ContactStatus"} {
		if e := <-events; e.Name != name {
			t.Errorf("event %s, want %s", e.Name, name)
		}
	}
}

func TestARefusalIsAnError(t *testing.T) {
	f := newFake(t, func(w io.Writer, m Message) {
		reason := "No such module"
		if m.Get("Action") == "PJSIPShowContacts" {
			reason = "No Contacts found"
		}
		fmt.Fprintf(w, "Response: Error\r\nActionID: %s\r\nMessage: %s\r\n\r\n", m.Get("ActionID"), reason)
	})
	up := make(chan struct{}, 1)
	c := &Client{Addr: f.Addr().String(), Secret: "s3cret", Log: slog.New(slog.DiscardHandler), OnUp: func(context.Context) { up <- struct{}{} }}
	run(t, c)
	wait(t, up)
	var refused *RefusedError
	if err := c.Reload(t.Context(), "x.so"); !errors.As(err, &refused) || refused.Reason != "No such module" {
		t.Errorf("%v", err)
	}
	if got, err := c.Contacts(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("an empty list: %v, %v", got, err)
	}
}

func TestItComesBack(t *testing.T) {
	f := newFake(t, func(io.Writer, Message) {}) // never answers
	up, down := make(chan struct{}, 1), make(chan struct{}, 1)
	c := &Client{Addr: f.Addr().String(), Secret: "s3cret", Log: slog.New(slog.DiscardHandler),
		OnUp: func(context.Context) { up <- struct{}{} }, OnDown: func() { down <- struct{}{} }}
	run(t, c)
	for range 3 {
		wait(t, up)
		waiting := make(chan error, 1)
		go func() {
			_, err := c.Do(t.Context(), Action{Name: "CoreStatus"})
			waiting <- err
		}()
		time.Sleep(20 * time.Millisecond)
		f.cut()
		if err := <-waiting; !errors.Is(err, ErrDown) {
			t.Errorf("an action over a cut line: %v", err)
		}
		wait(t, down)
	}
}

func TestADoThatIsGivenUp(t *testing.T) {
	f := newFake(t, func(io.Writer, Message) {})
	up := make(chan struct{}, 1)
	c := &Client{Addr: f.Addr().String(), Secret: "s3cret", Log: slog.New(slog.DiscardHandler), OnUp: func(context.Context) { up <- struct{}{} }}
	run(t, c)
	wait(t, up)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Do(ctx, Action{Name: "CoreStatus"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if n := len(c.conn.pending); n != 0 {
		t.Errorf("%d actions still wait", n)
	}
}

// A consumer that sleeps loses events, is told to read everything again, and never
// keeps answers from others.
func TestASlowConsumer(t *testing.T) {
	f := newFake(t, func(w io.Writer, m Message) {
		for range maxQueue + 100 {
			fmt.Fprint(w, contactStatus)
		}
		fmt.Fprintf(w, "Response: Success\r\nActionID: %s\r\n\r\n", m.Get("ActionID"))
	})
	up, free := make(chan struct{}, 4), make(chan struct{})
	c := &Client{Addr: f.Addr().String(), Secret: "s3cret", Log: slog.New(slog.DiscardHandler),
		OnUp: func(context.Context) { up <- struct{}{} }, OnEvent: func(Event) { <-free }}
	run(t, c)
	wait(t, up)
	if _, err := c.Do(t.Context(), Action{Name: "Ping"}); err != nil {
		t.Fatal(err)
	}
	close(free)
	wait(t, up)
	if c.Dropped() < 99 {
		t.Errorf("%d dropped", c.Dropped())
	}
}

func TestAWrongSecretIsSaidOnceAndNeverShown(t *testing.T) {
	f := newFake(t, func(io.Writer, Message) {})
	var log strings.Builder
	var mu sync.Mutex
	c := &Client{Addr: f.Addr().String(), Secret: "hidden-secret", Log: slog.New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return log.Write(p)
	}), nil))}
	run(t, c)
	time.Sleep(500 * time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	if n := strings.Count(log.String(), "Authentication failed"); n != 1 || strings.Contains(log.String(), "hidden-secret") {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestSomebodyElseOnThePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "SSH-2.0-OpenSSH\r\n")
			conn.Close()
		}
	}()
	c := &Client{Addr: l.Addr().String(), Log: slog.New(slog.DiscardHandler)}
	_, err = c.session(t.Context())
	if err == nil || !strings.Contains(err.Error(), "is no Asterisk manager") {
		t.Error(err)
	}
}
