package portal

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"time"

	"autocom/pbx"
)

// Musics keeps the files of musics. An unknown music or file is an fs.ErrNotExist; a file
// that cannot be played an ErrSound with the remedy; one too many an ErrConflict.
type Musics interface {
	Song(ctx context.Context, id, name string) ([]byte, error)
	PutSong(ctx context.Context, id, name string, file io.Reader) error
	DropSong(ctx context.Context, id, name string) error
}

// musicRoutes are the paths of files; what a music is besides, is an object.
func (p *Portal) musicRoutes() []route {
	return []route{
		{"GET /api/v1/music/{id}/files/{name}", p.getSong, admin},
		{"PUT /api/v1/music/{id}/files/{name}", p.putSong, admin},
		{"DELETE /api/v1/music/{id}/files/{name}", p.dropSong, admin},
	}
}

// musicOf finds the collection of musics.
var musicOf = collections[slices.IndexFunc(collections, func(c collection) bool { return c.kind == pbx.KindMusic })]

// songName is the form of a file's name, without its ending.
var songName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// song is the file that a request means.
func (p *Portal) song(w http.ResponseWriter, r *http.Request) (id, name string, ok bool) {
	id, name = r.PathValue("id"), r.PathValue("name")
	if _, ok := p.objectOf(w, musicOf, id); !ok {
		return id, name, false
	}
	if !songName.MatchString(name) {
		problem(w, http.StatusBadRequest, "the name of a file is 1 to 64 small letters, digits, - or _, without an ending")
		return id, name, false
	}
	return id, name, true
}

func (p *Portal) getSong(w http.ResponseWriter, r *http.Request) {
	id, name, ok := p.song(w, r)
	if !ok {
		return
	}
	file, err := p.Musics.Song(r.Context(), id, name)
	if err != nil {
		p.refused(w, "file of music "+id, err)
		return
	}
	w.Header().Set("Content-Type", "audio/wav")
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	w.Header().Set("Cache-Control", "no-store")
	w.Write(file)
}

// putSong takes the file as the body, and answers with the music.
func (p *Portal) putSong(w http.ResponseWriter, r *http.Request) {
	id, name, ok := p.song(w, r)
	if !ok {
		return
	}
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadWithin))
	if err := p.Musics.PutSong(r.Context(), id, name, r.Body); err != nil {
		p.noSound(w, err)
		return
	}
	p.Log.Info("music uploaded", "id", id, "file", name)
	p.getObject(musicOf)(w, r)
}

func (p *Portal) dropSong(w http.ResponseWriter, r *http.Request) {
	id, name, ok := p.song(w, r)
	if !ok {
		return
	}
	if err := p.Musics.DropSong(r.Context(), id, name); err != nil {
		p.refused(w, fmt.Sprintf("file of music %s", id), err)
		return
	}
	p.Log.Info("music deleted", "id", id, "file", name)
	w.WriteHeader(http.StatusNoContent)
}
