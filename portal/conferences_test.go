package portal

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/provision"
)

// rooms are conferences and refused callers as the exchange has them.
type rooms struct {
	told  []string
	black []BlackNumber
	songs map[string]string // by music and name
	down  bool
}

func (r *rooms) Room(_ context.Context, id string) (Room, error) {
	if r.down {
		return Room{}, fmt.Errorf("%w: asterisk does not answer now", ErrConflict)
	}
	if id == "empty" {
		return Room{}, nil
	}
	return Room{Members: []RoomMember{{ID: "PJSIP/a-1-01", Number: "201", Name: "Aïcha", Leader: true, Seconds: 9}}}, nil
}

func (r *rooms) TellRoom(_ context.Context, id, verb, member string) error {
	if member == "PJSIP/b-1-01" {
		return fs.ErrNotExist
	}
	r.told = append(r.told, id+" "+verb+" "+member)
	return nil
}

func (r *rooms) Blacklisted(context.Context) ([]BlackNumber, error) { return r.black, nil }

func (r *rooms) Blacklist(_ context.Context, number string) error {
	r.black = append(r.black, BlackNumber{number, time.Unix(1795000000, 0).UTC()})
	return nil
}

func (r *rooms) Forgive(_ context.Context, number string) error {
	i := slices.IndexFunc(r.black, func(b BlackNumber) bool { return b.Number == number })
	if i < 0 {
		return fs.ErrNotExist
	}
	r.black = slices.Delete(r.black, i, i+1)
	return nil
}

func (r *rooms) Song(_ context.Context, id, name string) ([]byte, error) {
	file, ok := r.songs[id+"/"+name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(file), nil
}

func (r *rooms) PutSong(_ context.Context, id, name string, file io.Reader) error {
	b, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	if strings.HasPrefix(string(b), "ID3") {
		return fmt.Errorf("%w: this is an MP3 file: save it as WAV first", ErrSound)
	}
	if r.songs == nil {
		r.songs = map[string]string{}
	}
	r.songs[id+"/"+name] = string(b)
	return nil
}

func (r *rooms) DropSong(_ context.Context, id, name string) error {
	if _, ok := r.songs[id+"/"+name]; !ok {
		return fs.ErrNotExist
	}
	delete(r.songs, id+"/"+name)
	return nil
}

func TestMusicIsUploaded(t *testing.T) {
	f, srv, c := open(t)
	f.shelf.all = append(f.shelf.all, pbx.Object{Kind: "music", ID: "jazz", Name: "Jazz", Body: []byte(`{"files":["one"]}`)})
	for _, tt := range []struct {
		what, method, path, body string
		code                     int
		says                     string
	}{
		{"upload", "PUT", "music/jazz/files/one", "RIFF and so on", 200, `"files":["one"]`},
		{"heard", "GET", "music/jazz/files/one", "", 200, "RIFF and so on"},
		{"an MP3", "PUT", "music/jazz/files/two", "ID3", 422, "save it as WAV first"},
		{"a path", "PUT", "music/jazz/files/..%2F..%2Fpasswd", "RIFF", 400, "small letters"},
		{"a hidden file", "PUT", "music/jazz/files/.new", "RIFF", 400, "small letters"},
		{"no music", "PUT", "music/rock/files/one", "RIFF", 404, "no music with that id"},
		{"no file", "GET", "music/jazz/files/two", "", 404, "there is no such file"},
		{"delete", "DELETE", "music/jazz/files/one", "", 204, ""},
		{"delete again", "DELETE", "music/jazz/files/one", "", 404, "there is no such file"},
	} {
		r, err := http.NewRequest(tt.method, srv.URL+"/api/v1/"+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.code || !strings.Contains(string(sent), tt.says) {
			t.Errorf("%s: %d %s\nwant %d with %s", tt.what, resp.StatusCode, sent, tt.code, tt.says)
		}
	}
}

func TestRoomsOfNow(t *testing.T) {
	f, srv, c := open(t)
	for _, id := range []string{"board", "empty"} {
		f.shelf.all = append(f.shelf.all, pbx.Object{Kind: "conference", ID: id, Body: []byte(`{"pin":"4711"}`)})
	}
	const person = `{"id":"PJSIP/a-1-01","number":"201","name":"Aïcha","leader":true,"muted":false,"waiting":false,"seconds":9}`
	for _, tt := range []struct {
		what, method, path, body string
		code                     int
		says                     string
	}{
		{"who is there", "GET", "conferences/board/live", "", 200, `{"locked":false,"members":[` + person + `]}`},
		{"nobody", "GET", "conferences/empty/live", "", 200, `{"locked":false,"members":[]}`},
		{"no room", "GET", "conferences/none/live", "", 404, "no conference with that id"},
		{"throw out", "POST", "conferences/board/kick", `{"member":"PJSIP/a-1-01"}`, 200, person},
		{"throw out everybody", "POST", "conferences/board/kick", `{}`, 400, "member is the id"},
		{"a second action", "POST", "conferences/board/mute", `{"member":"a\r\nAction: x"}`, 400, "member is the id"},
		{"who has gone", "POST", "conferences/board/unmute", `{"member":"PJSIP/b-1-01"}`, 404, "no such member"},
		{"lock", "POST", "conferences/board/lock", "", 200, person},
		{"lock somebody", "POST", "conferences/board/unlock", `{"member":"PJSIP/a-1-01"}`, 400, "member is the id"},
		{"the PIN is the owner's to read", "GET", "conferences/board", "", 200, `"pin":"4711"`},
		{"nobody refused", "GET", "blacklisted", "", 200, "[]"},
		{"refuse", "PUT", "blacklisted/33899123456", "", 204, ""},
		{"refused", "GET", "blacklisted", "", 200, `[{"number":"33899123456","added":"2026-11-18T11:06:40Z"}]`},
		{"no number", "PUT", "blacklisted/+33", "", 400, "3 to 20 digits"},
		{"forgive", "DELETE", "blacklisted/33899123456", "", 204, ""},
		{"forgive again", "DELETE", "blacklisted/33899123456", "", 404, "no such number"},
		{"who is who", "GET", "directory", "", 200, `[{"number":"201","name":"Aïcha"}]`},
	} {
		r, err := http.NewRequest(tt.method, srv.URL+"/api/v1/"+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if body := strings.TrimSpace(string(sent)); err != nil || resp.StatusCode != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d %s\nwant %d with %s", tt.what, resp.StatusCode, body, tt.code, tt.says)
		}
	}
	if want := []string{"board kick PJSIP/a-1-01", "board lock "}; !slices.Equal(f.rooms.told, want) {
		t.Errorf("told %q, want %q", f.rooms.told, want)
	}
	f.rooms.down = true
	resp, err := c.Do(authorized(t, srv.URL+"/api/v1/conferences/board/live"))
	if err != nil || resp.StatusCode != 409 {
		t.Errorf("asterisk is down: %v %v", resp, err)
	}
}

func authorized(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	return r
}

func someDirectory() []provision.Entry { return []provision.Entry{{Number: "201", Name: "Aïcha"}} }
