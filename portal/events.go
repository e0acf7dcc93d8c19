package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// heartbeat keeps the stream open through routers that drop silent connections,
// and lets the reader notice a box that is gone.
const heartbeat = 15 * time.Second

// events streams what changes (Server-Sent Events, HTML Living Standard 9.2). The
// event "resync" says that some were lost: the reader asks for the devices again.
func (p *Portal) events(w http.ResponseWriter, r *http.Request) {
	stream := http.NewResponseController(w)
	// The server's write deadline is for pages, not for a stream that never ends.
	if err := stream.SetWriteDeadline(time.Time{}); err != nil {
		problem(w, http.StatusInternalServerError, "this connection cannot stream events")
		return
	}
	events := p.Devices.Subscribe(r.Context())
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprint(w, "retry: 2000\n\n")
	if stream.Flush() != nil {
		return
	}
	queues, pending, push := p.queueChanges(r.Context()), map[string]bool{}, time.NewTicker(queuePush)
	defer push.Stop()
	forwards := p.forwardChanges(r.Context())
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			fmt.Fprint(w, ": alive\n\n")
		case id, ok := <-queues:
			if !ok {
				return
			}
			pending[id] = true
			continue
		case number := <-forwards:
			text, err := json.Marshal(map[string]string{"number": number})
			if err != nil {
				continue
			}
			fmt.Fprintf(w, "event: forwards\ndata: %s\n\n", text)
		case <-push.C:
			if len(pending) == 0 {
				continue
			}
			p.pushQueues(w, pending)
			clear(pending)
		case e, ok := <-events:
			if !ok {
				return
			}
			var body any = struct{}{}
			if e.Device.ID != "" {
				body = shown(e.Device)
			}
			text, err := json.Marshal(body)
			if err != nil {
				p.Log.Error("event not sent", "kind", e.Kind, "error", err)
				continue
			}
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e.Kind, text)
		}
		if stream.Flush() != nil {
			return // the reader is gone
		}
	}
}
