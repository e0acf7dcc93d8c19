package portal

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"autocom/pbx"
)

// phones are what is set on phones, as the exchange has it.
type phones struct{ set map[string]Forwarding }

func (s *phones) Forwards(_ context.Context, number string) (Forwarding, error) {
	f, ok := s.set[number]
	if !ok {
		return f, fs.ErrNotExist
	}
	return f, nil
}

func (s *phones) SetForwards(_ context.Context, number string, f Forwarding) error {
	if f.Always == "299" {
		return fmt.Errorf("%w: 299 is no number of the house", ErrConflict)
	}
	s.set[number] = f
	return nil
}

func (s *phones) Functions() ([]pbx.Function, error) { return pbx.Plan{}.Functions() }

func (s *phones) ForwardChanges(context.Context) <-chan string { return nil }

func TestForwardsByTheAPI(t *testing.T) {
	p := &Portal{Config: Config{Forwards: &phones{map[string]Forwarding{"201": {Busy: "202"}}}}}
	const off = `{"always":"","busy":"202","none":"","absent":"","dnd":false}`
	for _, tt := range []struct {
		what, method, number, body string
		code                       int
		says                       string
	}{
		{"what is set", "GET", "201", "", 200, off},
		{"nobody", "GET", "299", "", 404, "no such number"},
		{"no number", "GET", "20x", "", 404, "no such number"},
		{"set", "PUT", "201", `{"always":"203","dnd":true}`, 200, `{"always":"203","busy":"","none":"","absent":"","dnd":true}`},
		{"to a mailbox", "PUT", "201", `{"none":"*99203"}`, 200, `"none":"*99203"`},
		{"refused", "PUT", "201", `{"always":"299"}`, 409, "299 is no number of the house"},
		{"a second action", "PUT", "201", `{"always":"203\r\nAction: x"}`, 400, "write its digits"},
		{"an unknown field", "PUT", "201", `{"allways":"203"}`, 400, "allways"},
		{"of nobody", "PUT", "1", `{}`, 404, "no such number"},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, "/", strings.NewReader(tt.body))
		r.SetPathValue("number", tt.number)
		handler := map[string]http.HandlerFunc{"GET": p.readForwards, "PUT": p.writeForwards}[tt.method]
		if handler(w, r); w.Code != tt.code || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s: %d %s\nwant %d with %s", tt.what, w.Code, w.Body, tt.code, tt.says)
		}
	}
	w := httptest.NewRecorder()
	if p.codes(w, httptest.NewRequest("GET", "/", nil)); !strings.Contains(w.Body.String(), `"name":"forward-always","in_call":false,"codes":["*21","*72"]`) {
		t.Errorf("codes: %s", w.Body)
	}
}
