package portal

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/portal/account"
	"autocom/provision"
	"autocom/store"

	"github.com/google/go-cmp/cmp"
	"rsc.io/qr"
)

const key = "the-key-of-the-api"

// fake is an office with one phone, and one softphone once it was asked for.
type fake struct {
	book    *account.Book
	sounds  *studio
	mu      sync.Mutex
	devices map[string]provision.Device
	events  chan provision.Event
	did     []string
	now     time.Time
	makers  []Maker
	trail   []Audit
	alerts  []Alert
	shelf   shelf
	rooms   rooms
	history memory
}

func (f *fake) put(d provision.Device) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.devices[d.ID] = d
}

func (f *fake) device(id string) provision.Device {
	d, _ := f.Device(id)
	return d
}

func (f *fake) Devices() []provision.Device {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []provision.Device
	for _, d := range f.devices {
		out = append(out, d)
	}
	return out
}

func (f *fake) Device(id string) (provision.Device, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.devices[id]
	d.Lines = slices.Clone(d.Lines)
	return d, ok
}

func (f *fake) Subscribe(context.Context) <-chan provision.Event { return f.events }

func (f *fake) Do(_ context.Context, verb, id string) error {
	f.did = append(f.did, verb+" "+id)
	if _, ok := f.devices[id]; !ok {
		return fs.ErrNotExist
	}
	if verb == "approve" {
		return fmt.Errorf("%w: every number is held", ErrConflict)
	}
	return nil
}

func (f *fake) GetNumber(_ context.Context, token, name string, _ netip.Addr) (provision.Device, error) {
	d := provision.Device{
		ID: "soft-" + token, Verdict: provision.VerdictPhone, Allocation: provision.AllocationReserved, Token: "urltoken",
		Lines: []provision.Line{{N: 1, Number: "201", Name: name, Secret: "a&b<c"}},
	}
	f.devices[d.ID] = d
	return d, nil
}

func (f *fake) Show(_ context.Context, token string) (provision.Device, error) {
	d := f.devices["soft-"+token]
	d.WindowUntil = noon.Add(time.Minute)
	f.devices[d.ID] = d
	return d, nil
}

func (f *fake) note(id string, what ...any) error {
	f.did = append(f.did, strings.TrimSpace(fmt.Sprintln(what...))+" "+id)
	if _, ok := f.devices[id]; !ok {
		return fs.ErrNotExist
	}
	return nil
}

func (f *fake) Replace(_ context.Context, id, number string) error {
	if number == "299" {
		return fmt.Errorf("%w: it cannot be done: %s holds no number", ErrConflict, number)
	}
	return f.note(id, "replace", number)
}

func (f *fake) Rename(_ context.Context, id, name string) error { return f.note(id, "rename", name) }

func (f *fake) SetKeys(_ context.Context, id string, keys []provision.Key) error {
	return f.note(id, "keys", keys)
}

func (f *fake) AddLine(_ context.Context, id string) error { return f.note(id, "line") }

func (f *fake) Password(_ context.Context, id string) (string, string, error) {
	return "admin", "Abc234xyz789", f.note(id, "password")
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func open(t testing.TB) (*fake, *httptest.Server, *http.Client) {
	t.Helper()
	f, p := desk(t)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	jar, _ := cookiejar.New(nil)
	return f, srv, &http.Client{Jar: jar}
}

// adminPassword is that of the account admin, whom every office but a new one has.
const adminPassword = "correct horse battery"

func desk(t testing.TB) (*fake, *Portal) {
	t.Helper()
	f, p := newborn(t)
	if _, err := f.book.Establish(t.Context(), "admin", "", adminPassword); err != nil {
		t.Fatal(err)
	}
	return f, p
}

// newborn is an office whose first minute is to come.
func newborn(t testing.TB) (*fake, *Portal) {
	t.Helper()
	mac, _ := provision.ParseMAC("00:15:65:aa:00:01")
	f := &fake{now: noon, events: make(chan provision.Event, 4), devices: map[string]provision.Device{
		mac.String(): {ID: mac.String(), MAC: mac, Verdict: provision.VerdictPhone, Allocation: provision.AllocationReserved, Reach: provision.ReachNever,
			Lines: []provision.Line{{N: 1, Number: "202", Secret: "hidden"}}, Token: "hidden"},
	}}
	kept, err := store.Open(t.Context(), t.TempDir()+"/"+store.FileName)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	// A cost that a test does not wait for.
	f.book, err = account.Open(t.Context(), kept, account.Cost{Memory: 64, Time: 1}, func() time.Time { return f.now })
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Config{
		Version: "1.2.3", Key: key, Accounts: f.book, Devices: f, Desk: f, Objects: &f.shelf, History: &f.history, Conferences: &f.rooms, Musics: &f.rooms, Blacklisted: &f.rooms, Directory: someDirectory, Prompts: f.studio(), Hours: f.studio(),
		SoftID: func(token string) string { return "soft-" + token },
		URL:    func(d provision.Device) string { return "http://192.168.1.10/p/" + d.Token + "/" },
		Site: func() provision.Site {
			return provision.Site{Name: "Bureau <Douala>", Language: "fr", Address: netip.MustParseAddr("192.168.1.10")}
		},
		Ready:  func() bool { return true },
		Status: func() map[string]any { return map[string]any{"address": "192.168.1.10"} },
		Files: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "file ", r.URL.Path)
		}),
		Now: func() time.Time { return f.now }, Log: slog.New(slog.DiscardHandler),
		SetupCode: func() string { return "0417-9325" }, ClaimPrefix: "*01",
		Pairing: func(provision.Device) map[string]string {
			return map[string]string{"fr": "Tapez 0001.", "en": "Type 0001."}
		},
		Typed:  func(d provision.Device) string { return "http://192.168.1.10/p/" + d.Token + "/phone.cfg" },
		Makers: func() []Maker { return f.makers },
		Trail:  func(n int) []Audit { return f.trail[:min(n, len(f.trail))] },
		Alerts: func() []Alert { return f.alerts }, NoteAlert: func(a Alert) { f.alerts = append([]Alert{a}, f.alerts...) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, p
}

