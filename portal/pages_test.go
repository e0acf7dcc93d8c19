package portal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"autocom/provision"
	"autocom/provision/vendors"

	"github.com/google/go-cmp/cmp"
)

const (
	phoneID   = "00:15:65:aa:00:01"
	phonePath = "/ui/phones/00:15:65:aa:00:01"
)

// enter logs the administrator in.
func enter(t *testing.T, srv *httptest.Server, c *http.Client) {
	t.Helper()
	if code, _, body := post(t, c, srv.URL+"/ui/login", url.Values{"name": {"Admin"}, "password": {adminPassword}}); code != 200 || !strings.Contains(body, `id="rows"`) {
		t.Fatalf("after logging in: %d\n%s", code, body)
	}
}

func post(t *testing.T, c *http.Client, url string, f url.Values, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest("POST", url, strings.NewReader(f.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
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

func stay(c *http.Client) *http.Client {
	out := *c
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &out
}

func TestWhoGuessesWaitsLongerEachTime(t *testing.T) {
	var th throttle
	a, now := netip.MustParseAddr("192.0.2.1"), noon
	var waits []time.Duration
	for range 12 {
		w := th.take(a, "", now)
		for w > 0 {
			waits = append(waits, w)
			now = now.Add(w)
			w = th.take(a, "", now)
		}
	}
	want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 128 * time.Second}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
	for range 20 {
		now = now.Add(th.take(a, "", now))
	}
	if w := th.take(a, "", now); w > ceilingFrom {
		t.Errorf("a pause of %v, want %v at most", w, ceilingFrom)
	}
	if w := th.take(a, "", now.Add(forgetTries)); w != 0 {
		t.Errorf("an hour later: %v, want none", w)
	}
}

// Many addresses together are slowed down too, and the owner never waits long for them.
func TestManyWhoGuess(t *testing.T) {
	var th throttle
	passed, worst := 0, time.Duration(0)
	for n := range 4000 {
		now := noon.Add(time.Duration(n) * 10 * time.Millisecond) // 100 a second for 40 s
		w := th.take(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), "", now)
		if w == 0 {
			passed++
		}
		worst = max(worst, w)
	}
	if passed > freeAll+20 || worst > ceilingAll {
		t.Errorf("%d of 4000 passed, the longest pause is %v", passed, worst)
	}
}

func TestTheThrottleIsOnTheForm(t *testing.T) {
	_, srv, c := open(t)
	for range freeFrom {
		post(t, c, srv.URL+"/ui/code", url.Values{"code": {"11111111"}})
	}
	code, h, body := post(t, c, srv.URL+"/ui/code", url.Values{"code": {"04179325"}}, "Accept-Language", "en")
	if code != 429 || h.Get("Retry-After") != "2" || !strings.Contains(body, "try again in 2 seconds") {
		t.Errorf("attempt %d: %d, Retry-After %q", freeFrom+1, code, h.Get("Retry-After"))
	}
}

// By plain http to an address browsers send no Sec-Fetch-Site: the Origin alone tells our
// form from a stranger's, and a page that says no-referrer has none ("null").
func TestOurOwnFormsPassWithoutSecFetch(t *testing.T) {
	_, srv, c := open(t)
	_, h, _ := get(t, c, "GET", srv.URL+"/")
	if policy := h.Get("Referrer-Policy"); policy != "same-origin" {
		t.Errorf("Referrer-Policy %q, want same-origin", policy)
	}
	for origin, want := range map[string]int{srv.URL: 303, "null": 403, "http://evil.example": 403} {
		code, _, _ := post(t, stay(c), srv.URL+"/ui/number", nil, "Origin", origin)
		if code != want {
			t.Errorf("origin %s: %d, want %d", origin, code, want)
		}
	}
}

// Each button of a device's page, pressed in a browser without scripts.
func TestThePhonesForms(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	for _, tt := range []struct {
		act  string
		form url.Values
		did  string
		says string
	}{
		{"reject", nil, "reject " + phoneID, "Refused."},
		{"release", nil, "release " + phoneID, "Its number is released."},
		{"resync", nil, "resync " + phoneID, "about to read its settings again"},
		{"reset", nil, "reset " + phoneID, "New settings wait for it"},
		{"approve", nil, "approve " + phoneID, "Every number is held"},
		{"replace", url.Values{"number": {" 204 "}}, "replace 204 " + phoneID, "It has taken over that number."},
		{"replace", url.Values{"number": {"2x4"}}, "", "That is no number"},
		{"replace", url.Values{"number": {"299"}}, "", "It cannot be done: 299 holds no number."},
		{"rename", url.Values{"name": {"Awa\u202e <b>"}}, "rename Awa  <b> " + phoneID, "The name is changed."},
		{"rename", url.Values{"name": {strings.Repeat("é", 300)}}, "rename " + strings.Repeat("é", maxName) + " " + phoneID, "The name is changed."},
		{"keys", url.Values{"keys": {"204 Atelier du fond\r\n\r\n*72"}}, "keys [{204 Atelier du fond} {*72 }] " + phoneID, "The keys are changed."},
		{"keys", url.Values{"keys": {""}}, "keys [] " + phoneID, "The keys are changed."},
		{"keys", url.Values{"keys": {"Atelier 204"}}, "", "The line “Atelier 204” is no key"},
		{"keys", url.Values{"keys": {strings.Repeat("204 x\n", provision.MaxKeys+1)}}, "", "is no key"},
		{"line", nil, "line " + phoneID, "One more line is ready."},
		{"password", nil, "password " + phoneID, "Abc234xyz789"},
	} {
		f.did = nil
		code, h, _ := post(t, stay(c), srv.URL+phonePath+"/"+tt.act, tt.form, "Accept-Language", "en")
		if code != 303 || h.Get("Location") != phonePath {
			t.Errorf("%s: %d to %q, want 303 to the phone", tt.act, code, h.Get("Location"))
		}
		if got := strings.Join(f.did, "; "); got != tt.did {
			t.Errorf("%s: did %q, want %q", tt.act, got, tt.did)
		}
		_, _, body := get(t, c, "GET", srv.URL+phonePath, "Accept-Language", "en")
		if !strings.Contains(body, tt.says) {
			t.Errorf("%s: the page does not say %q", tt.act, tt.says)
		}
		if _, _, body := get(t, c, "GET", srv.URL+phonePath, "Accept-Language", "en"); strings.Contains(body, "Abc234xyz789") {
			t.Errorf("%s: said twice", tt.act)
		}
	}
	if code, _, _ := post(t, c, srv.URL+phonePath+"/explode", nil); code != 404 {
		t.Errorf("an unknown button: %d, want 404", code)
	}
	f.did = nil
	if code, _, _ := post(t, c, srv.URL+phonePath+"/release", nil, "Sec-Fetch-Site", "cross-site"); code != 403 || len(f.did) != 0 {
		t.Errorf("a form of another site: %d, did %v", code, f.did)
	}
	if _, _, body := post(t, c, srv.URL+"/ui/phones/00:15:65:aa:00:99/release", nil, "Accept-Language", "en"); !strings.Contains(body, "This device is no longer known.") {
		t.Errorf("a forgotten device:\n%s", body)
	}
}

// hostile is in every text that comes from the network or from people.
var hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&amp;` + "\u202eRTL\u2066\x00\x1b[31m" + strings.Repeat("é", 90)

// markup is the same for what comes with the program or from its owner.
var markup = strings.NewReplacer("\u202e", "", "\u2066", "", "\x00", "", "\x1b", "").Replace(hostile)

func hostileDevice(id string) provision.Device {
	return provision.Device{
		ID: id, Vendor: hostile, Model: hostile, Firmware: hostile, Name: hostile, Reason: hostile, Interface: hostile, Code: hostile, URL: "javascript:alert(1)",
		Verdict: provision.VerdictPending, Allocation: provision.AllocationNone, Reach: provision.ReachNever, Routed: true, Token: "t", Admin: "x",
		Lines:    []provision.Line{{N: 1, Name: hostile, Secret: "t0psecret"}, {N: 2, Number: hostile, Name: hostile}},
		Keys:     []provision.Key{{Number: hostile, Label: hostile}},
		Evidence: []provision.Evidence{{Sensor: provision.Sensor(hostile), Field: hostile, Value: hostile, Weight: 3}},
	}
}

func TestHostileTextsAreShownAsTexts(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	f.devices["soft-x"] = hostileDevice("soft-x")
	f.makers = []Maker{
		{ID: markup, Name: markup, Checked: markup, Reset: map[string]string{"fr": markup, "en": markup}, TypeURL: "javascript:alert(1)",
			Refused: []Refused{{Models: []string{markup}, Reason: markup}}, Options: []DHCPOption{{Code: 66, Form: markup, Value: markup, Hex: markup, Means: markup}}},
		{ID: "a", Name: markup, Unsupported: markup}, {ID: "b", Name: markup, Kind: provision.KindGateway, Unsupported: markup},
	}
	f.alerts = []Alert{{At: noon, Kind: hostile, Device: "soft-x", Text: hostile}}
	f.trail = []Audit{{At: noon, Device: "soft-x", File: hostile, Protocol: hostile, Outcome: hostile, Why: hostile}}
	for _, path := range []string{
		"/ui/phones?show=waiting", "/ui/phones/soft-x", "/ui/makers", "/ui/security",
		"/ui/phones?q=" + url.QueryEscape(hostile), "/ui/phones?show=" + url.QueryEscape(hostile) + "&page=-1",
	} {
		for _, lang := range []string{"fr", "en"} {
			code, h, body := get(t, c, "GET", srv.URL+path, "Accept-Language", lang)
			if code != 200 {
				t.Errorf("%s: %d", path, code)
			}
			for _, bad := range []string{"<script>", "<img", "\u202e", "\u2066", "\x1b", "t0psecret", "ZgotmplZ", `href="javascript`, "style="} {
				if strings.Contains(body, bad) {
					t.Errorf("%s (%s) has %q", path, lang, bad)
				}
			}
			csp := h.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") {
				t.Errorf("%s: policy %q", path, csp)
			}
		}
	}
}

