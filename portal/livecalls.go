package portal

import (
	"net/http"
	"time"
)

// CallEvent is the event "call": what just happened to one.
type CallEvent struct {
	Call    string    `json:"call"`  // the same from start to end
	Event   string    `json:"event"` // start, ring, answer, end
	At      time.Time `json:"at"`
	From    string    `json:"from"`             // who calls: a number of the house, or outside
	Dialled string    `json:"dialled"`          // what was dialled; from outside, the number that was called
	Number  string    `json:"number,omitempty"` // whose phone rings, or answered
	*CallEnd
}

// CallEnd is what is known when a call is over.
type CallEnd struct {
	Answered bool `json:"answered"` // by a person; a menu or a mailbox is none
	Seconds  int  `json:"seconds"`  // from start to end
	Cause    int  `json:"cause"`    // Q.850, of who called
}

// LiveCall is a call that is going on.
type LiveCall struct {
	Call    string    `json:"call"`
	From    string    `json:"from"`
	Dialled string    `json:"dialled"`
	Number  string    `json:"number,omitempty"`
	State   string    `json:"state"` // start, ring, answer
	Since   time.Time `json:"since"` // its start
}

// liveCalls lists them, the oldest first.
func (p *Portal) liveCalls(w http.ResponseWriter, _ *http.Request) {
	list := []LiveCall{}
	if p.LiveCalls != nil {
		list = append(list, p.LiveCalls()...)
	}
	reply(w, http.StatusOK, list)
}
