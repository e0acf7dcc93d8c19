package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// studio keeps sounds and switches as the box would.
type studio struct {
	sounds map[string]string // by language, of the prompt "welcome"
	hand   string            // of the hours "main"
}

func (f *fake) studio() *studio {
	if f.sounds == nil {
		f.sounds = &studio{sounds: map[string]string{}, hand: "auto"}
	}
	return f.sounds
}

func (s *studio) Sounds(_ context.Context, id string) ([]Sound, error) {
	if id != "welcome" {
		return nil, fmt.Errorf("prompt %q: %w", id, fs.ErrNotExist)
	}
	var out []Sound
	for _, l := range []string{"fr", "en", ""} {
		if file, ok := s.sounds[l]; ok {
			out = append(out, Sound{l, float64(len(file)), "upload"})
		}
	}
	return out, nil
}

func (s *studio) Sound(_ context.Context, id, language string) ([]byte, error) {
	file, ok := s.sounds[language]
	if id != "welcome" || !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(file), nil
}

func (s *studio) PutSound(_ context.Context, id, language string, file io.Reader) error {
	b, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	if strings.HasPrefix(string(b), "ID3") {
		return fmt.Errorf("%w: %w", ErrSound, errors.New("this is an MP3 file: save it as WAV first"))
	}
	s.sounds[language] = string(b)
	return nil
}

func (s *studio) DropSound(_ context.Context, id, language string) error {
	delete(s.sounds, language)
	return nil
}

func (s *studio) Night(_ context.Context, id string) (Night, error) {
	switch id {
	case "main":
		return Night{State: "open", Hand: s.hand}, nil
	case "down":
		return Night{}, fmt.Errorf("%w: the telephone exchange is starting: try again in a minute", ErrConflict)
	}
	return Night{}, fs.ErrNotExist
}

func (s *studio) SwitchNight(ctx context.Context, id, hand string) error {
	if _, err := s.Night(ctx, id); err != nil {
		return err
	}
	s.hand = hand
	return nil
}

func TestSoundsAndSwitches(t *testing.T) {
	f, srv, c := open(t)
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	m.WriteField("note", "x")
	part, _ := m.CreateFormFile("file", "accueil.wav")
	part.Write([]byte("RIFFform"))
	m.Close()
	const json = "application/json"
	for _, tt := range []struct {
		what, method, path, kind, body string
		code                           int
		says                           string
	}{
		{"none yet", "GET", "prompts/welcome/sounds", "", "", 200, "[]"},
		{"nothing to hear", "GET", "prompts/welcome/sound", "", "", 404, "no such prompt"},
		{"of nobody", "GET", "prompts/gone/sounds", "", "", 404, "no such prompt"},
		{"upload", "POST", "prompts/welcome/sound?language=fr", "audio/wav", "RIFFfr", 200, `[{"language":"fr","seconds":6,"from":"upload"}]`},
		{"upload again", "PUT", "prompts/welcome/sound?language=fr", "audio/wav", "RIFFfrancais", 200, `"seconds":12`},
		{"upload by a form", "POST", "prompts/welcome/sound", m.FormDataContentType(), form.String(), 200, `{"language":"","seconds":8,"from":"upload"}`},
		{"a form without a file", "POST", "prompts/welcome/sound", "multipart/form-data; boundary=x", "--x--\r\n", 400, `no field \"file\"`},
		{"hear it", "GET", "prompts/welcome/sound", "", "", 200, "RIFFform"},
		{"an MP3", "POST", "prompts/welcome/sound", "audio/mpeg", "ID3\x04", 422, "this is an MP3 file: save it as WAV first"},
		{"a language of nobody", "POST", "prompts/welcome/sound?language=de", "audio/wav", "RIFF", 400, "use fr or en"},
		{"a language of another folder", "GET", "prompts/welcome/sound?language=../fr", "", "", 400, "use fr or en"},
		{"take one away", "DELETE", "prompts/welcome/sound?language=fr", "", "", 204, ""},
		{"it is gone", "GET", "prompts/welcome/sound?language=fr", "", "", 404, ""},

		{"open or closed", "GET", "hours/main/night", "", "", 200, `{"state":"open","hand":"auto"}`},
		{"switch", "PUT", "hours/main/night", json, `{"hand":"closed"}`, 200, `"hand":"closed"`},
		{"to nothing known", "PUT", "hours/main/night", json, `{"hand":"night"}`, 400, "use open, closed or auto"},
		{"of nobody", "PUT", "hours/gone/night", json, `{"hand":"open"}`, 404, "no such hours"},
		{"while the exchange starts", "PUT", "hours/down/night", json, `{"hand":"open"}`, 409, "the telephone exchange is starting"},
	} {
		r, err := http.NewRequest(tt.method, srv.URL+"/api/v1/"+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		if tt.kind != "" {
			r.Header.Set("Content-Type", tt.kind)
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != tt.code || !strings.Contains(string(body), tt.says) {
			t.Errorf("%s: %d %s\nwant %d with %s", tt.what, resp.StatusCode, body, tt.code, tt.says)
		}
	}
	if f.sounds.hand != "closed" {
		t.Errorf("the switch is at %s", f.sounds.hand)
	}
}