// texts are the fields of words in the order of the type.
func texts(t *testing.T, at string, v reflect.Value, visit func(name, text string)) {
	t.Helper()
	for i := range v.NumField() {
		name, field := at+v.Type().Field(i).Name, v.Field(i)
		if field.Kind() == reflect.Struct {
			texts(t, name+".", field, visit)
			continue
		}
		visit(name, field.String())
	}
}

func TestBothLanguagesAreComplete(t *testing.T) {
	all := map[string]map[string]string{"fr": {}, "en": {}}
	for lang, words := range map[string]Words{"fr": french, "en": english} {
		texts(t, "", reflect.ValueOf(words), func(name, text string) {
			if text == "" {
				t.Errorf("%s has no %s", lang, name)
			}
			all[lang][name] = text
		})
	}
	for name, text := range all["fr"] {
		if strings.HasPrefix(name, "Admin.") && regexp.MustCompile(` [:;?!»]|« `).MatchString(text) {
			t.Errorf("%s: %q may break before its sign: write a no-break space", name, text)
		}
		other := all["en"][name]
		if strings.Count(text, "%") != strings.Count(other, "%") {
			t.Errorf("%s: %q and %q take different figures", name, text, other)
		}
	}
	pages := ""
	for _, pattern := range []string{"pages/*.html", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "words.go") || strings.HasSuffix(file, "_test.go") {
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			pages += string(b)
		}
	}
	for name := range all["fr"] {
		short := name[strings.LastIndexByte(name, '.')+1:]
		if !strings.Contains(pages, "."+short) && !strings.HasPrefix(short, "State") {
			t.Errorf("nothing says %s: remove it", name)
		}
	}
	for state := range map[string]bool{"seen": true, "pending": true, "allocated": true, "fetched": true, "registered": true, "lost": true, "unsupported": true, "rejected": true, "released": true} {
		if adminFrench.state(state) == "" || adminEnglish.state(state) == "" {
			t.Errorf("no word for the state %s", state)
		}
	}
}

