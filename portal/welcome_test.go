package portal

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"autocom/pbx"

	"github.com/google/go-cmp/cmp"
)

// someBox is a machine at 192.168.1.10 beside a router.
type someBox struct {
	f      *fake
	site   pbx.Site
	at     netip.Prefix
	giving bool
	other  netip.Addr
	chose  []pbx.Site
	by     []string
	unset  bool // something better sets the clock
}

func newBox(f *fake) *someBox {
	return &someBox{
		f: f, site: pbx.Site{Title: "Bureau", Language: "fr", Country: "CM", TimeZone: "Africa/Douala", Address: "auto", DHCP: "observe", Mode: "open"},
		at: netip.MustParsePrefix("192.168.1.10/24"), other: netip.MustParseAddr("192.168.1.1"),
	}
}

func (b *someBox) Site() pbx.Site { return b.site }

func (b *someBox) Sensible(s pbx.Site) error {
	if s.TimeZone == "Mars/Olympus" {
		return fmt.Errorf("%w: site.timezone = %q is unknown: write a name of the IANA list, as Africa/Douala", ErrConflict, s.TimeZone)
	}
	return nil
}

func (b *someBox) Choose(ctx context.Context, s pbx.Site) error {
	b.chose, b.by = append(b.chose, s), append(b.by, Actor(ctx))
	return nil
}

func (b *someBox) Network() (netip.Prefix, bool) { return b.at, b.giving }

func (b *someBox) OtherDHCP(context.Context) (netip.Addr, bool) { return b.other, true }

func (b *someBox) SetClock(_ context.Context, ahead time.Duration) bool {
	if !b.unset {
		b.f.now = b.f.now.Add(ahead)
	}
	return !b.unset
}

// started is a browser that has typed the code of a box before its first minute.
func started(t *testing.T) (*fake, *someBox, *Portal, string, *http.Client) {
	t.Helper()
	f, p := newborn(t)
	b := newBox(f)
	p.Box = b
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := &http.Client{}
	c.Jar, _ = cookiejar.New(nil)
	if code, _, body := post(t, c, srv.URL+"/ui/code", url.Values{"code": {"04179325"}}, "Accept-Language", "fr"); code != 200 || !strings.Contains(body, "Bienvenue") {
		t.Fatalf("after the code: %d\n%s", code, body)
	}
	return f, b, p, srv.URL, c
}

// What the browser sends of the page as it is, but for what a test types.
func filled(typed url.Values) url.Values {
	f := url.Values{
		"account": {"admin"}, "title": {"Bureau"}, "language": {"fr"}, "country": {"CM"}, "timezone": {"Africa/Douala"},
		"mode": {"open"}, "fixed": {"on"}, "address": {"192.168.1.10/24"}, "dhcp": {"observe"}, "now": {""},
	}
	for name, v := range typed {
		if f[name] = v; v[0] == "" {
			delete(f, name)
		}
	}
	return f
}

