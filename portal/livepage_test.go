package portal

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
	"autocom/pbx/queue"
	"autocom/portal/account"
)

func TestAQueueNow(t *testing.T) {
	_, _, srv, c := openBusy(t)
	for lang, says := range map[string][]string{
		"fr": {"Qui attend", "Agents connectés", "en ligne", "&#43;237677123456 M. Fotso · depuis 11:58", "repas · depuis 11:39", "encore 0:09", "Peuvent se connecter", "Mettre en pause", "Boulangerie &lt;du&gt; Marché"},
		"en": {"Who waits", "Agents logged in", "on a call", "since 11:58", "repas · since 11:39", "0:09 left", "May log in", "Resume"},
	} {
		code, _, body := get(t, c, "GET", srv.URL+"/ui/live/accueil", "Accept-Language", lang)
		for _, s := range append(says, "0:47", "203", "Awa &lt;Ngo&gt;") {
			if code != 200 || !strings.Contains(body, s) {
				t.Errorf("%s: %d, %q is not on the page", lang, code, s)
			}
		}
		if code, _, body := get(t, c, "GET", srv.URL+"/ui/live", "Accept-Language", lang); code != 200 || strings.Count(body, `<section class="card glance"`) != 2 {
			t.Errorf("%s: all queues: %d", lang, code)
		}
	}
	if code, _, _ := get(t, c, "GET", srv.URL+"/ui/live/none"); code != 404 {
		t.Errorf("no such queue: %d", code)
	}
}

func TestASupervisorsButtons(t *testing.T) {
	d, _, srv, c := openBusy(t)
	for _, tt := range []struct {
		path, number, reason, lang string
		code                       int
		says                       string
	}{
		{"accueil/pause", "202", "2", "fr", 200, "202 Paul Etoundi est en pause."},
		{"accueil/unpause", "203", "", "en", 200, "203 Awa &lt;Ngo&gt; takes calls again."},
		{"accueil/login", "205", "", "fr", 200, "205 Marie Essomba est connecté."},
		{"accueil/logout", "201", "", "en", 200, "201 Awa Diop is logged out."},
		{"sav/logout", "206", "", "en", 200, "206 belongs to sav always"},
		{"sav/logout", "299", "", "en", 404, ""},
		{"accueil/fire", "201", "", "en", 404, ""},
		{"none/pause", "201", "", "en", 404, ""},
		{"accueil/pause", "201;DROP", "", "en", 404, ""},
	} {
		code, _, body := post(t, c, srv.URL+"/ui/live/"+tt.path, url.Values{"number": {tt.number}, "reason": {tt.reason}}, "Accept-Language", tt.lang)
		if code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s: %d, want %d with %q", tt.path, tt.number, code, tt.code, tt.says)
		}
	}
	want := []string{"pause 202 accueil 2", "unpause 203 accueil", "login 205 accueil", "logout 201 accueil", "logout 299 sav"}
	if diff := cmp.Diff(want, d.did); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTheAgentsPage(t *testing.T) {
	f, p := desk(t)
	d := staff(t, f, p)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	own := asking(f.as(t, account.Agent)) // Awa: 201 and 203
	for lang, says := range map[string][]string{
		"fr": {"en ligne", "&#43;237677123456", "M. Fotso", "Accueil · a attendu 14\u00a0s · depuis 11:58", "réunion", "Mes files", "Aujourd&#39;hui", "Appels pris"},
		"en": {"on a call", "M. Fotso", "Accueil · waited 14\u00a0s · since 11:58", "My queues", "Today", "Calls taken"},
	} {
		code, _, body := get(t, own, "GET", srv.URL+"/ui/agent", "Accept-Language", lang)
		for _, s := range says {
			if code != 200 || !strings.Contains(body, s) {
				t.Errorf("%s: %d, %q is not on the page", lang, code, s)
			}
		}
		if strings.Contains(body, "Etoundi") {
			t.Errorf("%s: an agent sees others", lang)
		}
	}
	for path, want := range map[string]int{"/ui/agent?number=203": 200, "/ui/agent?number=202": 404, "/ui/live": 403, "/ui/live/accueil": 403, "/ui/calls": 403, "/ui/wallboard": 200} {
		if code, _, _ := get(t, own, "GET", srv.URL+path); code != want {
			t.Errorf("an agent asks for %s: %d, want %d", path, code, want)
		}
	}
	if code, _, body := post(t, own, srv.URL+"/ui/agent/201/pause", url.Values{"reason": {"1"}}, "Accept-Language", "en"); code != 200 || !strings.Contains(body, "Take calls again") {
		t.Errorf("a pause: %d", code)
	}
	if code, _, _ := post(t, own, srv.URL+"/ui/agent/202/pause", url.Values{"reason": {"1"}}); code != 404 {
		t.Errorf("somebody else's pause: %d, want 404", code)
	}
	if diff := cmp.Diff([]string{"pause 201  1"}, d.did); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	// Whoever supervises sees all, and the wrap-up counts down.
	if _, _, body := get(t, asking(f.as(t, account.Supervisor)), "GET", srv.URL+"/ui/agent?number=204", "Accept-Language", "en"); !strings.Contains(body, "wrapping up") || !strings.Contains(body, `<b class="left">0:09</b>`) {
		t.Errorf("the wrap-up is not there\n%s", body)
	}
	pieces := followPage(t, own, srv.URL+"/ui/events/now?page=agent&number=201")
	untilPut(t, pieces, "agentnow", "paused")
	if err := d.Agent(t.Context(), "unpause", "201", "", ""); err != nil {
		t.Fatal(err)
	}
	untilPut(t, pieces, "agentnow", "M. Fotso")
}

// An agent who asks for the stream of a supervisor's page is sent nothing.
func TestAStreamKnowsWhoseItIs(t *testing.T) {
	f, p := desk(t)
	staff(t, f, p)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	at := srv.URL + "/ui/events/now?page=queue&id=accueil"
	untilPut(t, followPage(t, asking(f.as(t, account.Supervisor)), at), "callers", "237699001122")
	ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond) // two ticks
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", at, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := asking(f.as(t, account.Agent)).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // until we go
	if resp.StatusCode != 200 || !strings.HasPrefix(string(body), "retry:") || strings.Contains(string(body), "data:") {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
}

// The usual reasons are those of the exchange.
func TestPauseReasonsAreTheExchanges(t *testing.T) {
	f, p := desk(t)
	for lang := range map[string]bool{"fr": true, "en": true} {
		site := p.Site()
		site.Language = lang
		p.Site = always(site)
		settings, err := queue.DecodeSettings(pbx.Plan{Language: lang})
		if err != nil {
			t.Fatal(err)
		}
		var want []pauseReason
		for _, r := range settings.Reasons {
			want = append(want, pauseReason(r))
		}
		if diff := cmp.Diff(want, p.pauseReasons()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", lang, diff)
		}
	}
	f.shelf.all = append(f.shelf.all, pbx.Object{Kind: pbx.KindSettings, ID: "agents", Body: []byte(`{"reasons":[{"code":"7","name":"prière"}]}`)})
	if diff := cmp.Diff([]pauseReason{{"7", "prière"}}, p.pauseReasons()); diff != "" {
		t.Errorf("of the settings (-want +got)\n%s", diff)
	}
}

func always[T any](v T) func() T { return func() T { return v } }
