package portal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// callCentre has the queue sales and the agent 202.
type callCentre struct {
	did     []string
	changes chan string
}

func (c *callCentre) LiveQueue(id string) (any, error) {
	switch id {
	case "sales":
		return map[string]any{"id": id, "callers": []string{"0612345678"}}, nil
	case "new":
		return nil, fmt.Errorf("%w: Asterisk does not have the queue yet", ErrConflict)
	}
	return nil, fs.ErrNotExist
}

func (c *callCentre) Agents() any { return []map[string]string{{"number": "202"}} }

func (c *callCentre) Agent(_ context.Context, verb, number, queue, reason string) error {
	c.did = append(c.did, strings.Join([]string{verb, number, queue, reason}, " "))
	switch {
	case number != "202":
		return fs.ErrNotExist
	case reason == "sleep":
		return fmt.Errorf("%w: %q is no reason to pause", ErrConflict, reason)
	case queue == "down":
		return errors.New("the secret of the manager")
	}
	return nil
}

func (c *callCentre) Changes(context.Context) <-chan string { return c.changes }

func TestAgentsByTheAPI(t *testing.T) {
	_, p := desk(t)
	centre := &callCentre{}
	p.Queues = centre
	for _, tt := range []struct {
		method, path, body string
		stranger           bool
		code               int
		says               string
	}{
		{"GET", "queues/sales/live", "", true, 401, "Bearer"},
		{"GET", "queues/sales/live", "", false, 200, `"callers":["0612345678"]`},
		{"GET", "queues/none/live", "", false, 404, "there is no such queue"},
		{"GET", "queues/new/live", "", false, 409, `"Asterisk does not have the queue yet"`},
		{"GET", "agents", "", false, 200, `[{"number":"202"}]`},
		{"POST", "agents/202/login", "", true, 401, "Bearer"},
		{"POST", "agents/202/login", "", false, 204, ""},
		{"POST", "agents/202/logout", `{"queue":"sales"}`, false, 204, ""},
		{"POST", "agents/202/pause", `{"reason":"2"}`, false, 204, ""},
		{"POST", "agents/202/pause", `{"reason":"sleep"}`, false, 409, "is no reason to pause"},
		{"POST", "agents/202/unpause", `{"queue":"down"}`, false, 503, "try again in a moment"},
		{"POST", "agents/999/login", "", false, 404, "there is no such agent"},
		{"POST", "agents/202/login", `{"queues":"sales"}`, false, 400, "unknown field"},
		{"POST", "agents/202/fire", "", false, 404, "no such path"},
	} {
		r := httptest.NewRequest(tt.method, "/api/v1/"+tt.path, strings.NewReader(tt.body))
		if !tt.stranger {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.says) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s %s %s: %d %s, want %d %s", tt.method, tt.path, tt.body, w.Code, w.Body, tt.code, tt.says)
		}
	}
	want := []string{"login 202  ", "logout 202 sales ", "pause 202  2", "pause 202  sleep", "unpause 202 down ", "login 999  "}
	if diff := cmp.Diff(want, centre.did); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// However often a queue changes, who listens hears of it once a second.
func TestQueuesAreEvents(t *testing.T) {
	_, p := desk(t)
	centre := &callCentre{changes: make(chan string, 100)}
	p.Queues = centre
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/api/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	go p.Run(t.Context())
	began := time.Now()
	for range 50 {
		centre.changes <- "sales"
	}
	centre.changes <- "gone"
	var got []string
	lines := bufio.NewScanner(resp.Body)
	for len(got) < 4 && lines.Scan() {
		if text := lines.Text(); strings.HasPrefix(text, "event: queue") || strings.HasPrefix(text, "data: ") {
			got = append(got, text)
		}
	}
	want := []string{"event: queue", `data: {"id":"gone"}`, "event: queue", `data: {"callers":["0612345678"],"id":"sales"}`}
	if diff := cmp.Diff(want, got); diff != "" || time.Since(began) > 10*time.Second {
		t.Errorf("-want +got\n%s", diff)
	}
}
