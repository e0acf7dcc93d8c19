package portal

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"autocom/provision"
)

var unlogged = slog.New(slog.DiscardHandler)

func request(method, path, body string) (*http.Request, *httptest.ResponseRecorder) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	return r, httptest.NewRecorder()
}

// puts reads n pieces of a page's stream.
func puts(t *testing.T, lines *bufio.Scanner, n int) []put {
	t.Helper()
	var out []put
	for len(out) < n && lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var x put
		if err := json.Unmarshal([]byte(data), &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

var liveAt = regexp.MustCompile(`data-live="([^"]+)"`)

// listen opens the page and then its stream, as the script does.
func listen(t *testing.T, srv *httptest.Server, c *http.Client, path string) (string, *bufio.Scanner) {
	t.Helper()
	_, _, body := get(t, c, "GET", srv.URL+path, "Accept-Language", "en")
	found := liveAt.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("%s listens to nothing", path)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+strings.ReplaceAll(found[1], "&amp;", "&"), nil)
	r.Header.Set("Accept-Language", "en")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if mime := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || mime != "text/event-stream" {
		t.Fatalf("%d %s", resp.StatusCode, mime)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return body, lines
}

func TestARowChangesByItself(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	body, lines := listen(t, srv, c, "/ui/phones")
	d := f.device(phoneID)
	d.Allocation, d.Reach, d.Name = provision.AllocationBound, provision.ReachRegistered, "<Awa>"
	start := time.Now()
	f.put(d)
	f.events <- provision.Event{Kind: "device", Device: d}
	got := puts(t, lines, 1)
	if took := time.Since(start); took > time.Second {
		t.Errorf("the change came after %v, want 1 s at most", took)
	}
	if got[0].ID != "d-001565aa0001" || !strings.Contains(got[0].HTML, "Ready") || !strings.Contains(got[0].HTML, "&lt;Awa&gt;") || !strings.HasPrefix(got[0].HTML, `<li id="d-001565aa0001"`) {
		t.Errorf("first piece: %+v", got[0])
	}
	if strings.Contains(body, "Ready") {
		t.Error("the page said so before")
	}
	d.Verdict, d.Allocation, d.Lines = provision.VerdictRejected, provision.AllocationNone, nil
	f.put(d)
	f.events <- provision.Event{Kind: "device", Device: d}
	seen := map[string]string{}
	for _, x := range puts(t, lines, 3) {
		seen[x.ID] = x.HTML
	}
	if html, ok := seen["d-001565aa0001"]; !ok || html != "" || !strings.Contains(seen["none"], "No phones yet.") || !strings.Contains(seen["tabs"], `Other devices <span class="count">1`) {
		t.Errorf("after it was refused: %v", seen)
	}
}

func TestADevicesPageChangesByItself(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	_, lines := listen(t, srv, c, phonePath)
	d := f.device(phoneID)
	d.Reach = provision.ReachFetched
	f.put(d)
	f.events <- provision.Event{Kind: "resync"}
	if got := puts(t, lines, 1); got[0].ID != "now" || !strings.Contains(got[0].HTML, "Settings fetched") {
		t.Errorf("first piece: %+v", got[0])
	}
}

// What changed between the page and its stream comes with the first words of it.
func TestNothingIsLostBetweenThePageAndItsStream(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	_, _, body := get(t, c, "GET", srv.URL+"/ui/phones", "Accept-Language", "en")
	d := f.device(phoneID)
	d.Reach = provision.ReachFetched
	f.put(d)
	r, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+strings.ReplaceAll(liveAt.FindStringSubmatch(body)[1], "&amp;", "&"), nil)
	r.Header.Set("Accept-Language", "en")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all := puts(t, bufio.NewScanner(resp.Body), 6)
	if !strings.Contains(all[5].HTML, "Settings fetched") {
		t.Errorf("pieces: %+v", all)
	}
}

// A page that takes long to draw, or has many beside it, is drawn less often: all together
// take a fifth of a core.
func TestManyOpenPagesAreToldLessOften(t *testing.T) {
	for _, x := range []struct {
		took time.Duration
		open int32
		want time.Duration
	}{
		{2 * time.Millisecond, 1, gather},
		{10 * time.Millisecond, 6, 300 * time.Millisecond},
		{50 * time.Millisecond, 1, 250 * time.Millisecond},
		{200 * time.Millisecond, maxWatchers, lazy},
	} {
		if got := calm(x.took, x.open); got != x.want {
			t.Errorf("%d pages that take %v each: %v between two, want %v", x.open, x.took, got, x.want)
		}
	}
}

func TestOpenPagesAreBounded(t *testing.T) {
	_, p := desk(t)
	p.watchers.n.Store(maxWatchers)
	r, w := request("GET", "/ui/events", "")
	p.watch(w, r)
	if w.Code != 503 || p.watchers.n.Load() != maxWatchers {
		t.Errorf("%d, %d open", w.Code, p.watchers.n.Load())
	}
}

// many is an office with n phones in all states.
func (f *fake) many(n int) {
	for i := range n {
		mac := provision.MAC{0, 0, 0x5e, 0, byte(i >> 8), byte(i)}
		d := provision.Device{
			ID: mac.String(), MAC: mac, Vendor: "yealink", Model: "T46S", Verdict: provision.VerdictPhone, FirstSeen: noon.Add(time.Duration(i) * time.Minute),
			Allocation: provision.AllocationBound, Reach: provision.ReachRegistered, LastSeen: noon, Interface: "eth0",
			Lines:    []provision.Line{{N: 1, Number: fmt.Sprint(2000 + i), Name: "Somebody of the office", Registered: true}},
			Evidence: make([]provision.Evidence, provision.MaxEvidence),
		}
		if i%3 == 0 {
			d.Reach = provision.ReachLost
			d.Reason = "it has its settings and does not register: unplug it and plug it in again; if it comes back here, reset it"
		}
		f.put(d)
	}
}

func TestPagesAreLight(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	f.many(500)
	hint := strings.Repeat("Hold the OK key. ", 15)
	for n := range 40 {
		f.makers = append(f.makers, Maker{
			ID: fmt.Sprint("maker", n), Name: "Maker", Checked: "published samples", Reset: map[string]string{"fr": hint, "en": hint}, TypeURL: "http://192.168.1.10/",
			Options: []DHCPOption{{Code: 66, Form: "text", Value: "http://192.168.1.10/", Hex: strings.Repeat("68:", 20)}, {Code: 43, Form: "hex", Value: strings.Repeat("68:", 20)}},
		})
	}
	for n := range 500 {
		f.trail = append(f.trail, Audit{At: noon, Device: phoneID, File: fmt.Sprint(n, "-0015654aa937.cfg"), Protocol: "http", Outcome: "refused", Why: "nobody's phones ask for this name"})
	}
	assets := 0
	for _, path := range []string{"/ui/style.css", "/ui/live.js"} {
		_, _, body := get(t, c, "GET", srv.URL+path)
		assets += len(body)
	}
	for _, path := range []string{"/ui/phones", "/ui/phones?page=3", "/ui/phones?show=problems", "/ui/phones/00:00:5e:00:00:03", "/ui/makers", "/ui/security"} {
		_, _, body := get(t, c, "GET", srv.URL+path, "Accept-Language", "fr")
		if total := assets + len(body); total > 90<<10 {
			t.Errorf("%s: %d bytes with its assets, want 90 KB at most", path, total)
		} else {
			t.Logf("%s: %d bytes with its assets", path, total)
		}
	}
	_, _, body := get(t, c, "GET", srv.URL+"/ui/phones?page=99", "Accept-Language", "en")
	if rows := strings.Count(body, `<li id="d-`); rows != 1 || !strings.Contains(body, "page 11 of 11") {
		t.Errorf("the last page has %d rows", rows)
	}
	if _, _, body = get(t, c, "GET", srv.URL+"/ui/phones?q=2499"); strings.Count(body, `<li id="d-`) != 1 {
		t.Error("a search for a number does not find it alone")
	}
	if _, _, body = get(t, c, "GET", srv.URL+"/ui/phones?q=0015.65AA.0001"); strings.Count(body, `<li id="d-`) != 1 {
		t.Error("a search for a hardware address in another spelling finds nothing")
	}
}

func BenchmarkPhonesPage(b *testing.B) {
	f := &fake{devices: map[string]provision.Device{}}
	f.many(500)
	p, err := New(Config{
		Key: key, Devices: f, Desk: f, Now: func() time.Time { return noon }, Log: unlogged, Makers: func() []Maker { return nil },
		Site: func() provision.Site { return provision.Site{Language: "fr", TimeZone: "Africa/Douala"} },
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w := httptest.NewRecorder()
		p.phonesPage(w, httptest.NewRequest("GET", "/ui/phones?show=problems", nil))
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}

// What stands beside a phone that has stopped halfway, in both languages.
func TestTheNextStepIsSaid(t *testing.T) {
	f, p := desk(t)
	f.makers = []Maker{{ID: "yealink", Name: "Yealink", TypeURL: "http://192.168.1.10/", Reset: map[string]string{"fr": "Tenez OK.", "en": "Hold OK."}}}
	base := provision.Device{
		ID: phoneID, Vendor: "yealink", Model: "T46S", Verdict: provision.VerdictPhone, Allocation: provision.AllocationReserved, Reach: provision.ReachNever,
		Lines: []provision.Line{{N: 1, Number: "202", Secret: "t0psecret"}}, ReservedAt: noon.Add(-time.Minute), LastSeen: noon.Add(-time.Minute),
	}
	for what, tt := range map[string]struct {
		edit        func(*provision.Device)
		problem     bool
		fr, en, not string
	}{
		"on its way":   {func(*provision.Device) {}, false, "il vient chercher ses réglages", "it is fetching its settings", "Hold OK."},
		"asked nobody": {func(d *provision.Device) { d.ReservedAt = noon.Add(-3 * time.Minute) }, true, "Tenez OK.", "http://192.168.1.10/", "Nothing:"},
		"the office says why": {func(d *provision.Device) {
			d.Reason = "it asked nobody for its settings: unplug it and plug it in again; if it comes back here, it still holds another server's address: reset it"
		}, true, "Il n'a demandé ses réglages à personne", "It asked nobody", "Nothing:"},
		"fetched": {func(d *provision.Device) { d.Reach = provision.ReachFetched }, false, "va se connecter", "about to connect", "Hold OK."},
		"fetched, then silent": {func(d *provision.Device) {
			d.Reach, d.LastSeen, d.ReservedAt = provision.ReachFetched, noon.Add(-5*time.Minute), noon.Add(-5*time.Minute)
		}, true, "Tenez OK.", "Hold OK.", ""},
		"lost": {func(d *provision.Device) { d.Allocation, d.Reach = provision.AllocationBound, provision.ReachLost }, true, "Vérifiez son câble", "Check its network cable", "Hold OK."},
		"waits for a click": {func(d *provision.Device) {
			d.Verdict, d.Allocation, d.Lines = provision.VerdictPending, provision.AllocationNone, nil
		}, false, "Regardez si ce téléphone", "See whether this phone is yours", ""},
		"a guest with its code": {func(d *provision.Device) {
			d.Verdict, d.Allocation, d.Code, d.Lines = provision.VerdictPending, provision.AllocationNone, "482193", []provision.Line{{N: 1, Secret: "t0psecret"}}
		}, false, `<p class="code">482 193</p>`, "dial *01 and the code", ""},
		"not supported": {func(d *provision.Device) {
			d.Verdict, d.Allocation, d.Lines, d.Reason = provision.VerdictUnsupported, provision.AllocationNone, nil, "it behaves like a phone, but its maker is not known here"
		}, true, "Il se comporte comme un téléphone", "an account typed by hand", "/approve"},
		"a gateway is a trunk": {func(d *provision.Device) {
			d.Kind, d.Verdict, d.Allocation, d.Lines, d.Reason = provision.KindGateway, provision.VerdictUnsupported, provision.AllocationNone, nil, "it is a gateway to telephone lines: it becomes a trunk, never an extension"
		}, true, "elle devient une ligne extérieure", "it becomes a trunk", "an account typed by hand"},
		"behind a router": {func(d *provision.Device) {
			d.Routed, d.Token, d.URL = true, "urltoken", "http://192.168.1.10/p/urltoken/"
		}, false, "<svg", "http://192.168.1.10/p/urltoken/phone.cfg", "Nothing:"},
		"its address is used":      {func(d *provision.Device) { d.Routed, d.Token = true, "urltoken" }, false, "", "", "urltoken"},
		"a base's handsets":        {func(d *provision.Device) { d.Kind = provision.KindBase }, false, "Tapez 0001.", "Type 0001.", ""},
		"no base, no handsets":     {func(*provision.Device) {}, false, "", "", "Type 0001."},
		"the window after a reset": {func(d *provision.Device) { d.WindowUntil = noon.Add(9 * time.Minute) }, false, "jusqu&#39;à 12:09", "until 12:09", ""},
	} {
		d := base
		tt.edit(&d)
		f.put(d)
		for lang, want := range map[string]string{"fr": tt.fr, "en": tt.en} {
			r := httptest.NewRequest("GET", phonePath, nil)
			r.Header.Set("Accept-Language", lang)
			r.SetPathValue("id", phoneID)
			w := httptest.NewRecorder()
			p.phonePage(w, r)
			body := strings.ReplaceAll(w.Body.String(), "&#39;", "'")
			if !strings.Contains(body, strings.ReplaceAll(want, "&#39;", "'")) {
				t.Errorf("%s, %s: the page does not say %q", what, lang, want)
			}
			if strings.Contains(body, "t0psecret") {
				t.Errorf("%s: a secret shows", what)
			}
			if lang == "en" && tt.not != "" && strings.Contains(body, tt.not) {
				t.Errorf("%s: the page says %q", what, tt.not)
			}
		}
		if got := in(listProblems, d, noon); got != tt.problem {
			t.Errorf("%s: among the problems %t, want %t", what, got, tt.problem)
		}
	}
}

// Every device stands in a list, whatever its state.
func TestNoDeviceIsNowhere(t *testing.T) {
	for _, v := range []provision.Verdict{"seen", "pending", "phone", "unsupported", "rejected"} {
		for _, a := range []provision.Allocation{"none", "reserved", "bound", "released"} {
			for _, r := range []provision.Reach{"never", "fetched", "registered", "lost"} {
				d := provision.Device{Verdict: v, Allocation: a, Reach: r}
				found := 0
				for _, list := range lists {
					if in(list, d, noon) {
						found++
					}
				}
				if found == 0 {
					t.Errorf("%s %s %s (%s) stands in no list", v, a, r, d.State())
				}
			}
		}
	}
}

func TestLanguageComesBackToThePage(t *testing.T) {
	_, srv, _ := open(t)
	jar, _ := cookiejar.New(nil)
	c := stay(&http.Client{Jar: jar})
	for back, want := range map[string]string{
		"": "/", "/ui/phones?show=waiting": "/ui/phones?show=waiting", "/ui/login?next=%2Fui%2Fmakers": "/ui/login",
		"//evil.example/": "/ui/", "https://evil.example/ui/": "/ui/",
	} {
		r, _ := http.NewRequest("GET", srv.URL+"/ui/language/en", nil)
		q := r.URL.Query()
		q.Set("back", back)
		r.URL.RawQuery = q.Encode()
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Location"); got != want {
			t.Errorf("back to %q leads to %q, want %q", back, got, want)
		}
	}
}
