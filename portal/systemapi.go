package portal

import (
	"net/http"
)

// getSystem gives the box as the page about it shows it.
func (p *Portal) getSystem(w http.ResponseWriter, r *http.Request) {
	if p.System == nil {
		problem(w, http.StatusServiceUnavailable, "this program does not look after a box")
		return
	}
	s := p.System.Look(r.Context())
	s.Log = append([]string{}, s.Log...) // never null
	reply(w, http.StatusOK, s)
}

// postRestart begins Asterisk or the whole box anew. What is up ends.
func (p *Portal) postRestart(w http.ResponseWriter, r *http.Request) {
	var body struct {
		What string `json:"what"`
	}
	if !decode(w, r, &body, false) {
		return
	}
	switch {
	case body.What != "asterisk" && body.What != "box":
		problem(w, http.StatusBadRequest, "what can be restarted is asterisk or box")
		return
	case p.System == nil:
		problem(w, http.StatusServiceUnavailable, "this program does not look after a box")
		return
	}
	if err := p.System.Restart(r.Context(), body.What); err != nil {
		p.Log.Error("restart by the API", "what", body.What, "error", err)
		problem(w, http.StatusServiceUnavailable, "it could not be restarted: see the box's log")
		return
	}
	p.Log.Warn("restart by the API", "what", body.What, "by", Actor(r.Context()), "from", remote(r))
	w.WriteHeader(http.StatusAccepted)
}
