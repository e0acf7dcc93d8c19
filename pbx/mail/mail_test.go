package mail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	netmail "net/mail"
	"strconv"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
)

func letter() Letter {
	return Letter{
		From: "pbx@example.org", FromName: "Bureau", To: "aicha@example.org", ToName: "Aïcha, la chef",
		Subject: "Message vocal de Éloïse (677123456)", Text: "Bonjour Aïcha,\n.\nvous avez un message.\n",
		ID: "201/1795457622-00000000", Date: time.Date(2026, 11, 23, 19, 5, 0, 0, time.FixedZone("", 3600)),
		Sound: bytes.Repeat([]byte("RIFF\x00\r\n.\r\n"), 1000), Name: "message.wav",
	}
}

func TestComposeIsReadBack(t *testing.T) {
	l := letter()
	raw, err := Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(raw), "\r\n") {
		if len(line) > 200 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d has %d bytes: %q", i+1, len(line), line)
		}
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || *to[0] != (netmail.Address{Name: l.ToName, Address: l.To}) {
		t.Errorf("to %v, %v", to, err)
	}
	if s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || s != l.Subject {
		t.Errorf("subject %q, %v", s, err)
	}
	if at, err := m.Header.Date(); err != nil || !at.Equal(l.Date) {
		t.Errorf("date %v, %v", at, err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	text, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(text); strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n")) != strings.TrimSpace(l.Text) {
		t.Errorf("text %q", body)
	}
	sound, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, sound))
	if err != nil || !bytes.Equal(body, l.Sound) || sound.FileName() != "message.wav" {
		t.Errorf("%s: %d bytes, %v", sound.FileName(), len(body), err)
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("a further part: %v", err)
	}
}

func TestNoNameAddsAHeader(t *testing.T) {
	for _, evil := range []string{"x\r\nBcc: all@example.org", "x\nBcc: y\n\nbody", "\u2028Bcc: z", `"<evil@example.org>`, "=?utf-8?B?DQpCY2M6?=", strings.Repeat("é", 5000), "\xff\xfe\x00"} {
		l := letter()
		l.FromName, l.ToName, l.Subject, l.Name = evil, evil, evil, evil
		raw, err := Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%q: %v", evil, err)
		}
		if len(m.Header) != 8 || m.Header.Get("Bcc") != "" {
			t.Errorf("%q: headers %v", evil, m.Header)
		}
		if to, err := m.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != l.To {
			t.Errorf("%q: to %v, %v", evil, to, err)
		}
	}
	for _, evil := range []string{"", "a", "a@b\r\nBcc: c@d", "a b@c", "<a@b>", "a@b,c@d", "é@b"} {
		l := letter()
		l.To = evil
		if _, err := Compose(l); err == nil {
			t.Errorf("a letter to %q", evil)
		}
	}
}

