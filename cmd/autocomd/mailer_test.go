package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/voicemail"
)

// postOffice is an SMTP server that keeps what it is given.
type postOffice struct {
	mu      sync.Mutex
	letters []string
	rcpt    string // answer to RCPT instead of 250
	end     string // answer to the letter instead of 250; "cut" ends the connection
}

func (p *postOffice) serve(t *testing.T) int { return p.serveAt(t, 0) }

// serveAt is serve at a port; 0 is any.
func (p *postOffice) serveAt(t *testing.T, port int) int {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.talk(conn)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func (p *postOffice) talk(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	line := func() string { text, _ := r.ReadString('\n'); return strings.TrimRight(text, "\r\n") }
	say := func(text string) { fmt.Fprint(conn, text+"\r\n") }
	say("220 here")
	for {
		switch verb, _, _ := strings.Cut(line(), " "); verb {
		case "":
			return
		case "RCPT":
			p.mu.Lock()
			answer := p.rcpt
			p.mu.Unlock()
			if answer == "" {
				answer = "250 ok"
			}
			say(answer)
		case "DATA":
			say("354 go")
			var b strings.Builder
			for text := line(); text != "."; text = line() {
				b.WriteString(text + "\n")
			}
			p.mu.Lock()
			p.letters = append(p.letters, b.String())
			answer := p.end
			p.mu.Unlock()
			switch answer {
			case "cut":
				return
			case "":
				answer = "250 taken"
			}
			say(answer)
		default:
			say("250 ok")
		}
	}
}

func (p *postOffice) set(rcpt, end string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rcpt, p.end = rcpt, end
}

func (p *postOffice) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.letters)
}

// mailRoom is a mailer beside a spool, with a clock of its own.
type mailRoom struct {
	*mailer
	dir   string
	plan  pbx.Plan
	clock time.Time
	done  []string // what became of messages
	log   strings.Builder
}

func newMailRoom(t *testing.T, port int) *mailRoom {
	m := &mailRoom{dir: t.TempDir(), clock: time.Unix(1795457700, 0)}
	m.plan = pbx.Plan{
		Name: "Bureau", Language: "fr", TimeZone: "Africa/Douala", Address: netip.MustParseAddr("192.168.1.10"),
		Endpoints: []pbx.Endpoint{{ID: "a-1", Number: "201"}, {ID: "b-1", Number: "202"}, {ID: "c-1", Number: "203"}},
		Objects: []pbx.Object{
			{Kind: pbx.KindPerson, ID: "aicha", Name: "Aïcha", Body: []byte(`{"numbers":["201"],"email":"aicha@example.org"}`)},
			{Kind: pbx.KindPerson, ID: "john", Name: "John", Body: []byte(`{"numbers":["202"],"email":"john@example.org","language":"en"}`)},
			{Kind: pbx.KindSettings, ID: "mail", Body: []byte(`{"host":"127.0.0.1","tls":"none","from":"pbx@example.org","port":` + strconv.Itoa(port) + `}`)},
		},
	}
	m.start()
	return m
}

// start is what a new process knows.
func (m *mailRoom) start() {
	log := slog.New(slog.NewTextHandler(&m.log, nil))
	m.mailer = newMailer(mailboxes{&exchange{plan: func() pbx.Plan { return m.plan }}, voicemail.Boxes{Dir: filepath.Join(m.dir, "spool")}}, filepath.Join(m.dir, "mailed.json"), "autocom", log)
	m.now = func() time.Time { return m.clock }
	m.after = func(_ context.Context, number, id, what string) error {
		m.done = append(m.done, what+" "+number+" "+id)
		return nil
	}
}