func get(t *testing.T, c *http.Client, method, url string, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

func TestAPI(t *testing.T) {
	f, srv, c := open(t)
	for _, tt := range []struct {
		what, method, path string
		auth               bool
		code               int
		body               string // a part of it
	}{
		{"status of a stranger", "GET", "status", false, 200, `{"name":"Bureau \u003cDouala\u003e","ready":true,"version":"1.2.3"}`},
		{"status with the key", "GET", "status", true, 200, `"address":"192.168.1.10"`},
		{"devices of a stranger", "GET", "devices", false, 401, `"status":401`},
		{"one device, of a stranger", "GET", "devices/001565aa0001", false, 401, `"status":401`},
		{"events of a stranger", "GET", "events", false, 401, `"status":401`},
		{"a command of a stranger", "POST", "devices/001565aa0001/release", false, 401, `"status":401`},
		{"devices", "GET", "devices", true, 200, `"state":"allocated","extension":"202"`},
		{"a MAC in capitals with dashes", "GET", "devices/00-15-65-AA-00-01", true, 200, `"id":"00:15:65:aa:00:01"`},
		{"a MAC in dots", "GET", "devices/0015.65aa.0001", true, 200, `"id":"00:15:65:aa:00:01"`},
		{"an unknown device", "GET", "devices/soft-xyz", true, 404, `"detail":"there is no such device"`},
		{"release", "POST", "devices/001565aa0001/release", true, 200, `"id":"00:15:65:aa:00:01"`},
		{"approve, no number free", "POST", "devices/001565aa0001/approve", true, 409, `every number is held`},
		{"approve, unknown device", "POST", "devices/001565aa0099/approve", true, 404, `no such device`},
		{"an unknown verb", "POST", "devices/001565aa0001/explode", true, 404, `approve, reject, release, resync, reset`},
		{"a wrong method", "DELETE", "devices/001565aa0001", true, 404, `openapi.json`},
		{"a wrong path", "GET", "nothing", true, 404, `openapi.json`},
	} {
		var header []string
		if tt.auth {
			header = []string{"Authorization", "Bearer " + key}
		}
		code, h, body := get(t, c, tt.method, srv.URL+"/api/v1/"+tt.path, header...)
		mime := "application/json"
		if code >= 400 {
			mime = "application/problem+json"
		}
		if code != tt.code || !strings.Contains(body, tt.body) || h.Get("Content-Type") != mime {
			t.Errorf("%s: %d %s %s\nwant %d %s with %s", tt.what, code, h.Get("Content-Type"), body, tt.code, mime, tt.body)
		}
		if strings.Contains(body, "hidden") {
			t.Errorf("%s: a secret shows: %s", tt.what, body)
		}
	}
	want := []string{"release 00:15:65:aa:00:01", "approve 00:15:65:aa:00:01", "approve 00:15:65:aa:00:99"}
	if diff := cmp.Diff(want, f.did); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}

func TestEveryRouteIsDescribed(t *testing.T) {
	text, err := describe()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for path, methods := range doc.Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" /api/v1"+path] = true
		}
	}
	served := map[string]bool{}
	for _, r := range (&Portal{}).table() {
		if !strings.Contains(r.pattern, " /api/v1/") {
			continue
		}
		if before, ok := strings.CutSuffix(r.pattern, "{verb}"); ok {
			for _, verb := range verbs {
				served[before+verb] = true
			}
			continue
		}
		served[r.pattern] = true
	}
	if diff := cmp.Diff(described, served); diff != "" {
		t.Errorf("routes (-described +served):\n%s", diff)
	}
}

