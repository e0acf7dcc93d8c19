package portal

import (
	"net/http"
	"sync"
	"time"
)

// systemPace is how often the open page about the box is drawn anew. To look costs a walk
// through the recordings and a question to the clock.
const systemPace = 10 * time.Second

// looked is the last look at the box, for all open pages.
type looked struct {
	mu    sync.Mutex
	at    time.Time
	state SystemState
}

// systemNow is the page from a look at the box: a fresh one, or one that is not older than the
// pace.
func (p *Portal) systemNow(r *http.Request, fresh bool) systemPage {
	p.looked.mu.Lock()
	defer p.looked.mu.Unlock()
	now := p.Now()
	if age := now.Sub(p.looked.at); fresh || p.looked.at.IsZero() || age < 0 || age >= systemPace-time.Second {
		p.looked.at, p.looked.state = now, p.System.Look(r.Context())
	}
	return p.systemOf(p.looked.state, p.words(r).Lang)
}

func (p *Portal) watchSystem(w http.ResponseWriter, r *http.Request) {
	p.follow(w, r, admin, func(r *http.Request) livePage {
		if p.System == nil {
			return nil
		}
		return p.systemNow(r, false)
	})
}

// clockPart is the card of the clock.
const clockPart = "box-1"

// slowPage is a ticking page with a pace of its own.
type slowPage interface{ pace() time.Duration }

func (v systemPage) live() string                 { return "/ui/events/system" }
func (v systemPage) drawn() (lang, screen string) { return v.Lang, "system" }
func (v systemPage) ticks() bool                  { return true }
func (v systemPage) pace() time.Duration          { return systemPace }

// pieces are the figures; the log stays as it was read, for who scrolls in it, and so does the
// clock, which a script of the page compares with the browser's once.
func (v systemPage) pieces() []piece {
	out := []piece{{"boxexchange", "boxexchange", "", v}}
	for _, c := range v.Cards {
		if c.Part != clockPart {
			out = append(out, piece{c.Part, "boxcard", "", c})
		}
	}
	return out
}
