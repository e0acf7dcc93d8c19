package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/provision"
)

// hushed takes what several tasks say.
type hushed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *hushed) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}

func (h *hushed) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// Whatever is asked of the API and of the pages, no password comes back, from what was
// written, refused, looked at before, listed as changed, taken back or told as an event, nor
// stands in the log at its wordiest. A room's PIN is shown by the room alone.
func TestNoSecretComesBack(t *testing.T) {
	var said hushed
	d := wholeSaying(t, slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	settle(t, d, 2)
	ctx, cancel := context.WithCancel(t.Context())
	var tasks sync.WaitGroup
	tasks.Go(func() { _ = d.portal.Run(ctx) })

	secrets := map[string]string{
		"a trunk's password": "Tr7nk-of-orange", "a trunk's new password": "73920164", "the mail password": "M4il-of-the-house", "a refused password": "R3fused-of-nobody",
	}
	pins := map[string]string{"a room's PIN": "481516", "its leader's": "234299", "its PIN before": "990817"}
	for _, e := range d.office.Plan().Endpoints {
		if len(e.Secret) < 12 {
			t.Fatalf("line %s has no secret to look for", e.ID)
		}
		secrets["the SIP secret of "+e.ID] = e.Secret
	}
	if len(secrets) < 6 {
		t.Fatalf("no phones: %d", len(secrets))
	}
	looks := func(what, text string, alsoPINs bool) {
		t.Helper()
		for name, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s shows %s", what, name)
			}
		}
		for name, s := range pins {
			if alsoPINs && strings.Contains(text, s) {
				t.Errorf("%s shows %s: %.400s", what, name, text)
			}
		}
	}

	srv := httptest.NewServer(d.portal)
	defer func() { cancel(); srv.Close(); tasks.Wait() }() // the stream ends first: Close waits for it
	events := hears(ctx, t, srv.URL, d.portal.Key)

	last := ""
	for _, x := range []struct {
		method, path, body string
		code               int
	}{
		{"POST", "trunks", `{"id":"orange","server":"192.0.2.1","user":"u","password":"Tr7nk-of-orange"}`, 201},
		{"PATCH", "trunks/orange", `{"channels":2}`, 200},
		{"PUT", "trunks/orange", `{"server":"192.0.2.1","user":"u","password":"73920164"}`, 200},
		{"POST", "trunks/orange/preview", `{"server":"192.0.2.2","user":"u","password":"R3fused-of-nobody"}`, 200},
		{"PUT", "trunks/orange", `{"server":"a b","user":"u","password":"R3fused-of-nobody"}`, 409},
		{"PUT", "trunks/orange", `{"server":"192.0.2.1","user":"u","password":"R3fused-of-nobody","no":1}`, 409},
		{"PUT", "trunks/orange", `{"server":"192.0.2.1","user":"u","password":"R3fused-of-nobody` + "\\n" + `"}`, 409},
		{"PUT", "trunks/orange", `{"server":"192.0.2.1","user":"u","password":["R3fused-of-nobody"]}`, 409},
		{"PUT", "settings/mail", `{"host":"mail.example","from":"a@b.example","user":"u","password":"M4il-of-the-house"}`, 200},
		{"POST", "conferences", `{"id":"hall","number":"650","pin":"990817"}`, 201},
		{"PATCH", "conferences/hall", `{"pin":"481516","leader_pin":"234299"}`, 200},
		{"POST", "conferences/hall/preview", `{"number":"650","pin":"990817"}`, 200},
	} {
		w := ask(d, x.method, x.path, x.body)
		if w.Code != x.code {
			t.Errorf("%s %s: %d, want %d: %s", x.method, x.path, w.Code, x.code, w.Body)
		}
		last = w.Body.String()
		looks(x.method+" "+x.path, last, strings.HasSuffix(x.path, "/preview"))
	}
	room := ask(d, "GET", "conferences/hall", "").Body.String()
	if !strings.Contains(room, "481516") {
		t.Errorf("who sets the house up cannot read the room's PIN: %s", room)
	}
	var list []struct{ N int }
	if w := ask(d, "GET", "changes", ""); json.Unmarshal(w.Body.Bytes(), &list) != nil || len(list) < 6 {
		t.Fatalf("changes: %s", w.Body)
	} else if !strings.Contains(w.Body.String(), `"leader_pin"`) {
		t.Errorf("nothing tells that a PIN was set: %s", w.Body)
	}
	w := ask(d, "POST", fmt.Sprintf("changes/%d/undo", list[0].N), "{}")
	if looks("undo", w.Body.String(), true); w.Code != 200 {
		t.Errorf("undo: %d %s", w.Code, w.Body)
	}
	if got := ask(d, "GET", "conferences/hall", "").Body.String(); !strings.Contains(got, "990817") {
		t.Errorf("the PIN before is not back: %s", got)
	}

	// Every path that can be read, by who may read all.
	ids := strings.NewReplacer("{$}", "", "{number}", "201", "{name}", "the.admin", "{n}", "1")
	admin := cookies(t, d)["admin"]
	read := 0
	for _, route := range d.portal.Routes() {
		if route.Method != "GET" || strings.Contains(route.Path, "/events") || strings.Contains(route.Path, "logout") {
			continue
		}
		for _, id := range []string{"orange", "mail", "hall", provision.MAC{0x00, 0x15, 0x65, 0xaa, 0, 0}.String()} {
			path := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(strings.ReplaceAll(ids.Replace(route.Path), "{id}", id), "x")
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Cookie", admin)
			w := httptest.NewRecorder()
			d.portal.ServeHTTP(w, r)
			if w.Code == http.StatusOK {
				read++
			}
			looks("GET "+path, w.Body.String(), !strings.Contains(path, "/conferences"))
		}
	}
	if read < 60 {
		t.Errorf("only %d answers were read", read)
	}

	d.portal.Tell("system", struct{}{})
	heard := events("event: system")
	if !strings.Contains(heard, `"orange"`) || !strings.Contains(heard, `"hall"`) {
		t.Errorf("the changes were not told: %s", heard)
	}
	looks("the events", heard, true)
	if log := said.String(); !strings.Contains(log, "changed by the API") {
		t.Errorf("nothing is said: %s", log)
	}
	looks("the log", said.String(), true)
}

// hears reads events until one holds what is waited for, and gives all that came.
func hears(ctx context.Context, t *testing.T, url, key string) func(until string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 1000)
	go func() {
		defer resp.Body.Close()
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			lines <- s.Text()
		}
		close(lines)
	}()
	return func(until string) string {
		var all strings.Builder
		late := time.After(30 * time.Second)
		for {
			select {
			case line, ok := <-lines:
				all.WriteString(line + "\n")
				if !ok || strings.Contains(line, until) {
					return all.String()
				}
			case <-late:
				t.Fatalf("no %q in 30 s: %s", until, all.String())
			}
		}
	}
}
