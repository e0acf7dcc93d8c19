package portal

import (
	"net/http"
	"strconv"
	"time"
)

// clockAhead is how far a browser's clock is ahead of ours before ours is worth setting.
const clockAhead = time.Minute

// clockBehind is how far our clock is behind that of the visitor's browser, which stands
// in the form's field "now" in milliseconds; 0 when it is not, or not worth setting.
func (p *Portal) clockBehind(r *http.Request) time.Duration {
	at, err := strconv.ParseInt(r.PostForm.Get("now"), 10, 64)
	if err != nil {
		return 0
	}
	ahead := time.UnixMilli(at).Sub(p.Now().Round(0))
	if ahead <= clockAhead {
		return 0
	}
	return ahead
}

// setClock sets our clock forward to that of the visitor's browser; what is counted by the
// clock, as a session is, has to begin afterwards.
func (p *Portal) setClock(r *http.Request, ahead time.Duration) bool {
	if ahead <= 0 || p.Box == nil {
		return false
	}
	done := p.Box.SetClock(r.Context(), ahead)
	p.Log.Info("the browser's clock is ahead of ours", "ahead", ahead.Round(time.Second), "set", done, "from", remote(r))
	return done
}

// clockForm sets the clock by the visitor's browser, as the first minute does: a board that
// has none is behind again after every power cut without internet.
func (p *Portal) clockForm(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	v, lang := p.visitor(r), p.words(r).Lang
	a, known := p.Accounts.Account(v.Account)
	if !p.setClock(r, p.clockBehind(r)) {
		p.tell(r, notice{Bad: true, Text: say(lang, "L'heure n'a pas été changée : celle de ce navigateur n'est pas en avance, ou un serveur de temps la donne déjà.",
			"The clock was not set: this browser's is not ahead, or a time server sets it already.")})
	} else if known && !p.enter(w, r, a) { // sessions are counted by the clock: this one may be over
		return
	}
	http.Redirect(w, r, "/ui/system", http.StatusSeeOther)
}
