package portal

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Queues is what queues and their agents do now. An unknown queue or agent is an
// fs.ErrNotExist, what cannot be as things are an ErrConflict with the reason.
type Queues interface {
	// LiveQueue gives a queue as it is now, to be shown as JSON.
	LiveQueue(id string) (any, error)
	// Agents gives who is or may be a member of a queue, to be shown as JSON.
	Agents() any
	// Agent does one of login, logout, pause, unpause for an agent or member.
	// No queue is all of theirs; the reason is one of the settings "agents".
	Agent(ctx context.Context, verb, number, queue, reason string) error
	// Changes gives the ids of queues that have changed, until ctx ends.
	Changes(ctx context.Context) <-chan string
}

func (p *Portal) liveQueue(w http.ResponseWriter, r *http.Request) {
	live, err := p.Queues.LiveQueue(r.PathValue("id"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such queue")
	case errors.Is(err, ErrConflict):
		problem(w, http.StatusConflict, strings.TrimPrefix(err.Error(), ErrConflict.Error()+": "))
	default:
		reply(w, http.StatusOK, live)
	}
}

func (p *Portal) agents(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, p.Queues.Agents())
}

func (p *Portal) agentDo(verb string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Queue  string `json:"queue"`
			Reason string `json:"reason"`
		}
		if !decode(w, r, &body, true) {
			return
		}
		number := r.PathValue("number")
		switch err := p.Queues.Agent(r.Context(), verb, number, body.Queue, body.Reason); {
		case errors.Is(err, fs.ErrNotExist):
			problem(w, http.StatusNotFound, "there is no such agent")
		case errors.Is(err, ErrConflict):
			problem(w, http.StatusConflict, strings.TrimPrefix(err.Error(), ErrConflict.Error()+": "))
		case err != nil:
			p.Log.Error("command for an agent", "verb", verb, "number", number, "error", err)
			problem(w, http.StatusServiceUnavailable, "the exchange did not take it: try again in a moment")
		default:
			p.Log.Info("command for an agent", "verb", verb, "number", number, "queue", body.Queue)
			w.WriteHeader(http.StatusNoContent)
		}
	}
}

// queuePush is how often a reader of events hears of queues at most: a wallboard shows
// seconds, and thirty agents change many times in one.
const queuePush = time.Second

// queueChanges is nil, which never gives anything, when nobody mirrors queues.
func (p *Portal) queueChanges(ctx context.Context) <-chan string {
	if p.Queues == nil {
		return nil
	}
	return p.Queues.Changes(ctx)
}

// tellQueues sends the event "queue" for each of them that has changed: the same as GET
// queues/{id}/live, or only the id of one that is gone.
func (p *Portal) tellQueues(ids map[string]bool) {
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		body, err := p.Queues.LiveQueue(id)
		if err != nil {
			body = map[string]string{"id": id}
		}
		p.Tell("queue", body)
	}
}
