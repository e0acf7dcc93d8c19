package portal

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
	"autocom/portal/account"
)

// ownHouse keeps messages and forwards of 201 and 203, and notes what is done.
type ownHouse struct {
	did []string
	set map[string]Forwarding
}

func (h *ownHouse) Messages(number string) ([]Message, error) {
	if number != "201" {
		return nil, fs.ErrNotExist
	}
	return []Message{
		{ID: "msg0001", From: "+237699112233", Name: "Garage <Central>", At: noon.Add(-50 * time.Minute), Seconds: 34},
		{ID: "msg0000", At: noon.Add(-26 * time.Hour), Seconds: 71, Heard: true},
	}, nil
}

func (h *ownHouse) Sound(string, string) ([]byte, error) { return silence(1), nil }

func (h *ownHouse) Heard(_ context.Context, number, id string, heard bool) error {
	h.did = append(h.did, "heard "+number+" "+id+" "+map[bool]string{true: "yes", false: "no"}[heard])
	return nil
}

func (h *ownHouse) Delete(_ context.Context, number, id string) error {
	h.did = append(h.did, "delete "+number+" "+id)
	return nil
}

func (h *ownHouse) Forwards(_ context.Context, number string) (Forwarding, error) {
	return h.set[number], nil
}

func (h *ownHouse) SetForwards(_ context.Context, number string, f Forwarding) error {
	h.set[number] = f
	return nil
}

func (h *ownHouse) Functions() ([]pbx.Function, error)           { return nil, nil }
func (h *ownHouse) ForwardChanges(context.Context) <-chan string { return nil }

// settle gives a portal somebody with two numbers.
func settle(t testing.TB, p *Portal) *ownHouse {
	t.Helper()
	h := &ownHouse{set: map[string]Forwarding{"201": {None: "*99201"}}}
	p.Mailboxes, p.Forwards = h, h
	return h
}

func TestOnesOwnPage(t *testing.T) {
	f, p := desk(t)
	staff(t, f, p)
	h := settle(t, p)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := asking(f.as(t, account.User))
	for lang, says := range map[string][]string{
		"fr": {"Numéro 201", "Numéro 203", "Messages vocaux", "1 à écouter", "numéro masqué", "1\u00a0min\u00a011\u00a0s", "Ne pas déranger", "Mes derniers appels", "Ma page"},
		"en": {"Number 201", "Voice messages", "1 to hear", "number withheld", "Do not disturb", "My last calls", "Change the password"},
	} {
		code, _, body := get(t, c, "GET", srv.URL+"/ui/me", "Accept-Language", lang)
		for _, s := range append(says, `src="/api/v1/me/numbers/201/messages/msg0001"`, "Garage &lt;Central&gt;", `value="*99201"`, "201 Awa Diop") {
			if code != 200 || !strings.Contains(body, s) {
				t.Errorf("%s: %d, %q is not on the page", lang, code, s)
			}
		}
		if strings.Contains(body, `href="/ui/calls/`) || rowsOf(body) != 2*someOwnCalls {
			t.Errorf("%s: %d calls, or a link to a page for supervisors", lang, rowsOf(body))
		}
	}
	if code, h, _ := get(t, c, "GET", srv.URL+"/api/v1/me/numbers/201/messages/msg0001"); code != 200 || h.Get("Content-Type") != "audio/wav" {
		t.Errorf("the sound of one's message: %d", code)
	}
	for _, tt := range []struct {
		path string
		form url.Values
		code int
		says string
	}{
		{"201/messages/msg0001/heard", nil, 200, "The message is marked as heard."},
		{"201/messages/msg0000/new", nil, 200, "The message is to be heard again."},
		{"201/messages/msg0000/delete", nil, 200, "The message is deleted."},
		{"201/messages/msg0000/burn", nil, 404, ""},
		{"202/messages/msg0000/delete", nil, 404, ""},
		{"203/forwards", url.Values{"always": {"677 12 34 56"}, "dnd": {"on"}}, 200, "The forwards are in place."},
		{"203/forwards", url.Values{"always": {"home"}}, 200, "A forward leads to a number"},
		{"202/forwards", url.Values{"always": {"677123456"}}, 404, ""},
	} {
		code, _, body := post(t, c, srv.URL+"/ui/me/"+tt.path, tt.form, "Accept-Language", "en")
		if code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d, want %d with %q", tt.path, code, tt.code, tt.says)
		}
	}
	if diff := cmp.Diff([]string{"heard 201 msg0001 yes", "heard 201 msg0000 no", "delete 201 msg0000"}, h.did); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(map[string]Forwarding{"201": {None: "*99201"}, "203": {Always: "677123456", DND: true}}, h.set); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
