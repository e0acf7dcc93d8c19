package portal

import (
	"net/url"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/portal/account"
)

func TestDayAndNightOfASupervisor(t *testing.T) {
	f, srv, _ := open(t)
	f.shelf.all = append(f.shelf.all, pbx.Object{Kind: "hours", ID: "main", Rev: 1, Name: "Bureau <1>", Body: []byte(`{}`)}, pbx.Object{Kind: "hours", ID: "down", Rev: 2, Name: "Atelier", Body: []byte(`{}`)})
	c := asking(f.as(t, account.Supervisor))
	code, _, body := get(t, c, "GET", srv.URL+"/ui/night", "Accept-Language", "fr")
	for _, s := range []string{"Jour et nuit", "Bureau &lt;1&gt;", "Ouvert", "D&#39;après l&#39;horloge.", "Le standard ne répond pas.", "on ne sait pas", `action="/ui/hours/main/night"`} {
		if code != 200 || !strings.Contains(body, s) {
			t.Errorf("%d, %q is not on the page", code, s)
		}
	}
	if strings.Contains(body, `action="/ui/hours/down/night"`) {
		t.Error("a switch of hours that nobody knows the state of")
	}
	for _, tt := range []struct {
		lang, hand, id string
		code           int
		says           string
	}{
		{"fr", "closed", "main", 200, "À la main"},
		{"en", "open", "main", 200, "By hand"},
		{"en", "auto", "main", 200, "By the clock."},
		{"en", "never", "main", 400, "hand is"},
		{"en", "open", "gone", 404, ""},
		{"fr", "open", "down", 200, "Le standard démarre"},
	} {
		code, _, body := post(t, c, srv.URL+"/ui/hours/"+tt.id+"/night", url.Values{"hand": {tt.hand}, "back": {"night"}}, "Accept-Language", tt.lang)
		if code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s: %d, want %d with %q\n%s", tt.id, tt.hand, code, tt.code, tt.says, body)
		}
		if tt.code == 200 && tt.id == "main" && f.studio().hand != tt.hand {
			t.Errorf("switched to %q, want %q", f.studio().hand, tt.hand)
		}
	}
	for _, role := range []account.Role{account.User, account.Agent} {
		if code, _, _ := get(t, asking(f.as(t, role)), "GET", srv.URL+"/ui/night"); code != 403 {
			t.Errorf("%s sees the page: %d", role, code)
		}
	}
}
