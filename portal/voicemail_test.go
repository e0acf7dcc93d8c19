package portal

import (
	"context"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// boxOf201 has one message.
type boxOf201 struct{ did []string }

func (b *boxOf201) find(number, id string) error {
	if number != "201" || id != "17-0" {
		return fs.ErrNotExist
	}
	return nil
}

func (b *boxOf201) Messages(number string) ([]Message, error) {
	return []Message{{ID: "17-0", From: "677", Name: "x", At: noon, Seconds: 5}}, b.find(number, "17-0")
}

func (b *boxOf201) Sound(number, id string) ([]byte, error) {
	return []byte("RIFF 0123456789"), b.find(number, id)
}

func (b *boxOf201) Heard(_ context.Context, number, id string, heard bool) error {
	b.did = append(b.did, fmt.Sprint(number, id, heard))
	return b.find(number, id)
}

func (b *boxOf201) Delete(_ context.Context, number, id string) error {
	b.did = append(b.did, "delete "+number+" "+id)
	if len(b.did) > 2 {
		return fmt.Errorf("%w: somebody listens", ErrConflict)
	}
	return b.find(number, id)
}

func TestMessagesByTheAPI(t *testing.T) {
	box := &boxOf201{}
	p, err := New(Config{Key: key, Now: func() time.Time { return noon }, Log: unlogged, Devices: &fake{}, Desk: &fake{}, Mailboxes: box})
	if err != nil {
		t.Fatal(err)
	}
	at := "/api/v1/numbers/"
	cases := []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"GET", at + "201/messages", "", 200, `"id":"17-0","from":"677"`},
		{"GET", at + "299/messages", "", 404, "no such mailbox"},
		{"GET", at + "201/messages/17-0", "", 200, "RIFF"},
		{"GET", at + "201/messages/..%2f..%2fetc%2fpasswd", "", 404, "no such mailbox or message"},
		{"PATCH", at + "201/messages/17-0", `{"heard":true}`, 204, ""},
		{"PATCH", at + "201/messages/17-0", `{}`, 400, "true or false"},
		{"PATCH", at + "201/messages/17-0", `{"herd":true}`, 400, ""},
		{"DELETE", at + "201/messages/17-0", "", 204, ""},
		{"DELETE", at + "201/messages/17-0", "", 409, "somebody listens"},
	}
	for _, c := range cases {
		r, w := request(c.method, c.path, c.body)
		p.ServeHTTP(w, r)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, w.Code, w.Body, c.code, c.says)
		}
	}
	r, w := request("GET", at+"201/messages/17-0", "")
	r.Header.Set("Range", "bytes=0-3")
	p.ServeHTTP(w, r)
	if w.Code != 206 || w.Body.String() != "RIFF" || w.Header().Get("Content-Type") != "audio/wav" {
		t.Errorf("a part: %d %q %s", w.Code, w.Body, w.Header().Get("Content-Type"))
	}
	strange := httptest.NewRequest("GET", at+"201/messages", nil)
	w = httptest.NewRecorder()
	p.ServeHTTP(w, strange)
	if w.Code != 401 {
		t.Errorf("without the key: %d", w.Code)
	}
}
