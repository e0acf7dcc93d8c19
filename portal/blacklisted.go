package portal

import (
	"context"
	"net/http"
	"regexp"
	"time"
)

// Blacklisted are the callers that were refused from a phone, by the code for the last
// caller: Asterisk keeps them, beside the lists that are objects.
type Blacklisted interface {
	Blacklisted(context.Context) ([]BlackNumber, error)
	Blacklist(ctx context.Context, number string) error
	Forgive(ctx context.Context, number string) error // an fs.ErrNotExist when it is not there
}

// BlackNumber is one of them.
type BlackNumber struct {
	Number string    `json:"number"` // digits with the country code, without + or 00
	Added  time.Time `json:"added"`
}

var blackNumber = regexp.MustCompile(`^[0-9]{3,20}$`)

func (p *Portal) listBlacklisted(w http.ResponseWriter, r *http.Request) {
	list, err := p.Blacklisted.Blacklisted(r.Context())
	if err != nil {
		p.refused(w, "number", err)
		return
	}
	if list == nil {
		list = []BlackNumber{}
	}
	reply(w, http.StatusOK, list)
}

func (p *Portal) addBlacklisted(w http.ResponseWriter, r *http.Request) {
	number := r.PathValue("number")
	if !blackNumber.MatchString(number) {
		problem(w, http.StatusBadRequest, "a number is 3 to 20 digits, without + or 00 before it")
		return
	}
	if err := p.Blacklisted.Blacklist(r.Context(), number); err != nil {
		p.refused(w, "number", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *Portal) dropBlacklisted(w http.ResponseWriter, r *http.Request) {
	number := r.PathValue("number")
	if !blackNumber.MatchString(number) {
		problem(w, http.StatusNotFound, "there is no such number")
		return
	}
	if err := p.Blacklisted.Forgive(r.Context(), number); err != nil {
		p.refused(w, "number", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