// sentences are the constants and the errors of a package that a person may read.
func sentences(t *testing.T, dir, only string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, only))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file %s in %s (%v)", only, dir, err)
	}
	var out []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && strings.Count(text, " ") > 1 {
					out = append(out, text)
				}
			}
			return true
		})
	}
	return out
}

// said are the texts of a package's trail and alerts: what its functions return as a
// reason, give to refuse, and put together.
func said(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file in %s (%v)", dir, err)
	}
	var out []string
	keep := func(x ast.Expr) {
		rest := ""
		if sum, ok := x.(*ast.BinaryExpr); ok {
			x, rest = sum.X, "%s"
		}
		if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil && strings.Count(text, " ") > 1 {
				out = append(out, text+rest)
			}
		}
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ReturnStmt:
				for _, x := range n.Results {
					keep(x)
				}
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if ok && len(n.Args) > 0 && (f.Sel.Name == "refuse" || f.Sel.Name == "Sprintf" || f.Sel.Name == "New") {
					for _, x := range n.Args {
						keep(x)
					}
				}
			}
			return true
		})
	}
	return out
}

// What office, inventory and the makers' data say about a device has French words. The
// lists are theirs: the test reads their sources.
func TestEveryReasonHasFrenchWords(t *testing.T) {
	_, p := desk(t)
	reasons := append(sentences(t, "../office", "reason.go"), sentences(t, "../provision/inventory", "*.go")...)
	reasons = append(reasons, said(t, "../office")...)
	makers, err := vendors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range makers.Vendors() {
		if m.Unsupported != "" {
			reasons = append(reasons, m.Unsupported)
		}
		for _, r := range m.Refused {
			reasons = append(reasons, r.Reason)
		}
	}
	if len(reasons) < 60 {
		t.Fatalf("only %d reasons were found", len(reasons))
	}
	elsewhere := map[string]bool{ // not on a page: of the settings, of the program, and one that is put together
		"a pool has no name: write softphone, adapter, base or a maker":         true,
		"a number is given to an installation with a token of 16 signs or more": true,
		"%s %s %s: it was refused": true,
	}
	reasons = append(reasons, "%s asked for the file of %s: it was refused", "%s from behind a router asked for the file of %s: it was refused")
	for _, text := range reasons {
		if elsewhere[text] {
			continue
		}
		text = strings.NewReplacer("%s", "0417", "%q", `"0417"`, "%d", "417", "%v", "0417").Replace(text)
		if said, foreign := p.translated(text, "fr"); foreign || said == text || strings.Contains(said, "%") {
			t.Errorf("reasons.go has no French for %q (%q)", text, said)
		}
		if said, foreign := p.translated(text, "en"); foreign || said != text {
			t.Errorf("in English %q becomes %q", text, said)
		}
	}
	for text, want := range map[string]string{
		"conflict: it cannot be done: 00:15:65:aa:00:01 holds no number": "impossible\u00a0: 00:15:65:aa:00:01 n'a pas de numéro",
		"key 2: %s%s cannot be dialled: write digits, * and #":           "touche 2\u00a0: %s%s ne se compose pas\u00a0: écrivez des chiffres, * et #",
	} {
		if got, foreign := p.translated(text, "fr"); got != want || foreign {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got, foreign := p.translated("nobody has heard this", "fr"); got != "nobody has heard this" || !foreign {
		t.Errorf("an unknown sentence: %q, foreign %t", got, foreign)
	}
}

func TestEveryScreenParses(t *testing.T) {
	all, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(embedded, "pages/*.html")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		for _, lang := range []string{"fr", "en"} {
			if _, err := all.of(lang, name); err != nil {
				t.Errorf("%s in %s: %v", name, lang, err)
			}
		}
	}
}
