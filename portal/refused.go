package portal

import (
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// maxRefused bounds the attempts to get in that are remembered; who guesses fills them and
// no card.
const maxRefused = 100

// RefusedLogin is an attempt to get in that failed.
type RefusedLogin struct {
	At   time.Time  `json:"at"`
	From netip.Addr `json:"from,omitzero"`
	// Account is the one that was tried, when there is one of that name: people type
	// passwords into the wrong field.
	Account string `json:"account,omitempty"`
	Code    bool   `json:"code"` // the setup code was tried
}

// turnedAway are the last of them; the zero value is ready.
type turnedAway struct {
	mu   sync.Mutex
	last []RefusedLogin // oldest first
}

func (x *turnedAway) add(r RefusedLogin) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.last) == maxRefused {
		x.last = slices.Delete(x.last, 0, 1)
	}
	x.last = append(x.last, r)
}

// list gives them, the newest first.
func (x *turnedAway) list() []RefusedLogin {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := slices.Clone(x.last)
	slices.Reverse(out)
	return out
}

// turnAway notes an attempt that failed, here and in the log.
func (p *Portal) turnAway(r *http.Request, name string, code bool) {
	x := RefusedLogin{At: p.Now().UTC(), From: remote(r), Code: code}
	if a, known := p.Accounts.Account(name); known && name != "" {
		x.Account = a.Name
	}
	p.refusals.add(x)
	p.Log.Warn("somebody was not let in", "account", x.Account, "setup_code", code, "from", x.From)
}
