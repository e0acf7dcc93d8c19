package portal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// gather is how long changes are collected before an open page is told: 500 phones
// that come back at once must not be drawn 500 times a second.
const gather = 200 * time.Millisecond

// Open pages may take a fifth of a core for themselves, all together: on a box that needs
// long to draw them they are told less often, but not less than every lazy.
const (
	fifth = 5
	lazy  = 3 * time.Second
)

// calm is how long changes are collected when drawing the page took so long and so many are
// open.
func calm(took time.Duration, open int32) time.Duration {
	return min(max(gather, fifth*time.Duration(open)*took), lazy)
}

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
	p.follow(w, r, admin, p.watched)
}

// watchNow does it for the pages of calls.
func (p *Portal) watchNow(w http.ResponseWriter, r *http.Request) {
	p.follow(w, r, agent, p.watchedNow)
}

// follow sends the pieces of the page that watched makes, as long as the reader has the role.
func (p *Portal) follow(w http.ResponseWriter, r *http.Request, least who, watched func(*http.Request) livePage) {
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
	sent := map[string]string{} // what the page has
	send := func(parts []put) (changed int) {
		fresh := map[string]bool{}
		for _, x := range parts {
			fresh[x.ID] = true
			if old, known := sent[x.ID]; !known || old != x.HTML {
				sent[x.ID] = x.HTML
				emit(w, x)
				changed++
			}
		}
		for id := range sent {
			if !fresh[id] {
				delete(sent, id)
				emit(w, put{ID: id})
				changed++
			}
		}
		return changed
	}
	began := time.Now()
	page := watched(r)
	first := p.parts(page)
	took := time.Since(began)
	if r.URL.Query().Get("v") == digest(first) { // nothing since the page was made
		for _, x := range first {
			sent[x.ID] = x.HTML
		}
	}
	send(first)
	if stream.Flush() != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var due, ticks <-chan time.Time
	if x, ok := page.(tickingPage); ok && x.ticks() {
		pace := tick
		if slow, ok := page.(slowPage); ok {
			pace = slow.pace()
		}
		every := time.NewTicker(pace)
		defer every.Stop()
		ticks = every.C
	}
	queues, browsers := p.queueChanges(r.Context()), p.browserChanges(r.Context())
	for {
		select {
		case <-r.Context().Done():
			return
		case _, ok := <-events:
			if !ok {
				return
			}
			if due == nil {
				due = time.After(calm(took, p.watchers.n.Load()))
			}
			continue
		case _, ok := <-queues:
			if !ok {
				return
			}
			if due == nil {
				due = time.After(calm(took, p.watchers.n.Load()))
			}
			continue
		case <-browsers:
			if due == nil {
				due = time.After(calm(took, p.watchers.n.Load()))
			}
			continue
		case <-ticks:
			if send(p.parts(watched(r))) == 0 {
				continue
			}
		case <-due:
			due, began = nil, time.Now()
			parts := p.parts(watched(r))
			took = time.Since(began)
			send(parts)
		case <-beat.C:
			if again, _ := p.identify(r); again.Role < least {
				return // logged out, here or elsewhere
			}
			fmt.Fprint(w, ": alive\n\n")
			send(p.parts(watched(r))) // what time alone changes: a phone that hangs
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

// piece is a part of a page that changes by itself: a template, and what it shows.
type piece struct {
	id, template, key string
	data              any
}

// livePage is a page of which pieces change.
type livePage interface {
	live() string // where they come from
	pieces() []piece
}

func (o overview) pieces() []piece {
	out := []piece{{"tabs", "tabs", "", o}, {"call", "call", "", o}, {"none", "none", "", o}, {"pager", "pager", "", o}, {"browsers", "browsers", "", o.Browsers}}
	for _, x := range o.Rows {
		out = append(out, piece{x.Part, "row", x.Key, x})
	}
	return out
}

func (f phone) pieces() []piece {
	var out []piece
	for _, name := range []string{"now", "lines", "actions", "why"} {
		out = append(out, piece{name, name, "", f})
	}
	return out
}

// watched is the page that r listens for, nil when its device is gone.
func (p *Portal) watched(r *http.Request) livePage {
	id := r.URL.Query().Get("id")
	if id == "" {
		return p.reader(r).overview(asked(r))
	}
	if d, ok := p.Devices.Device(canonical(id)); ok {
		return p.reader(r).phone(d)
	}
	return nil
}

// parts draws the pieces of a page as they are now.
func (p *Portal) parts(page livePage) []put {
	if page == nil {
		return nil
	}
	draw := p.part
	if d, ok := page.(drawnPage); ok {
		lang, screen := d.drawn()
		draw = func(name string, data any) (string, error) {
			var b bytes.Buffer
			err := p.pages.draw(&b, lang, screen, name, data)
			return b.String(), err
		}
	}
	var out []put
	for _, x := range page.pieces() {
		html, err := draw(x.template, x.data)
		if err != nil {
			p.Log.Error("piece of a page not made", "piece", x.template, "error", err)
			continue
		}
		out = append(out, put{x.id, html, x.key})
	}
	return out
}

// digest tells whether an open page still shows what these parts are.
func digest(parts []put) string {
	h := fnv.New64a()
	for _, x := range parts {
		h.Write([]byte(x.HTML))
	}
	return strconv.FormatUint(h.Sum64(), 36)
}
