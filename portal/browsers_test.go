package portal

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// windows are browsers that ring.
type windows struct {
	all  []Browser
	bell chan struct{}
}

func (w *windows) Browsers() []Browser { return w.all }

func (w *windows) RemoveBrowser(_ context.Context, id string) error {
	for i, b := range w.all {
		if b.ID == id {
			w.all = append(w.all[:i:i], w.all[i+1:]...)
			return nil
		}
	}
	return fmt.Errorf("browser phone %q: %w", id, fs.ErrNotExist)
}

func (w *windows) BrowserChanges(context.Context) <-chan struct{} { return w.bell }

func TestBrowserPhonesAmongThePhones(t *testing.T) {
	_, p := desk(t)
	p.Browsers = &windows{all: []Browser{
		{ID: "soft-1", Number: "201", Name: "Awa <Ngo>", Person: "awa", Rings: true, Registered: true, Since: noon.Add(-2 * time.Minute)},
		{ID: "soft-2", Number: "202", Name: "Caisse", Rings: true},
		{ID: "soft-3", Number: "203", Name: "Paul"},
	}}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	cookies, _ := cookiejar.New(nil)
	c := &http.Client{Jar: cookies}
	enter(t, srv, c)
	for lang, says := range map[string][]string{
		"fr": {"Téléphones des navigateurs", "Awa &lt;Ngo&gt;", "11:58", `action="/ui/browsers/soft-2/remove"`, "le 203 est à quelqu&#39;un d&#39;autre"},
		"en": {"Browser phones", "203 is somebody else&#39;s", "Remove"},
	} {
		code, _, body := get(t, c, "GET", srv.URL+"/ui/phones", "Accept-Language", lang)
		for _, s := range says {
			if code != 200 || !strings.Contains(body, s) {
				t.Errorf("%s: %d, %q is not on the page", lang, code, s)
			}
		}
	}
	for path, want := range map[string]int{"?q=ngo": 1, "?q=nobody": 0, "?show=waiting": 0} {
		if _, _, body := get(t, c, "GET", srv.URL+"/ui/phones"+path); strings.Count(body, "/ui/browsers/") != want {
			t.Errorf("%s: %d browsers, want %d", path, strings.Count(body, "/ui/browsers/"), want)
		}
	}
	if code, _, body := get(t, c, "GET", srv.URL+"/api/v1/softphones"); code != 200 || !strings.Contains(body, `"since":"`+noon.Add(-2*time.Minute).Format(time.RFC3339)) || strings.Count(body, `"since"`) != 1 {
		t.Errorf("%d %s", code, body)
	}
	if code, _, body := post(t, c, srv.URL+"/ui/browsers/soft-2/remove", url.Values{}, "Accept-Language", "fr"); code != 200 || !strings.Contains(body, "plus de ligne") || strings.Contains(body, "soft-2") {
		t.Errorf("after it was removed: %d", code)
	}
	for _, tt := range []struct {
		path string
		code int
	}{{"soft-3", 204}, {"soft-3", 404}, {"soft-9", 404}} {
		if code, _, body := get(t, c, "DELETE", srv.URL+"/api/v1/softphones/"+tt.path, "Accept-Language", "fr"); code != tt.code || tt.code == 404 && !strings.Contains(body, "rien de tel") {
			t.Errorf("DELETE %s: %d %s, want %d", tt.path, code, body, tt.code)
		}
	}
}
