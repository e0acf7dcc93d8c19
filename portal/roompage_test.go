package portal

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/portal/account"
)

func TestTheConferencesNow(t *testing.T) {
	f, p := desk(t)
	house := &rooms{}
	p.Conferences = house
	f.shelf.all = append(f.shelf.all, pbx.Object{Kind: "conference", ID: "board", Rev: 1, Number: "630", Name: "Direction <1>", Body: []byte(`{}`)}, pbx.Object{Kind: "conference", ID: "empty", Rev: 2, Number: "631", Body: []byte(`{}`)})
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := asking(f.as(t, account.Supervisor))
	for lang, says := range map[string][]string{
		"fr": {"Conférences en cours", "Direction &lt;1&gt;", "Aïcha", "préside", "1 dedans", "vide", `action="/ui/rooms/board/mute"`, `value="PJSIP/a-1-01"`, "Fermer à clé"},
		"en": {"Conferences now", "leads", "1 inside", "empty", "Put out", "Lock"},
	} {
		code, _, body := get(t, c, "GET", srv.URL+"/ui/rooms", "Accept-Language", lang)
		for _, s := range says {
			if code != 200 || !strings.Contains(body, s) {
				t.Errorf("%s: %d, %q is not on the page", lang, code, s)
			}
		}
	}
	for _, tt := range []struct {
		path, member, lang string
		code               int
		says               string
	}{
		{"board/kick", "PJSIP/a-1-01", "fr", 200, "plus dans la conférence"},
		{"board/mute", "PJSIP/a-1-01", "en", 200, "They are muted."},
		{"board/lock", "", "fr", 200, "fermée à clé"},
		{"board/lock", "PJSIP/a-1-01", "fr", 404, ""},
		{"board/kick", "", "fr", 404, ""},
		{"board/unmute", "PJSIP/b-1-01", "fr", 404, ""},
		{"board/shout", "PJSIP/a-1-01", "fr", 404, ""},
		{"gone/lock", "", "fr", 404, ""},
	} {
		code, _, body := post(t, c, srv.URL+"/ui/rooms/"+tt.path, url.Values{"member": {tt.member}}, "Accept-Language", tt.lang)
		if code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s %q: %d, want %d with %q", tt.path, tt.member, code, tt.code, tt.says)
		}
	}
	if want := []string{"board kick PJSIP/a-1-01", "board mute PJSIP/a-1-01", "board lock "}; !slices.Equal(house.told, want) {
		t.Errorf("told %q, want %q", house.told, want)
	}
	house.down = true
	if _, _, body := get(t, c, "GET", srv.URL+"/ui/rooms", "Accept-Language", "fr"); !strings.Contains(body, "Le standard ne répond pas.") || strings.Contains(body, "/ui/rooms/board/lock") {
		t.Error("without Asterisk the page has switches, or says nothing")
	}
	if code, _, _ := get(t, asking(f.as(t, account.Agent)), "GET", srv.URL+"/ui/rooms"); code != 403 {
		t.Errorf("an agent sees the rooms: %d", code)
	}
}