func TestEvents(t *testing.T) {
	f, p := desk(t)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := http.DefaultClient
	r, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/api/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	go p.Run(t.Context())
	f.events <- provision.Event{Kind: "device", Device: f.devices["00:15:65:aa:00:01"]}
	f.events <- provision.Event{Kind: "resync"}
	lines := bufio.NewScanner(resp.Body)
	var got []string
	for len(got) < 4 && lines.Scan() {
		if l := lines.Text(); strings.HasPrefix(l, "event:") || strings.HasPrefix(l, "data:") {
			got = append(got, l)
		}
	}
	if len(got) != 4 || got[0] != "event: device" || !strings.Contains(got[1], `"extension":"202"`) || got[2] != "event: reset" || got[3] != "data: {}" {
		t.Errorf("stream:\n%s", strings.Join(got, "\n"))
	}
	if mime := resp.Header.Get("Content-Type"); mime != "text/event-stream" {
		t.Errorf("type %s", mime)
	}
}

func TestGetANumber(t *testing.T) {
	f, srv, c := open(t)
	_, h, body := get(t, c, "GET", srv.URL+"/", "Accept-Language", "fr-CM,fr;q=0.9,en;q=0.5")
	for _, want := range []string{"Obtenir un numéro", `<html lang="fr">`, "Bureau &lt;Douala&gt;", `action="/ui/number"`} {
		if !strings.Contains(body, want) {
			t.Errorf("first page has no %s:\n%s", want, body)
		}
	}
	if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Errorf("policy %q", csp)
	}

	resp, err := c.PostForm(srv.URL+"/ui/number", url.Values{"name": {"Awa <b>"}})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.Request.Method != "GET" || resp.Request.URL.Path != "/" {
		t.Errorf("after the form: %s %s, want GET /", resp.Request.Method, resp.Request.URL)
	}
	cookies := c.Jar.Cookies(resp.Request.URL)
	if len(cookies) != 1 || len(cookies[0].Value) < 26 {
		t.Fatalf("cookies %v, want one of 128 bits", cookies)
	}
	user := "soft-" + cookies[0].Value + "-1"
	for _, want := range []string{
		`<p class="number">201</p>`, "http://192.168.1.10/p/urltoken/linphone.xml", "<svg",
		`<dd id="server">192.168.1.10</dd>`, `<dd id="user">` + user + `</dd>`, `<dd id="password">a&amp;b&lt;c</dd>`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("page of the number has no %s:\n%s", want, text)
		}
	}

	d := f.devices["soft-"+cookies[0].Value]
	d.Allocation, d.Lines[0].Registered = provision.AllocationBound, true
	f.devices[d.ID] = d
	_, _, body = get(t, c, "GET", srv.URL+"/", "Accept-Language", "en")
	if strings.Contains(body, "a&amp;b") || strings.Contains(body, "urltoken") || !strings.Contains(body, "Ready: this number rings.") || !strings.Contains(body, "/ui/show") {
		t.Errorf("registered, window closed: want no secret and the button:\n%s", body)
	}
	if _, err := c.PostForm(srv.URL+"/ui/show", nil); err != nil {
		t.Fatal(err)
	}
	if _, _, body = get(t, c, "GET", srv.URL+"/"); !strings.Contains(body, "urltoken") {
		t.Error("shown again: the URL is missing")
	}
	if _, _, body = get(t, http.DefaultClient, "GET", srv.URL+"/"); strings.Contains(body, "201") {
		t.Error("another browser sees the number")
	}
}

func TestWhoHasToWaitIsToldSo(t *testing.T) {
	f, srv, c := open(t)
	if _, err := c.PostForm(srv.URL+"/ui/number", nil); err != nil {
		t.Fatal(err)
	}
	at, _ := url.Parse(srv.URL)
	id := "soft-" + c.Jar.Cookies(at)[0].Value
	for verdict, want := range map[provision.Verdict]string{
		provision.VerdictPending:  `<meta http-equiv="refresh" content="5">`,
		provision.VerdictRejected: "This device was not accepted.",
		provision.VerdictSeen:     "Get a number", // its number went back: it may ask again
	} {
		f.devices[id] = provision.Device{ID: id, Verdict: verdict}
		if _, _, body := get(t, c, "GET", srv.URL+"/", "Accept-Language", "en"); !strings.Contains(body, want) || strings.Contains(body, "password") {
			t.Errorf("%s: want %s and no password:\n%s", verdict, want, body)
		}
	}
}