func TestSettings(t *testing.T) {
	cases := []struct{ body, says string }{
		{`{}`, ""},
		{`{"host":"smtp.example.org","from":"pbx@example.org","user":"u","password":"p"}`, ""},
		{`{"host":"192.168.1.5","tls":"none","from":"pbx@bureau.lan"}`, ""},
		{`{"host":"fd00::1","tls":"none","from":"pbx@bureau.lan"}`, ""},
		{`{"host":"a b","from":"x@y"}`, `host "a b"`},
		{`{"host":"a\r\nb","from":"x@y"}`, "host"},
		{`{"host":"a","from":"x"}`, `from "x" is no address`},
		{`{"host":"a","from":"x@y\r\nRCPT TO:<z@z>"}`, "is no address"},
		{`{"host":"a","from":"x@y","tls":"ssl"}`, `tls "ssl"`},
		{`{"host":"a","from":"x@y","tls":"none","user":"u","password":"p"}`, "in clear"},
		{`{"host":"a","from":"x@y","password":"p"}`, "no user"},
		{`{"host":"a","from":"x@y","port":70000}`, "port 70000"},
		{`{"host":"a","from":"x@y","user":"u","password":"geheim\n"}`, "line breaks"},
		{`{"server":"a"}`, `no field "server"`},
	}
	for _, c := range cases {
		_, err := Render(pbx.Plan{Objects: []pbx.Object{{Kind: pbx.KindSettings, ID: Feature, Body: json.RawMessage(c.body)}}})
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", c.body, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

// server is a tiny SMTP server (RFC 5321) that keeps what it gets.
type server struct {
	net.Listener
	tls     *tls.Config       // STARTTLS; nil none
	auth    string            // mechanisms offered
	answers map[string]string // verb → answer instead of its own
	letters chan string
	logins  chan string
}

func serve(t *testing.T, s *server) Settings {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Listener, s.letters, s.logins = l, make(chan string, 10), make(chan string, 10)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	return Settings{Host: "127.0.0.1", Port: n, Mode: None, From: "pbx@example.org"}
}

func (s *server) talk(conn net.Conn) {
	defer func() { conn.Close() }()
	r := bufio.NewReader(conn)
	say := func(text string) { fmt.Fprintf(conn, "%s\r\n", text) }
	line := func() string { text, _ := r.ReadString('\n'); return strings.TrimRight(text, "\r\n") }
	say("220 here")
	for {
		text := line()
		verb, rest, _ := strings.Cut(text, " ")
		if a := s.answers[verb]; a != "" {
			say(a)
			continue
		}
		switch verb {
		case "":
			return
		case "EHLO":
			say("250-here")
			if _, secure := conn.(*tls.Conn); s.tls != nil && !secure {
				say("250-STARTTLS")
			} else if s.auth != "" {
				say("250-AUTH " + s.auth)
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go")
			conn = tls.Server(conn, s.tls)
			r = bufio.NewReader(conn)
		case "AUTH":
			if rest == "LOGIN" {
				say("334 VXNlcm5hbWU6")
				user := line()
				say("334 UGFzc3dvcmQ6")
				rest = "LOGIN " + user + " " + line()
			}
			s.logins <- rest
			say("235 in")
		case "DATA":
			say("354 go")
			var b strings.Builder
			for text := line(); text != "."; text = line() {
				b.WriteString(text + "\n")
			}
			s.letters <- b.String()
			if a := s.answers["."]; a != "" {
				say(a)
			} else {
				say("250 taken")
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func TestSend(t *testing.T) {
	s := &server{}
	settings := serve(t, s)
	asked := 0
	if err := (Sender{Settings: settings, Hostname: "autocom", Last: func() error { asked++; return nil }}).Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	got := <-s.letters
	if !strings.Contains(got, "\nTo: =?utf-8?B?") || !strings.Contains(got, "aicha@example.org") || asked != 1 {
		t.Errorf("asked %d times, sent\n%.600s", asked, got)
	}
}

func TestSendEncrypted(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS()
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	for auth, want := range map[string]string{"PLAIN LOGIN": "PLAIN AHUAZ2VoZWlt", "LOGIN": "LOGIN dQ== Z2VoZWlt"} {
		s := &server{tls: &tls.Config{Certificates: web.TLS.Certificates}, auth: auth}
		settings := serve(t, s)
		settings.Mode, settings.User, settings.Password = STARTTLS, "u", "geheim"
		if err := (Sender{Settings: settings, Hostname: "autocom", Roots: roots}).Send(t.Context(), letter()); err != nil {
			t.Fatal(err)
		}
		if got := <-s.logins; got != want {
			t.Errorf("login %q, want %q", got, want)
		}
		if err := (Sender{Settings: settings, Hostname: "autocom"}).Send(t.Context(), letter()); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("a server that nobody vouches for: %v", err)
		}
	}
}

func TestSendRefused(t *testing.T) {
	cases := []struct {
		name   string
		server server
		mode   string
		ever   bool // worth another try
		says   string
	}{
		{"no such address", server{answers: map[string]string{"RCPT": "550 nobody"}}, None, false, "nobody"},
		{"too large", server{answers: map[string]string{".": "552 too large"}}, None, false, "552"},
		{"later", server{answers: map[string]string{"RCPT": "451 greylisted"}}, None, true, "451"},
		{"not from us", server{answers: map[string]string{"MAIL": "553 not yours"}}, None, true, "takes nothing from pbx@example.org"},
		{"no STARTTLS", server{}, STARTTLS, true, "offers no STARTTLS"},
	}
	for _, c := range cases {
		settings := serve(t, &c.server)
		settings.Mode = c.mode
		err := Sender{Settings: settings, Hostname: "autocom"}.Send(t.Context(), letter())
		var refused *RefusedError
		if err == nil || !strings.Contains(err.Error(), c.says) || errors.As(err, &refused) == c.ever {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	s := &server{answers: map[string]string{"AUTH": "535 wrong"}, auth: "PLAIN"}
	settings := serve(t, s)
	settings.User, settings.Password, settings.Host = "u", "geheim", "localhost"
	if err := (Sender{Settings: settings, Hostname: "autocom"}).Send(t.Context(), letter()); err == nil || !strings.Contains(err.Error(), "correct user and password") || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a wrong password: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	settings.Port = mute.Addr().(*net.TCPAddr).Port
	if err := (Sender{Settings: settings, Hostname: "autocom"}).Send(ctx, letter()); err == nil {
		t.Error("a mute server took a letter")
	}
}
