package portal

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"time"
)

// Mailboxes are the messages that callers left. An unknown box or message is an
// fs.ErrNotExist, what cannot be done now an ErrConflict.
type Mailboxes interface {
	Messages(number string) ([]Message, error) // the last one first
	Sound(number, id string) ([]byte, error)   // as a WAV file
	Heard(ctx context.Context, number, id string, heard bool) error
	Delete(ctx context.Context, number, id string) error
}

// Message is one of a box.
type Message struct {
	ID      string    `json:"id"`
	From    string    `json:"from"` // the caller's number; "" withheld
	Name    string    `json:"name"` // as the caller showed it
	At      time.Time `json:"at"`
	Seconds int       `json:"seconds"`
	Heard   bool      `json:"heard"`
}

func (p *Portal) voicemailRoutes() []route {
	at := "/api/v1/numbers/{number}/messages"
	return []route{
		{"GET " + at, p.messages, admin},
		{"GET " + at + "/{id}", p.messageSound, admin},
		{"PATCH " + at + "/{id}", p.messageHeard, admin},
		{"DELETE " + at + "/{id}", p.messageDelete, admin},
	}
}

func (p *Portal) messages(w http.ResponseWriter, r *http.Request) {
	list, err := p.Mailboxes.Messages(r.PathValue("number"))
	if p.mailboxed(w, err) {
		reply(w, http.StatusOK, list)
	}
}

// messageSound can be asked for in parts, as browsers do.
func (p *Portal) messageSound(w http.ResponseWriter, r *http.Request) {
	sound, err := p.Mailboxes.Sound(r.PathValue("number"), r.PathValue("id"))
	if !p.mailboxed(w, err) {
		return
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Cache-Control", "private, no-store")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(sound))
}

func (p *Portal) messageHeard(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Heard *bool `json:"heard"`
	}
	if !decode(w, r, &body, false) {
		return
	}
	if body.Heard == nil {
		problem(w, http.StatusBadRequest, "heard is to be true or false")
		return
	}
	if p.mailboxed(w, p.Mailboxes.Heard(r.Context(), r.PathValue("number"), r.PathValue("id"), *body.Heard)) {
		w.WriteHeader(http.StatusNoContent)
	}
}

func (p *Portal) messageDelete(w http.ResponseWriter, r *http.Request) {
	if p.mailboxed(w, p.Mailboxes.Delete(r.Context(), r.PathValue("number"), r.PathValue("id"))) {
		p.Log.Info("a message was deleted by the API", "number", r.PathValue("number"))
		w.WriteHeader(http.StatusNoContent)
	}
}

// mailboxed answers what went wrong.
func (p *Portal) mailboxed(w http.ResponseWriter, err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such mailbox or message")
	default:
		p.refused(w, "mailbox", err)
	}
	return false
}
