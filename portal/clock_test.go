package portal

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"autocom/portal/account"
)

// A board without a clock is behind again after a power cut: the page of the box takes the
// browser's time, and whoever asked stays logged in.
func TestThePageOfTheBoxSetsTheClock(t *testing.T) {
	f, p := desk(t)
	staff(t, f, p)
	machine := install(p)
	b := newBox(f)
	p.Box = b
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(u, []*http.Cookie{f.as(t, account.Admin)})
	if _, _, body := get(t, c, "GET", srv.URL+"/ui/system", "Accept-Language", "en"); strings.Contains(body, "data-clock") {
		t.Error("a synchronised clock can be set")
	}
	machine.state.Clock = "alone"
	if _, _, body := get(t, c, "GET", srv.URL+"/ui/system", "Accept-Language", "en"); !strings.Contains(body, fmt.Sprintf(`data-clock="%d" hidden`, f.now.UnixMilli())) || !strings.Contains(body, "No internet: the box counts the time by itself") {
		t.Errorf("the clock cannot be set:\n%s", body)
	}
	for what, tt := range map[string]struct {
		ahead time.Duration
		unset bool
		says  string
	}{
		"behind":                     {-time.Hour, false, "The clock was not set"},
		"a time server knows better": {time.Hour, true, "The clock was not set"},
		"400 days ahead":             {400 * 24 * time.Hour, false, "The box"},
	} {
		b.unset = tt.unset
		before := f.now
		code, _, body := post(t, c, srv.URL+"/ui/system/clock", url.Values{"now": {fmt.Sprint(before.Add(tt.ahead).UnixMilli())}}, "Accept-Language", "en")
		if code != 200 || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d\n%s", what, code, body)
		}
		if set := !f.now.Equal(before); set != (tt.says == "The box") {
			t.Errorf("%s: the clock went from %s to %s", what, before, f.now)
		}
	}
	if code, _, body := get(t, c, "GET", srv.URL+"/ui/phones", "Accept-Language", "en"); code != 200 || strings.Contains(body, `name="password"`) {
		t.Errorf("who set the clock is not logged in any more: %d", code)
	}
}
