package portal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"autocom/provision"
)

const (
	// heartbeat keeps the stream open through routers that drop silent connections,
	// and lets the reader notice a box that is gone.
	heartbeat = 15 * time.Second
	// A reader that takes nothing for so long is dropped; it resumes when it is back.
	slowest = 10 * time.Second
	// maxStreams bounds the programs that listen.
	maxStreams = 32
)

// eventKinds are the names of events. "reset" says that some were lost: the reader asks for
// everything again.
var eventKinds = []string{"device", "call", "queue", "forwards", "object", "system", "reset"}

// overseen are those of a supervisor.
var overseen = []string{"call", "queue", "system", "reset"}

// streams counts those that are open.
type streams struct {
	n     atomic.Int32
	grace time.Duration // a reader may take nothing for so long; 0: slowest
}

// eventRoutes are what tells of now.
func (p *Portal) eventRoutes() []route {
	return []route{
		{"GET /api/v1/events", p.events, supervisor},
		{"GET /api/v1/calls/live", p.liveCalls, supervisor},
		{"GET /api/v1/metrics", p.metrics, admin},
	}
}

// ObjectEvent says that what somebody set up was changed, or is gone.
type ObjectEvent struct {
	Collection string `json:"collection"`
	ID         string `json:"id"`
	Rev        int64  `json:"rev,omitempty"`
	Gone       bool   `json:"gone,omitempty"`
}

// Tell sends an event to who listens. It never waits.
func (p *Portal) Tell(kind string, body any) {
	if err := p.bus.tell(kind, body); err != nil {
		p.Log.Error("event not sent", "kind", kind, "error", err)
	}
}

// Run turns what changes into events, until ctx ends.
func (p *Portal) Run(ctx context.Context) error {
	events := p.Devices.Subscribe(ctx)
	queues, pending, push := p.queueChanges(ctx), map[string]bool{}, time.NewTicker(queuePush)
	defer push.Stop()
	forwards := p.forwardChanges(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case id, ok := <-queues:
			if queues = notClosed(queues, ok); ok {
				pending[id] = true
			}
		case number, ok := <-forwards:
			if forwards = notClosed(forwards, ok); ok {
				p.Tell("forwards", map[string]string{"number": number})
			}
		case <-push.C:
			p.tellQueues(pending)
			clear(pending)
		case e, ok := <-events:
			if events = notClosed(events, ok); ok {
				p.tellEvent(e)
			}
		}
	}
}

// String names the task.
func (p *Portal) String() string { return "events" }

// notClosed takes a channel that has ended out of a select.
func notClosed[T any](c <-chan T, ok bool) <-chan T {
	if !ok {
		return nil
	}
	return c
}

// tellEvent gives an event of the office its form.
func (p *Portal) tellEvent(e provision.Event) {
	switch {
	case e.Kind == "resync":
		p.Tell("reset", struct{}{})
	case e.Kind == "object":
		if i := slices.IndexFunc(collections, func(c collection) bool { return c.kind == e.Object.Kind }); i >= 0 {
			p.Tell("object", ObjectEvent{collections[i].path, e.Object.ID, e.Object.Rev, e.Object.Gone})
		}
	case e.Device.ID != "":
		p.Tell(e.Kind, shown(e.Device))
	default:
		p.Tell(e.Kind, struct{}{})
	}
}

// wanted reads which kinds a reader asks for: all that the role may see when it names none.
func (p *Portal) wanted(r *http.Request) (map[string]bool, error) {
	may := overseen
	if p.visitor(r).Role >= admin {
		may = eventKinds
	}
	out := map[string]bool{"reset": true}
	kinds := r.URL.Query().Get("kinds")
	if kinds == "" {
		kinds = strings.Join(may, ",")
	}
	for kind := range strings.SplitSeq(kinds, ",") {
		if !slices.Contains(may, kind) {
			return nil, fmt.Errorf("kinds is one or more of %s, with commas", strings.Join(may, ", "))
		}
		out[kind] = true
	}
	return out, nil
}

// events streams what changes (Server-Sent Events, HTML Living Standard 9.2). A reader that
// names its last event goes on after it.
func (p *Portal) events(w http.ResponseWriter, r *http.Request) {
	kinds, err := p.wanted(r)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	if p.streams.n.Add(1) > maxStreams {
		p.streams.n.Add(-1)
		w.Header().Set("Retry-After", "30")
		problem(w, http.StatusServiceUnavailable, "too many programs listen: close some of them")
		return
	}
	defer p.streams.n.Add(-1)
	out := stream{w, http.NewResponseController(w), cmp.Or(p.streams.grace, slowest)}
	if !out.ready() {
		problem(w, http.StatusInternalServerError, "this connection cannot stream events")
		return
	}
	wake, at, lost := p.bus.join(r.Header.Get("Last-Event-ID"))
	defer p.bus.leave(wake)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if out.write("retry: 2000\n\n") != nil {
		return
	}
	if lost && out.reset(p.bus.id(at-1)) != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			if now, _ := p.identify(r); now.Role < p.visitor(r).Role {
				return // logged out meanwhile, or less than before
			}
			if out.write(": alive\n\n") != nil {
				return
			}
		case <-wake:
			list, from, lost := p.bus.read(at)
			if lost && out.reset(p.bus.id(from-1)) != nil {
				return
			}
			at = from + uint64(len(list))
			var text strings.Builder
			for i, m := range list {
				if kinds[m.kind] {
					fmt.Fprintf(&text, "id: %s\nevent: %s\ndata: %s\n\n", p.bus.id(from+uint64(i)), m.kind, m.data)
				}
			}
			if text.Len() > 0 && out.write(text.String()) != nil {
				return
			}
		}
	}
}

// stream is an answer that does not end.
type stream struct {
	http.ResponseWriter
	*http.ResponseController
	grace time.Duration
}

// ready takes the server's deadline away, which is for pages.
func (s stream) ready() bool { return s.SetWriteDeadline(time.Time{}) == nil }

func (s stream) write(text string) error {
	if err := s.SetWriteDeadline(time.Now().Add(s.grace)); err != nil {
		return err
	}
	if _, err := s.ResponseWriter.Write([]byte(text)); err != nil {
		return err
	}
	if err := s.Flush(); err != nil {
		return err
	}
	return s.SetWriteDeadline(time.Time{})
}

func (s stream) reset(id string) error {
	return s.write("id: " + id + "\nevent: reset\ndata: {}\n\n")
}
