package portal

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"autocom/pbx/calls"
	"autocom/portal/account"
)

// openBusy is a box in the middle of a busy day, and somebody who looks after it.
func openBusy(t testing.TB) (*busyDay, *Portal, *httptest.Server, *http.Client) {
	t.Helper()
	f, p := desk(t)
	d := staff(t, f, p)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	return d, p, srv, asking(f.as(t, account.Admin))
}

// asking sends a cookie with every request.
func asking(session *http.Cookie) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		r.AddCookie(session)
		return http.DefaultTransport.RoundTrip(r)
	})}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func rowsOf(body string) int { return strings.Count(body, `<td class="when">`) }

func TestTheListOfCalls(t *testing.T) {
	d, _, srv, c := openBusy(t)
	missed := slices.IndexFunc(d.calls, func(x calls.Call) bool { return x.Result == "missed" })
	for _, tt := range []struct {
		name, query, lang string
		code, rows        int
		says              []string
	}{
		{"the latest fifty in French", "", "fr", 200, 50, []string{"Appels", "Plus anciens", "répondu", "sans réponse", "Accueil"}},
		{"and in English", "", "en", 200, 50, []string{"Calls", "Older", "answered", "missed"}},
		{"somebody's number, as people write it", "q=" + url.QueryEscape(spaced(d.calls[missed].From.Number)), "en", 200, 1, []string{"missed", `value="` + strings.ReplaceAll(spaced(d.calls[missed].From.Number), "+", "&#43;") + `"`, "Show all"}},
		{"a name with a sign of HTML", "q=" + url.QueryEscape("<central>"), "en", 200, min(50, len(d.found(CallQuery{Name: "<central>"}))), []string{"Garage &lt;Central&gt;"}},
		{"a day without calls", "from=2020-01-01&to=2020-01-02", "fr", 200, 0, []string{"Aucun appel ne correspond."}},
		{"inside calls", "direction=internal", "en", 200, min(50, len(d.found(CallQuery{Direction: "internal"}))), []string{"206 Ibrahim Moussa"}},
		{"what nobody answered in a queue", "result=unanswered&queue=sav", "en", 200, min(50, len(d.found(CallQuery{Queue: "sav", Results: []string{"missed"}}))), []string{"Service après-vente"}},
		{"a day that is none", "from=yesterday", "fr", 400, 0, []string{"Cette recherche ne se comprend pas"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, h, body := get(t, c, "GET", srv.URL+"/ui/calls?"+tt.query, "Accept-Language", tt.lang)
			if code != tt.code || rowsOf(body) != tt.rows {
				t.Errorf("%d with %d calls, want %d with %d", code, rowsOf(body), tt.code, tt.rows)
			}
			for _, s := range tt.says {
				if !strings.Contains(body, s) {
					t.Errorf("%q is not on the page", s)
				}
			}
			if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("policy %q", csp)
			}
			if strings.Contains(body, "style=") || strings.Contains(body, "<script>") || strings.Contains(body, "Garage <Central>") {
				t.Error("the page has a style, a script or a sign of HTML of a caller's in it")
			}
		})
	}
}

// spaced writes a number as people do: "+237 6 99…".
func spaced(number string) string { return number[:4] + " " + number[4:5] + " " + number[5:] }

func TestOlderCallsFollowWithoutAGap(t *testing.T) {
	d, _, srv, c := openBusy(t)
	link := regexp.MustCompile(`href="(/ui/calls\?[^"]*)" rel="next"`)
	seen, at := 0, "/ui/calls?queue=accueil"
	for range 40 {
		_, _, body := get(t, c, "GET", srv.URL+at)
		seen += rowsOf(body)
		m := link.FindStringSubmatch(body)
		if m == nil {
			break
		}
		if at = strings.ReplaceAll(m[1], "&amp;", "&"); !strings.Contains(at, "queue=accueil") {
			t.Fatalf("the search is lost: %s", at)
		}
	}
	if want := len(d.found(CallQuery{Queue: "accueil"})); seen != want {
		t.Errorf("%d calls on all pages, want %d", seen, want)
	}
}

