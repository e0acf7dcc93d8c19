package portal

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"

	"autocom/pbx"
)

// Forwards are what people have set on their phones: Asterisk keeps it. An unknown number
// is an fs.ErrNotExist; what may not be, an ErrConflict with the reason.
type Forwards interface {
	Forwards(ctx context.Context, number string) (Forwarding, error)
	SetForwards(ctx context.Context, number string, f Forwarding) error
	Functions() ([]pbx.Function, error) // the table of codes
	// ForwardChanges gives the numbers whose forwards have changed, until ctx ends.
	ForwardChanges(ctx context.Context) <-chan string
}

// Forwarding is what is set for a number.
type Forwarding struct {
	Always string `json:"always"` // where to: digits, or a mailbox by the code for one; "" off
	Busy   string `json:"busy"`
	None   string `json:"none"`   // when nobody answers
	Absent string `json:"absent"` // when the phone is not there
	DND    bool   `json:"dnd"`    // do not disturb
}

// forwardTo is the form of where a forward leads.
var forwardTo = regexp.MustCompile(`^([*0-9]{2,24})?$`)

// houseNumber is the form of a number of the house.
var houseNumber = regexp.MustCompile(`^[0-9]{2,6}$`)

func (p *Portal) readForwards(w http.ResponseWriter, r *http.Request) {
	number := r.PathValue("number")
	if !houseNumber.MatchString(number) {
		problem(w, http.StatusNotFound, "there is no such number")
		return
	}
	f, err := p.Forwards.Forwards(r.Context(), number)
	if err != nil {
		p.refused(w, "number", err)
		return
	}
	reply(w, http.StatusOK, f)
}

func (p *Portal) writeForwards(w http.ResponseWriter, r *http.Request) {
	number := r.PathValue("number")
	if !houseNumber.MatchString(number) {
		problem(w, http.StatusNotFound, "there is no such number")
		return
	}
	var f Forwarding
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		problem(w, http.StatusBadRequest, "send always, busy, none, absent (where to, or empty) and dnd (true or false): "+err.Error())
		return
	}
	for _, to := range []string{f.Always, f.Busy, f.None, f.Absent} {
		if !forwardTo.MatchString(to) {
			problem(w, http.StatusBadRequest, "a forward leads to a number: write its digits as a phone of the house dials them")
			return
		}
	}
	if err := p.Forwards.SetForwards(r.Context(), number, f); err != nil {
		p.refused(w, "number", err)
		return
	}
	p.readForwards(w, r)
}

func (p *Portal) codes(w http.ResponseWriter, r *http.Request) {
	list, err := p.Forwards.Functions()
	if err != nil {
		p.refused(w, "code", err)
		return
	}
	reply(w, http.StatusOK, list)
}

// forwardChanges is nil, which never gives anything, when nobody mirrors forwards.
func (p *Portal) forwardChanges(ctx context.Context) <-chan string {
	if p.Forwards == nil {
		return nil
	}
	return p.Forwards.ForwardChanges(ctx)
}
