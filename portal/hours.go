package portal

import (
	"context"
	"net/http"
)

// Night is how opening hours stand now.
type Night struct {
	State string `json:"state"` // "open", "closed", "holiday": where calls go now
	Hand  string `json:"hand"`  // "open", "closed": what somebody switched by hand; "auto" the clock decides
}

// Hours asks for and switches opening hours by hand, as the code of a phone does. Unknown
// ones are an fs.ErrNotExist; an exchange that is down an ErrConflict.
type Hours interface {
	Night(ctx context.Context, id string) (Night, error)
	SwitchNight(ctx context.Context, id, hand string) error
}

// hoursRoutes are the paths of the switch; the hours themselves are objects.
func (p *Portal) hoursRoutes() []route {
	return []route{
		{"GET /api/v1/hours/{id}/night", p.night, supervisor},
		{"PUT /api/v1/hours/{id}/night", p.switchNight, supervisor},
	}
}

func (p *Portal) night(w http.ResponseWriter, r *http.Request) {
	n, err := p.Hours.Night(r.Context(), r.PathValue("id"))
	if err != nil {
		p.refused(w, "hours", err)
		return
	}
	reply(w, http.StatusOK, n)
}

func (p *Portal) switchNight(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Hand string `json:"hand"`
	}
	if !decode(w, r, &want, false) {
		return
	}
	if want.Hand != "open" && want.Hand != "closed" && want.Hand != "auto" {
		problem(w, http.StatusBadRequest, "hand: use open, closed or auto")
		return
	}
	id := r.PathValue("id")
	if err := p.Hours.SwitchNight(r.Context(), id, want.Hand); err != nil {
		p.refused(w, "hours", err)
		return
	}
	p.Log.Info("day and night switched by the API", "id", id, "hand", want.Hand)
	p.night(w, r)
}
