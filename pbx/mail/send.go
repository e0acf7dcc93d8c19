package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// RefusedError is a letter that the server will never take: another try is of no use.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return "the mail server refuses the letter: " + e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Limits of one delivery.
const (
	connectTime = 20 * time.Second
	sendTime    = 5 * time.Minute // a large message over a slow line
)

// Sender delivers letters to one server.
type Sender struct {
	Settings Settings
	Hostname string         // says EHLO
	Roots    *x509.CertPool // nil: the system's
	// Last is asked right before the server is told that the letter is complete: from then
	// on nobody can know whether it was taken until the answer is here. An error stops it.
	Last func() error
}

// Send delivers one letter. The password is in no error.
func (s Sender) Send(ctx context.Context, l Letter) error {
	body, err := Compose(l)
	if err != nil {
		return &RefusedError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	c, err := s.connect(ctx)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", s.Settings.addr(), err)
	}
	defer c.Close()
	if err := s.deliver(c, l, body); err != nil {
		return err
	}
	c.Quit() // it has the letter; how it says goodbye changes nothing
	return nil
}

// connect gives a session that ends with ctx.
func (s Sender) connect(ctx context.Context) (*smtp.Client, error) {
	dial, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	config := &tls.Config{ServerName: s.Settings.Host, MinVersion: tls.VersionTLS12, RootCAs: s.Roots}
	raw, err := (&net.Dialer{}).DialContext(dial, "tcp", s.Settings.addr())
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { raw.SetDeadline(time.Now()) })
	raw.SetDeadline(time.Now().Add(connectTime))
	conn := raw
	if s.Settings.Mode == TLS {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, s.Settings.Host)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if err := s.greet(c, config); err != nil {
		c.Close()
		return nil, err
	}
	if ctx.Err() == nil {
		raw.SetDeadline(time.Now().Add(sendTime))
	}
	return c, ctx.Err()
}

func (s Sender) greet(c *smtp.Client, config *tls.Config) error {
	if err := c.Hello(s.Hostname); err != nil {
		return err
	}
	if s.Settings.Mode == STARTTLS {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return errors.New("it offers no STARTTLS: correct the port, or use tls")
		}
		if err := c.StartTLS(config); err != nil {
			return err
		}
	}
	if s.Settings.User == "" {
		return nil
	}
	_, offered := c.Extension("AUTH")
	var auth smtp.Auth = smtp.PlainAuth("", s.Settings.User, s.Settings.Password, s.Settings.Host)
	if words := strings.Fields(strings.ToUpper(offered)); !has(words, "PLAIN") && has(words, "LOGIN") {
		auth = login{s.Settings.User, s.Settings.Password}
	}
	if err := c.Auth(auth); err != nil {
		return fmt.Errorf("it does not let us in: correct user and password: %w", err)
	}
	return nil
}

// deliver is the part where a refusal (5xx) is the letter's own.
func (s Sender) deliver(c *smtp.Client, l Letter, body []byte) error {
	own := func(err error) error {
		var answer *textproto.Error
		if errors.As(err, &answer) && answer.Code >= 500 {
			return &RefusedError{err}
		}
		return fmt.Errorf("mail server %s: %w", s.Settings.addr(), err)
	}
	if err := c.Mail(l.From); err != nil {
		return fmt.Errorf("mail server %s: it takes nothing from %s: %w", s.Settings.addr(), l.From, err)
	}
	if err := c.Rcpt(l.To); err != nil {
		return own(err)
	}
	w, err := c.Data()
	if err != nil {
		return own(err)
	}
	if _, err := bytes.NewReader(body).WriteTo(w); err != nil {
		return own(err)
	}
	if s.Last != nil {
		if err := s.Last(); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return own(err)
	}
	return nil
}

func has(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// login is the mechanism of servers that know no other (draft-murchison-sasl-login).
type login struct{ user, password string }

func (l login) Start(s *smtp.ServerInfo) (string, []byte, error) {
	if !s.TLS {
		return "", nil, errors.New("the connection is not encrypted")
	}
	return "LOGIN", nil, nil
}

func (l login) Next(question []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	if strings.HasPrefix(strings.ToLower(string(question)), "user") {
		return []byte(l.user), nil
	}
	return []byte(l.password), nil
}
