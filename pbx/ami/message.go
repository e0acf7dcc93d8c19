package ami

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of one message. The longest that Asterisk 22 sends us, a ContactList
// event, is under 2 kB; beyond these the peer is not Asterisk.
const (
	maxLine   = 32 << 10 // bytes
	maxFields = 2048
)

var errTooLong = errors.New("message is longer than Asterisk ever sends")

// Field is one "Key: Value" line.
type Field struct{ Key, Value string }

// Message is a block of fields in the order they came; a key may come twice.
type Message []Field

// Get is the first value of key, in any case, or "".
func (m Message) Get(key string) string {
	for _, f := range m {
		if strings.EqualFold(f.Key, key) {
			return f.Value
		}
	}
	return ""
}

// ReadMessage reads lines up to an empty one. A line without a colon is kept as a
// field without a key: Asterisk's greeting is one.
func ReadMessage(r *bufio.Reader) (Message, error) {
	var m Message
	for {
		line, err := readLine(r)
		if err != nil {
			if err == io.EOF && len(m) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if line == "" {
			if len(m) == 0 { // Asterisk sometimes sends one more
				continue
			}
			return m, nil
		}
		if len(m) == maxFields {
			return nil, errTooLong
		}
		key, value, found := strings.Cut(line, ":")
		if !found {
			key, value = "", line
		}
		m = append(m, Field{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
}

// readLine reads a line of at most maxLine bytes, without its ending.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return "", errTooLong
		}
		line = append(line, part...)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			if err == io.EOF && len(line) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		return string(bytes.TrimRight(line, "\r\n")), nil
	}
}

// Action is a request: Action{{"Action", "Reload"}, {"Module", "res_pjsip.so"}}
// without its ActionID, which Do adds.
type Action struct {
	Name   string
	Fields []Field
}

// encode writes the action; a value with a line break would be a second action.
func (a Action) encode(id string) ([]byte, error) {
	var b bytes.Buffer
	fields := append([]Field{{"Action", a.Name}, {"ActionID", id}}, a.Fields...)
	for _, f := range fields {
		if strings.ContainsAny(f.Key, ":\r\n\x00") || strings.ContainsAny(f.Value, "\r\n\x00") {
			return nil, fmt.Errorf("action %q: line break or colon in field %q", a.Name, f.Key)
		}
		fmt.Fprintf(&b, "%s: %s\r\n", f.Key, f.Value)
	}
	b.WriteString("\r\n")
	return b.Bytes(), nil
}

// Event is a message that nobody asked for, or one item of a list that Do asked for.
type Event struct {
	Name string // "ContactStatus"
	Message
}

// Response is the answer to an action, with the items when it is a list.
type Response struct {
	Message
	Items []Event
}

// RefusedError is an answer "Response: Error".
type RefusedError struct {
	Action string
	Reason string // Asterisk's words
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("asterisk refuses action %s: %s", e.Action, e.Reason)
}
