package portal

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"net/http"
	"sync/atomic"
	"time"
)

// gather is how long changes are collected before an open page is told: 500 phones
// that come back at once must not be drawn 500 times a second.
const gather = 200 * time.Millisecond

// maxWatchers bounds the open pages that are told; further ones are told to refresh.
const maxWatchers = 24

type watchers struct{ n atomic.Int32 }

// put is one piece of a page that is new: the element ID is replaced by HTML, or
// added to its list in the order of the keys. Without HTML the element goes.
type put struct {
	ID   string `json:"id"`
	HTML string `json:"html,omitempty"`
	Key  string `json:"key,omitempty"`
}

// watch streams to an open page what changes on it: the same pieces that the page was
// made of, in the reader's language.
func (p *Portal) watch(w http.ResponseWriter, r *http.Request) {
	if p.watchers.n.Add(1) > maxWatchers {
		p.watchers.n.Add(-1)
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer p.watchers.n.Add(-1)
	stream := http.NewResponseController(w)
	if err := stream.SetWriteDeadline(time.Time{}); err != nil {
		http.Error(w, "this connection cannot stream events", http.StatusInternalServerError)
		return
	}
	events := p.Devices.Subscribe(r.Context())
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	fmt.Fprint(w, "retry: 2000\n\n")
	sent := map[string]uint64{} // what the page has, by digest
	seed := maphash.MakeSeed()
	send := func(parts []put) {
		fresh := map[string]bool{}
		for _, x := range parts {
			fresh[x.ID] = true
			sum := maphash.String(seed, x.HTML)
			if old, known := sent[x.ID]; known && old == sum {
				continue
			}
			sent[x.ID] = sum
			emit(w, x)
		}
		for id := range sent {
			if !fresh[id] {
				delete(sent, id)
				emit(w, put{ID: id})
			}
		}
	}
	send(p.parts(r))
	if stream.Flush() != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var due <-chan time.Time
	for {
		select {
		case <-r.Context().Done():
			return
		case _, ok := <-events:
			if !ok {
				return
			}
			if due == nil {
				due = time.After(gather)
			}
			continue
		case <-due:
			due = nil
			send(p.parts(r))
		case <-beat.C:
			if !p.admin(r) {
				return // logged out, here or elsewhere
			}
			fmt.Fprint(w, ": alive\n\n")
			send(p.parts(r)) // what time alone changes: a phone that hangs
		}
		if stream.Flush() != nil {
			return
		}
	}
}

func emit(w http.ResponseWriter, x put) {
	text, err := json.Marshal(x)
	if err != nil {
		return // never: strings only
	}
	fmt.Fprintf(w, "event: put\ndata: %s\n\n", text)
}

// parts are the pieces of the page that r watches, as they are now.
func (p *Portal) parts(r *http.Request) []put {
	v := p.reader(r)
	var out []put
	add := func(id, name, key string, data any) {
		html, err := p.part(name, data)
		if err != nil {
			p.Log.Error("piece of a page not made", "piece", name, "error", err)
			return
		}
		out = append(out, put{id, html, key})
	}
	if id := r.URL.Query().Get("id"); id != "" {
		d, ok := p.Devices.Device(canonical(id))
		if !ok {
			return nil
		}
		page := v.phone(d)
		for _, name := range []string{"now", "lines", "actions", "why"} {
			add(name, name, "", page)
		}
		return out
	}
	page := v.overview(asked(r))
	add("tabs", "tabs", "", page)
	add("call", "call", "", page)
	add("none", "none", "", page)
	for _, x := range page.Rows {
		add(x.Part, "row", x.Key, x)
	}
	return out
}