func TestTheSetCookieIsForNoScript(t *testing.T) {
	_, srv, _ := open(t)
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	code, h, _ := get(t, c, "POST", srv.URL+"/ui/number")
	cookie := h.Get("Set-Cookie")
	if code != 303 || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("%d, cookie %q", code, cookie)
	}
	if code, _, _ := get(t, c, "POST", srv.URL+"/ui/number", "Sec-Fetch-Site", "cross-site"); code != 403 {
		t.Errorf("a form of another site: %d, want 403", code)
	}
	for range limitCount - 1 {
		get(t, c, "POST", srv.URL+"/ui/number")
	}
	if code, _, body := get(t, c, "POST", srv.URL+"/ui/number"); code != 429 || !strings.Contains(body, "try again in ten minutes") && !strings.Contains(body, "réessayez dans dix minutes") {
		t.Errorf("installation %d of one address: %d, want 429", limitCount+1, code)
	}
}

func TestLanguages(t *testing.T) {
	_, srv, c := open(t)
	for header, want := range map[string]string{
		"": "fr", "de": "fr", "en-GB": "en", "fr;q=0.4, en;q=0.8": "en", "de, fr-CA;q=0.3": "fr", ",;q=x,,": "fr",
	} {
		if _, _, body := get(t, c, "GET", srv.URL+"/", "Accept-Language", header); !strings.Contains(body, `<html lang="`+want+`">`) {
			t.Errorf("Accept-Language %q: want %s", header, want)
		}
	}
	get(t, c, "GET", srv.URL+"/ui/language/en")
	if _, _, body := get(t, c, "GET", srv.URL+"/", "Accept-Language", "fr"); !strings.Contains(body, `<html lang="en">`) {
		t.Error("the language that was clicked is not kept")
	}
}

func TestEverythingElseIsAPhonesFile(t *testing.T) {
	_, srv, c := open(t)
	for path, want := range map[string]string{
		"/001565aa0001.cfg": "file /001565aa0001.cfg", "/p/tok/x.cfg": "file /p/tok/x.cfg",
		"//001565aa0001.cfg": "file //001565aa0001.cfg", "/uix": "file /uix",
	} {
		if code, _, body := get(t, c, "GET", srv.URL+path); code != 200 || body != want {
			t.Errorf("%s: %d %q, want %q", path, code, body, want)
		}
	}
	if code, _, body := get(t, c, "GET", srv.URL+"/ui/none"); code != 404 || strings.HasPrefix(body, "file") {
		t.Errorf("/ui/none: %d %q", code, body)
	}
	if code, h, _ := get(t, c, "GET", srv.URL+"/ui/style.css"); code != 200 || !strings.HasPrefix(h.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d %s", code, h.Get("Content-Type"))
	}
}

// The path is drawn back onto a grid and compared with the code it came from.
func TestQRPathIsTheCode(t *testing.T) {
	const text = "http://192.168.1.10/p/abcdefghjkmnpqrstuvwxyz23456789a/linphone.xml"
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	got := drawQR(text)
	if got.Size != code.Size+8 {
		t.Fatalf("size %d, want %d", got.Size, code.Size+8)
	}
	black := map[[2]int]bool{}
	for part := range strings.SplitSeq(strings.TrimSuffix(got.Path, "z"), "z") {
		var x, y, run, back int
		if _, err := fmt.Sscanf(part, "M%d %dh%dv1h-%d", &x, &y, &run, &back); err != nil || run != back {
			t.Fatalf("%q: %v", part, err)
		}
		for i := range run {
			black[[2]int{x + i, y}] = true
		}
	}
	for y := range got.Size {
		for x := range got.Size {
			if black[[2]int{x, y}] != code.Black(x-quiet, y-quiet) {
				t.Fatalf("module %d,%d differs", x, y)
			}
		}
	}
}

// Who sends another made-up cookie with each request is stopped all the same, and no
// made-up cookie becomes an installation.
func TestMadeUpCookiesPassNoLimit(t *testing.T) {
	f, srv, _ := open(t)
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	refused := 0
	for n := range limitCount + 5 {
		madeUp := fmt.Sprintf("a-made-up-cookie-with-the-number-%04d", n)
		if code, _, _ := get(t, c, "POST", srv.URL+"/ui/number", "Cookie", cookieInstallation+"="+madeUp); code == http.StatusTooManyRequests {
			refused++
		}
		if _, ok := f.devices["soft-"+madeUp]; ok {
			t.Fatalf("%s is an installation", madeUp)
		}
	}
	if given := len(f.devices) - 1; refused != 5 || given != limitCount {
		t.Errorf("%d refused, %d given; want 5 and %d", refused, given, limitCount)
	}
}