func TestTheCSVIsOfTheSameSearch(t *testing.T) {
	d, _, srv, c := openBusy(t)
	_, _, page := get(t, c, "GET", srv.URL+"/ui/calls?q=fotso&direction=in")
	m := regexp.MustCompile(`href="(/api/v1/calls\?[^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no link to the CSV")
	}
	code, h, body := get(t, c, "GET", srv.URL+strings.ReplaceAll(m[1], "&amp;", "&"))
	want := len(d.found(CallQuery{Name: "fotso", Direction: "in"}))
	if got := strings.Count(body, "\r\n") - 1; code != 200 || !strings.HasPrefix(h.Get("Content-Type"), "text/csv") || got != want || want == 0 {
		t.Errorf("%d %s with %d rows, want %d", code, h.Get("Content-Type"), got, want)
	}
}

func TestACallInWords(t *testing.T) {
	d, _, srv, c := openBusy(t)
	i := slices.IndexFunc(d.calls, func(x calls.Call) bool {
		return len(x.Transfers) > 0 && len(x.Recordings) > 0 && x.AnsweredBy.Number == "203"
	})
	x := d.calls[i]
	for lang, says := range map[string][]string{
		"fr": {"203 Awa &lt;Ngo&gt; répond, après", "d&#39;attente dans la file", "203 Awa &lt;Ngo&gt; passe l&#39;appel à 205", "205 Marie Essomba répond, après 7\u00a0s de sonnerie", "Fin de l&#39;appel", "Camtel", "Télécharger"},
		"en": {"203 Awa &lt;Ngo&gt; answers, after", "in the queue", "passes the call on to 205", "205 Marie Essomba answers, after ringing for 7\u00a0s", "End of the call", "Download"},
	} {
		_, _, body := get(t, c, "GET", srv.URL+"/ui/calls/"+x.ID, "Accept-Language", lang)
		for _, s := range append(says, `<audio controls preload="none" src="/api/v1/calls/`+x.ID+`/recording?n=0"`) {
			if !strings.Contains(body, s) {
				t.Errorf("%s: %q is not on the page", lang, s)
			}
		}
	}
	if code, _, _ := get(t, c, "GET", srv.URL+"/api/v1/calls/"+x.ID+"/recording?n=0"); code != 200 {
		t.Errorf("the recording: %d", code)
	}
	for _, id := range []string{"no-such.1", "%2e%2e", strings.Repeat("x", 90)} {
		if code, _, _ := get(t, c, "GET", srv.URL+"/ui/calls/"+id); code != 404 {
			t.Errorf("%s: %d, want 404", id, code)
		}
	}
}

func TestErasingACall(t *testing.T) {
	d, _, srv, c := openBusy(t)
	i := slices.IndexFunc(d.calls, func(x calls.Call) bool { return len(x.Recordings) > 0 })
	id := d.calls[i].ID
	if code, _, body := post(t, c, srv.URL+"/ui/calls/"+id+"/silence", nil, "Accept-Language", "en"); code != 200 || strings.Contains(body, "<audio") || !strings.Contains(body, "The recordings are erased.") {
		t.Errorf("after erasing the sound: %d\n%s", code, body)
	}
	if code, _, body := post(t, c, srv.URL+"/ui/calls/"+id+"/forget", nil, "Accept-Language", "fr"); code != 200 || !strings.Contains(body, "L&#39;appel est effacé.") || strings.Contains(body, id) {
		t.Errorf("after erasing the call: %d", code)
	}
	if code, _, _ := post(t, c, srv.URL+"/ui/calls/"+id+"/burn", nil); code != 404 {
		t.Errorf("an unknown button: %d", code)
	}
}
