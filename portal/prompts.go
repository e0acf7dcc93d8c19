package portal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Sound is one variant of a prompt.
type Sound struct {
	Language string  `json:"language"` // "fr", "en"; "" for everybody who has no variant of their own
	Seconds  float64 `json:"seconds"`
	From     string  `json:"from"` // "upload" or "phone"
}

// Prompts keeps the sounds of prompts. An unknown prompt or variant is an fs.ErrNotExist;
// a file that cannot be played an ErrSound with the remedy.
type Prompts interface {
	Sounds(ctx context.Context, id string) ([]Sound, error)
	// Sound is the file of a variant, a WAV.
	Sound(ctx context.Context, id, language string) ([]byte, error)
	// PutSound takes a WAV of any usual form. One without a language replaces all variants.
	PutSound(ctx context.Context, id, language string, file io.Reader) error
	// DropSound takes away one variant, or all of them with language "".
	DropSound(ctx context.Context, id, language string) error
}

// ErrSound marks a file that cannot be played: the API answers 422 with the remedy.
var ErrSound = errors.New("the sound cannot be used")

// uploadWithin is how long an upload may take: 30 MB over a slow Wi-Fi.
const uploadWithin = 5 * time.Minute

// promptRoutes are the paths of sounds; what a prompt is besides, is an object.
func (p *Portal) promptRoutes() []route {
	return []route{
		{"GET /api/v1/prompts/{id}/sounds", p.listSounds, admin},
		{"GET /api/v1/prompts/{id}/sound", p.getSound, admin},
		{"POST /api/v1/prompts/{id}/sound", p.putSound, admin},
		{"PUT /api/v1/prompts/{id}/sound", p.putSound, admin},
		{"DELETE /api/v1/prompts/{id}/sound", p.dropSound, admin},
	}
}

// language is the variant that a request means.
func language(w http.ResponseWriter, r *http.Request) (string, bool) {
	l := r.URL.Query().Get("language")
	if l != "" && l != "fr" && l != "en" {
		problem(w, http.StatusBadRequest, "language: use fr or en, or leave it out")
		return "", false
	}
	return l, true
}

func (p *Portal) listSounds(w http.ResponseWriter, r *http.Request) {
	sounds, err := p.Prompts.Sounds(r.Context(), r.PathValue("id"))
	if err != nil {
		p.noSound(w, err)
		return
	}
	if sounds == nil {
		sounds = []Sound{}
	}
	reply(w, http.StatusOK, sounds)
}

func (p *Portal) getSound(w http.ResponseWriter, r *http.Request) {
	l, ok := language(w, r)
	if !ok {
		return
	}
	file, err := p.Prompts.Sound(r.Context(), r.PathValue("id"), l)
	if err != nil {
		p.noSound(w, err)
		return
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	w.Header().Set("Cache-Control", "no-store")
	w.Write(file)
}

// putSound takes the file as the body, or as the field "file" of a form.
func (p *Portal) putSound(w http.ResponseWriter, r *http.Request) {
	l, ok := language(w, r)
	if !ok {
		return
	}
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadWithin))
	var file io.Reader = r.Body
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		parts, err := r.MultipartReader()
		if err != nil {
			problem(w, http.StatusBadRequest, "the form cannot be read: send the WAV file as the body")
			return
		}
		for {
			part, err := parts.NextPart()
			if err != nil {
				problem(w, http.StatusBadRequest, `the form has no field "file": send the WAV file there, or as the body`)
				return
			}
			if part.FormName() == "file" {
				file = part
				break
			}
		}
	}
	id := r.PathValue("id")
	if err := p.Prompts.PutSound(r.Context(), id, l, file); err != nil {
		p.noSound(w, err)
		return
	}
	p.Log.Info("prompt uploaded", "id", id, "language", l)
	p.listSounds(w, r)
}

func (p *Portal) dropSound(w http.ResponseWriter, r *http.Request) {
	l, ok := language(w, r)
	if !ok {
		return
	}
	id := r.PathValue("id")
	if err := p.Prompts.DropSound(r.Context(), id, l); err != nil {
		p.noSound(w, err)
		return
	}
	p.Log.Info("prompt emptied", "id", id, "language", l)
	w.WriteHeader(http.StatusNoContent)
}

// noSound answers an error.
func (p *Portal) noSound(w http.ResponseWriter, err error) {
	if errors.Is(err, ErrSound) {
		problem(w, http.StatusUnprocessableEntity, strings.TrimPrefix(err.Error(), ErrSound.Error()+": "))
		return
	}
	p.refused(w, "prompt or sound", err)
}
