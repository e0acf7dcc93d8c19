package pnp

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// request is a SIP request as written.
type request struct {
	method, target string
	headers        []header
}

type header struct{ name, value string }

func (r request) all(name string) []string {
	var out []string
	for _, h := range r.headers {
		if strings.EqualFold(h.name, name) {
			out = append(out, h.value)
		}
	}
	return out
}

func (r request) first(name string) string { return first(r.all(name)) }

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// compact header names, RFC 3261 7.3.3 and RFC 6665 8.2.1.
var compact = map[string]string{
	"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "o": "Event",
}

// maxHeaders bounds the headers of one message.
const maxHeaders = 64

// read splits a message into lines, whatever ends them, and lines into name and
// value. Folded lines are joined; lines that are no header are skipped.
func read(b []byte) (request, error) {
	text := strings.ReplaceAll(string(bytes.ToValidUTF8(b, nil)), "\r\n", "\n")
	text, _, _ = strings.Cut(strings.TrimLeft(text, "\n"), "\n\n")
	lines := strings.Split(text, "\n")
	start := strings.Fields(lines[0])
	if len(start) != 3 || !strings.HasPrefix(start[2], "SIP/2.0") {
		if strings.HasPrefix(lines[0], "SIP/2.0 ") {
			return request{}, ErrOther // a response
		}
		return request{}, errors.New("no SIP request")
	}
	r := request{method: start[0], target: start[1]}
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") { // folded, RFC 3261 7.3.1
			if n := len(r.headers); n > 0 {
				r.headers[n-1].value += " " + strings.TrimSpace(line)
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			continue
		}
		if len(r.headers) == maxHeaders {
			return request{}, fmt.Errorf("more than %d headers", maxHeaders)
		}
		name = strings.TrimSpace(name)
		if long, ok := compact[strings.ToLower(name)]; ok {
			name = long
		}
		r.headers = append(r.headers, header{name, strings.TrimSpace(value)})
	}
	return r, nil
}
