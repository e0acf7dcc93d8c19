package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
	"unicode"
)

// Letter is what is sent.
type Letter struct {
	From, FromName string // address and what is shown for it
	To, ToName     string
	Subject, Text  string
	ID             string    // unique for ever; the Message-ID is made of it
	Date           time.Time // in the zone that is shown
	Sound          []byte    // attached as Name; nil none
	Name           string    // "message-201.wav"
}

// Compose writes a letter as RFC 5322 and MIME want it. Names and the subject may come from
// a caller: what is no printable letter becomes a space, and the rest is encoded words (RFC
// 2047), so no header can be added.
func Compose(l Letter) ([]byte, error) {
	for _, a := range []string{l.From, l.To} {
		if !address.MatchString(a) {
			return nil, fmt.Errorf("%q is no address", a)
		}
	}
	sum := sha256.Sum256([]byte(l.ID + "\x00" + l.From))
	mark := hex.EncodeToString(sum[:12])
	_, host, _ := strings.Cut(l.From, "@")
	var b bytes.Buffer
	head := func(key, value string) { fmt.Fprintf(&b, "%s: %s\r\n", key, value) }
	head("From", person(l.FromName, l.From))
	head("To", person(l.ToName, l.To))
	head("Subject", words(l.Subject))
	head("Date", l.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	head("Message-ID", "<"+mark+"@"+host+">")
	head("Auto-Submitted", "auto-generated") // RFC 3834: no holiday answers
	head("MIME-Version", "1.0")
	text := func() error {
		head("Content-Type", "text/plain; charset=utf-8")
		head("Content-Transfer-Encoding", "quoted-printable")
		b.WriteString("\r\n")
		q := quotedprintable.NewWriter(&b)
		if _, err := io.WriteString(q, strings.ReplaceAll(l.Text, "\n", "\r\n")); err != nil {
			return err
		}
		return q.Close()
	}
	if l.Sound == nil {
		err := text()
		b.WriteString("\r\n")
		return b.Bytes(), err
	}
	head("Content-Type", `multipart/mixed; boundary="`+mark+`"`)
	b.WriteString("\r\n--" + mark + "\r\n")
	if err := text(); err != nil {
		return nil, err
	}
	b.WriteString("\r\n--" + mark + "\r\n")
	head("Content-Type", mime.FormatMediaType("audio/wav", map[string]string{"name": plain(l.Name)}))
	head("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": plain(l.Name)}))
	head("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	for rest := l.Sound; len(rest) > 0; {
		n := min(len(rest), 57) // 76 letters a line (RFC 2045 6.8)
		b.WriteString(base64.StdEncoding.EncodeToString(rest[:n]) + "\r\n")
		rest = rest[n:]
	}
	b.WriteString("--" + mark + "--\r\n")
	return b.Bytes(), nil
}

// person is a name and an address of a header.
func person(name, address string) string {
	if name = plain(name); name == "" {
		return "<" + address + ">"
	}
	return words(name) + " <" + address + ">"
}

// words encodes text for a header, even what would need none: a quote or comma of ASCII
// means something there.
func words(text string) string {
	text = plain(text)
	for _, r := range text {
		if r > 126 || !(r == ' ' || r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return encoded(text)
		}
	}
	return text
}

// encoded is text as encoded words, folded (RFC 2047 2: at most 75 letters each).
func encoded(text string) string {
	var out []string
	for len(text) > 0 {
		n := 0
		for i, r := range text {
			if i+len(string(r)) > 42 {
				break
			}
			n = i + len(string(r))
		}
		out = append(out, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(text[:n]))+"?=")
		text = text[n:]
	}
	return strings.Join(out, "\r\n ")
}

// textBytes is the longest name or subject.
const textBytes = 160

// plain is what somebody wrote without what is not seen: controls, line breaks, marks of
// direction.
func plain(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "") {
		if !unicode.IsPrint(r) {
			r = ' '
		}
		if b.Len()+4 > textBytes {
			break
		}
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