// message puts one into a box, as Asterisk does.
func (m *mailRoom) message(t *testing.T, number string, n int) {
	t.Helper()
	dir := filepath.Join(m.dir, "spool", number, "INBOX")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(";\n[message]\norigmailbox=%s\ncallerid=\"Éloïse\" <677123456>\norigtime=1795457622\nmsg_id=1795457622-%08d\nflag=\nduration=72\n", number, n)
	for ext, body := range map[string]string{".wav": "RIFF of " + number, ".txt": text} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("msg%04d", n)+ext), []byte(body), 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMessagesAreMailedOnce(t *testing.T) {
	post := &postOffice{}
	m := newMailRoom(t, post.serve(t))
	m.message(t, "201", 0)
	m.message(t, "202", 0)
	m.message(t, "203", 0) // nobody's address
	for range 3 {
		m.round(t.Context())
		m.start() // another process
	}
	if post.count() != 2 {
		t.Fatalf("%d letters", post.count())
	}
	if l := post.letters[0]; !strings.Contains(l, "aicha@example.org") || !strings.Contains(l, "23/11/2026 =C3=A0 19:13") || !strings.Contains(l, "audio/wav") {
		t.Errorf("the French letter:\n%s", l)
	}
	if l := post.letters[1]; !strings.Contains(l, "Hello John,") || !strings.Contains(l, "length 1:12") || !strings.Contains(l, "dial *98") {
		t.Errorf("the English letter:\n%s", l)
	}
}

func TestMailWaitsForTheServer(t *testing.T) {
	post := &postOffice{rcpt: "451 later"}
	m := newMailRoom(t, post.serve(t))
	m.message(t, "201", 0)
	m.round(t.Context())
	post.set("", "")
	m.round(t.Context())
	if post.count() != 0 {
		t.Error("it does not wait")
	}
	m.clock = m.clock.Add(mailFirst)
	m.round(t.Context())
	if post.count() != 1 {
		t.Errorf("%d letters\n%s", post.count(), m.log.String())
	}
	m.message(t, "201", 1)
	m.clock = m.clock.Add(mailTooLate + time.Hour)
	m.round(t.Context())
	if post.count() != 1 {
		t.Error("a message of last week is news")
	}
}

// The answer to the letter never comes: nobody knows whether the server has it.
func TestACutIsNotSentTwice(t *testing.T) {
	post := &postOffice{end: "cut"}
	m := newMailRoom(t, post.serve(t))
	m.message(t, "201", 0)
	m.round(t.Context())
	post.set("", "")
	m.start()
	m.clock = m.clock.Add(time.Hour)
	m.round(t.Context())
	if post.count() != 1 || !strings.Contains(m.log.String(), "nobody gets it twice") {
		t.Errorf("%d letters\n%s", post.count(), m.log.String())
	}
	// A server that says no to the letter does not have it.
	post.set("", "452 full")
	m.message(t, "201", 1)
	m.round(t.Context())
	post.set("", "")
	m.clock = m.clock.Add(time.Hour)
	m.round(t.Context())
	if post.count() != 3 {
		t.Errorf("%d letters\n%s", post.count(), m.log.String())
	}
}

func TestAnAddressThatIsRefusedKeepsNobodyWaiting(t *testing.T) {
	post := &postOffice{rcpt: "550 nobody"}
	m := newMailRoom(t, post.serve(t))
	m.message(t, "201", 0)
	m.round(t.Context())
	post.set("", "")
	m.message(t, "202", 0)
	m.round(t.Context())
	if post.count() != 1 || !strings.Contains(post.letters[0], "john@example.org") {
		t.Errorf("%q", post.letters)
	}
}

func TestWhatBecomesOfAMailedMessage(t *testing.T) {
	post := &postOffice{}
	m := newMailRoom(t, post.serve(t))
	m.plan.Objects = append(m.plan.Objects, pbx.Object{Kind: pbx.KindSettings, ID: "voicemail", Body: []byte(`{"after_mail":"delete"}`)})
	m.message(t, "201", 0)
	failing := m.after
	m.after = func(context.Context, string, string, string) error { return errors.New("asterisk is away") }
	m.round(t.Context())
	m.after = failing
	m.round(t.Context())
	m.round(t.Context())
	if strings.Join(m.done, ",") != "delete 201 1795457622-00000000" || post.count() != 1 {
		t.Errorf("%v, %d letters", m.done, post.count())
	}
}

func TestADamagedLedgerIsPutAside(t *testing.T) {
	m := newMailRoom(t, 25)
	if err := os.WriteFile(filepath.Join(m.dir, "mailed.json"), []byte(`{"201/`), 0o600); err != nil {
		t.Fatal(err)
	}
	m.start()
	if _, err := os.Stat(filepath.Join(m.dir, "mailed.json.bad")); errors.Is(err, fs.ErrNotExist) {
		t.Error("it is gone")
	}
	if len(m.ledger.entries) != 0 {
		t.Error("half of it is believed")
	}
}