// Everything but the password has a value that will do; the box's own address is kept.
func TestTheFirstMinute(t *testing.T) {
	f, b, _, at, c := started(t)
	_, _, body := get(t, c, "GET", at+"/ui/welcome", "Accept-Language", "fr-FR")
	for _, want := range []string{
		`value="admin"`, `value="Bureau"`, `<option value="fr" selected>`, `<option value="CM" selected data-zones="Africa/Douala">`, `value="Africa/Douala" list="zones"`,
		`value="open" checked`, `name="fixed" checked`, `value="192.168.1.10/24"`, "donne les adresses de ce réseau : 192.168.1.1", `value="observe" checked`,
	} {
		if !strings.Contains(strings.ReplaceAll(body, "\u00a0", " "), want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if n := strings.Count(body, " required"); n != 3 { // name and zone are filled in
		t.Errorf("%d fields are to be filled in", n)
	}
	ahead := noon.Add(200 * 24 * time.Hour)
	code, h, _ := post(t, stay(c), at+"/ui/welcome", filled(url.Values{"password": {adminPassword}, "now": {fmt.Sprint(ahead.UnixMilli())}}))
	if code != 303 || h.Get("Location") != "/ui/phones" {
		t.Fatalf("%d to %q", code, h.Get("Location"))
	}
	want := []pbx.Site{{Title: "Bureau", Language: "fr", Country: "CM", TimeZone: "Africa/Douala", Address: "192.168.1.10/24", DHCP: "observe", Mode: "open"}}
	if diff := cmp.Diff(want, b.chose); diff != "" || b.by[0] != "admin" {
		t.Errorf("chosen by %q (-want +got):\n%s", b.by, diff)
	}
	if !f.now.Equal(ahead.Truncate(time.Millisecond)) {
		t.Errorf("the clock says %s, the browser's %s", f.now, ahead)
	}
	if code, _, _ := get(t, stay(c), "GET", at+"/ui/phones"); code != 200 {
		t.Errorf("the clock went forward by 200 days and the session is over: %d", code)
	}
}

func TestTheFirstMinuteIsRefusedWhole(t *testing.T) {
	f, b, _, at, c := started(t)
	for what, tt := range map[string]struct {
		typed url.Values
		says  string
	}{
		"a short password": {url.Values{"password": {"short"}}, "too short"},
		"a zone of Mars":   {url.Values{"password": {adminPassword}, "timezone": {"Mars/Olympus"}}, "Mars/Olympus"},
		"a name":           {url.Values{"password": {adminPassword}, "account": {"<script>"}}, "A name has"},
	} {
		code, _, body := post(t, c, at+"/ui/welcome", filled(tt.typed), "Accept-Language", "en")
		if code != 400 || !strings.Contains(body, tt.says) || strings.Contains(body, "<script>") {
			t.Errorf("%s: %d\n%s", what, code, body)
		}
		if !strings.Contains(body, `name="fixed" checked`) {
			t.Errorf("%s: what was chosen is lost", what)
		}
	}
	_, _, body := post(t, c, at+"/ui/welcome", filled(url.Values{"password": {adminPassword}, "timezone": {"Mars/Olympus"}}), "Accept-Language", "fr")
	if !strings.Contains(body, "Le fuseau horaire &#34;Mars/Olympus&#34; est inconnu") {
		t.Errorf("in French:\n%s", body)
	}
	if len(f.book.Accounts()) != 0 || len(b.chose) != 0 {
		t.Errorf("%d accounts, %d choices", len(f.book.Accounts()), len(b.chose))
	}
}

func TestTheClockGoesForwardOnly(t *testing.T) {
	for what, tt := range map[string]struct {
		now  string
		want time.Duration
	}{
		"a browser behind":     {fmt.Sprint(noon.Add(-time.Hour).UnixMilli()), 0},
		"a little ahead":       {fmt.Sprint(noon.Add(30 * time.Second).UnixMilli()), 0},
		"without scripts":      {"", 0},
		"what is no number":    {"tomorrow", 0},
		"a day ahead":          {fmt.Sprint(noon.Add(24 * time.Hour).UnixMilli()), 24 * time.Hour},
		"more than time holds": {"99999999999999999999", 0},
	} {
		f, _, _, at, c := started(t)
		if code, _, _ := post(t, stay(c), at+"/ui/welcome", filled(url.Values{"password": {adminPassword}, "now": {tt.now}})); code != 303 {
			t.Errorf("%s: %d", what, code)
		}
		if got := f.now.Sub(noon); got != tt.want {
			t.Errorf("%s: the clock went by %s, want %s", what, got, tt.want)
		}
	}
}

// On a switch without a router the box has an address that it gave itself: it is not fixed.
func TestTheFirstMinuteWithoutARouter(t *testing.T) {
	_, b, _, at, c := started(t)
	b.at, b.giving, b.other = netip.MustParsePrefix("192.168.77.1/24"), true, netip.Addr{}
	_, _, body := get(t, c, "GET", at+"/ui/welcome", "Accept-Language", "en")
	if strings.Contains(body, `name="fixed" checked`) || !strings.Contains(body, "No other device gives out addresses") || !strings.Contains(body, "follow the router that comes") {
		t.Errorf("the page:\n%s", body)
	}
	post(t, stay(c), at+"/ui/welcome", filled(url.Values{"password": {adminPassword}, "fixed": {""}}))
	if len(b.chose) != 0 {
		t.Errorf("as it was before, and chosen: %+v", b.chose)
	}
}

// A program sends a name and a password alone.
func TestTheFirstMinuteOfAProgram(t *testing.T) {
	_, b, _, at, c := started(t)
	b.site.Language = "en"
	if code, _, body := post(t, stay(c), at+"/ui/welcome", url.Values{"account": {"admin"}, "password": {adminPassword}}, "Accept-Language", "en"); code != 303 || len(b.chose) != 0 {
		t.Errorf("%d, chosen %+v\n%s", code, b.chose, body)
	}
}

func TestZones(t *testing.T) {
	all := countries()
	seen := map[string]bool{}
	for _, c := range all {
		if len(c.ID) != 2 || c.Zones == "" || seen[c.ID] {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
	}
	for _, z := range zones(all) {
		if _, err := time.LoadLocation(z); err != nil {
			t.Error(err)
		}
	}
	if len(all) < 240 || !seen["CM"] || !seen["FR"] {
		t.Errorf("%d countries", len(all))
	}
}
