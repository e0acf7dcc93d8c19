package portal

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
	"autocom/portal/account"
)

// as gives a session of an account of that role, whose person has the numbers 201 and 203.
func (f *fake) as(t testing.TB, role account.Role) *http.Cookie {
	t.Helper()
	name := "the." + role.String()
	if _, known := f.book.Account(name); !known {
		if _, ok := f.shelf.Object(pbx.KindPerson, "awa"); !ok {
			f.shelf.all = append(f.shelf.all, pbx.Object{Kind: pbx.KindPerson, ID: "awa", Rev: 1, Name: "Awa", Body: []byte(`{"numbers":["201","203"]}`)})
		}
		if err := f.book.Add(t.Context(), account.Account{Name: name, Role: role, Person: "awa"}); err != nil {
			t.Fatal(err)
		}
	}
	secret, err := f.book.Start(t.Context(), name, "192.168.1.77", "a test")
	if err != nil {
		t.Fatal(err)
	}
	return &http.Cookie{Name: cookieSession, Value: secret}
}

// open to all: the page of a number, the ways in, the assets, and what describes the box.
var public = []string{
	"GET /{$}", "POST /ui/number", "POST /ui/show", "GET /ui/language/{tag}", "GET /ui/{$}",
	"GET /ui/style.css", "GET /ui/live.js", "GET /ui/door.js", "GET /ui/clock.js", "GET /ui/trust", "GET /ui/icon.svg",
	"GET /ui/login", "POST /ui/login", "GET /ui/code", "POST /ui/code",
	"GET /ui/invitation/{secret}", "POST /ui/invitation/{secret}", "GET /ui/app/{secret}/linphone.xml", // each is its own key
	"GET /api/v1/openapi.json", "GET /api/v1/status",
	"GET /ui/softphone.js", "GET /ui/softphone.css", "GET /ui/softphone-offline.js", "GET /ui/softphone-licences.txt",
	"GET /ui/softphone/offline", "GET /ui/softphone.webmanifest",
}

// a browser that got a number by itself has them too: each asks who it is.
var softphone = []string{"GET /ws", "GET /ui/softphone", "POST /ui/softphone/line", "GET /ui/softphone/directory"}

// behind the setup code: they send who has not typed it to the page of the code.
var beginning = []string{"GET /ui/welcome", "POST /ui/welcome", "GET /ui/reset", "POST /ui/reset"}

// Every route, asked by nobody, by what is made up, and by each role: it is refused to all
// that are below its role, and to nobody else.
func TestEveryRouteKnowsWhoMayUseIt(t *testing.T) {
	f, p := desk(t)
	cookies := map[account.Role]*http.Cookie{}
	for role := user; role <= admin; role++ {
		cookies[role] = f.as(t, role)
	}
	fill := strings.NewReplacer("{id}", phoneID, "{verb}", "release", "{act}", "release", "{tag}", "fr", "{$}", "", "{number}", "209", "{name}", "x", "{n}", "1")
	ask := func(method, path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, fill.Replace(path), strings.NewReader(`{}`))
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		r = r.WithContext(ended(t)) // a stream ends at once
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w
	}
	routes, asked := 0, 0
	for _, route := range p.table() {
		method, path, ok := strings.Cut(route.pattern, " ")
		if !ok {
			continue
		}
		routes++
		isPublic, begins := slices.Contains(public, route.pattern), slices.Contains(beginning, route.pattern)
		if (isPublic || begins || slices.Contains(softphone, route.pattern)) != (route.who == anybody) {
			t.Errorf("%s is for %s: it is to be for everybody if and only if it stands in the list of what is open", route.pattern, route.who)
			continue
		}
		if isPublic {
			continue
		}
		for what, header := range map[string][]string{
			"nobody": nil, "a wrong key": {"Authorization", "Bearer x"}, "a made-up token": {"Authorization", "Bearer autocom-AAAAAAAAAAAAAAAAAAAAAAAAAA"},
			"a made-up session": {"Cookie", cookieSession + "=made-up-made-up-made-up"}, "a session over http, said to be of https": {"Cookie", cookieSecureSession + "=" + cookies[admin].Value},
			"an installation": {"Cookie", cookieInstallation + "=made-up-made-up-made-up-made-up"}, "a made-up code": {"Cookie", cookieBegin + "=made-up-made-up-made-up"},
		} {
			asked++
			w := ask(method, path, header...)
			got, to := w.Code, w.Header().Get("Location")
			if got != 401 && (got != 303 || !strings.HasPrefix(to, "/ui/login") && !(begins && to == "/ui/code")) {
				t.Errorf("%s, %s: %d to %q, want 401 or the page to log in", route.pattern, what, got, to)
			}
			if shows(w.Body.String()) {
				t.Errorf("%s, %s: something shows: %s", route.pattern, what, w.Body)
			}
		}
		for role := user; role < route.who; role++ {
			asked++
			w := ask(method, path, "Cookie", cookieSession+"="+cookies[role].Value)
			if w.Code != 403 {
				t.Errorf("%s, %s: %d, want 403 below %s", route.pattern, role, w.Code, route.who)
			}
			if shows(w.Body.String()) {
				t.Errorf("%s, %s: something shows: %s", route.pattern, role, w.Body)
			}
		}
	}
	if len(f.did) != 0 {
		t.Errorf("commands of who may not: %v", f.did)
	}
	t.Logf("%d routes, %d requests refused", routes, asked)
}

// shows finds the number of the office's phone, and its secrets.
func shows(body string) bool {
	return strings.Contains(body, "202") || strings.Contains(strings.NewReplacer(" hidden>", "", "aria-hidden", "").Replace(body), "hidden")
}

// And each is open to its role: not one refusal because of who asks.
func TestEveryRouteLetsItsRoleIn(t *testing.T) {
	f, p := desk(t)
	fill := strings.NewReplacer("{id}", "new", "{verb}", "release", "{act}", "rename", "{$}", "", "{number}", "201", "{name}", "x", "{n}", "1")
	for _, route := range p.table() {
		method, path, ok := strings.Cut(route.pattern, " ")
		if !ok || route.who == anybody {
			continue
		}
		for role := route.who; role <= admin; role++ {
			r := httptest.NewRequest(method, fill.Replace(path), strings.NewReader(`{}`))
			r.AddCookie(f.as(t, role))
			r = r.WithContext(ended(t))
			w := httptest.NewRecorder()
			p.admitted(route.who, strings.HasPrefix(path, "/api/"), func(w http.ResponseWriter, r *http.Request) {
				if got := p.visitor(r); got.Role != role || got.Name != "Awa" || Actor(r.Context()) != "the."+role.String() {
					t.Errorf("%s: the visitor is %+v", route.pattern, got)
				}
				w.WriteHeader(http.StatusTeapot)
			})(w, r)
			if w.Code != http.StatusTeapot {
				t.Errorf("%s, %s: %d, want it let in", route.pattern, role, w.Code)
			}
		}
	}
}

// anyBox is the box of every number.
type anyBox struct{ *boxOf201 }

func (anyBox) Messages(string) ([]Message, error) { return nil, nil }

// Of numbers people reach their own alone.
func TestPeopleReachTheirOwnNumbersAlone(t *testing.T) {
	f, p := desk(t)
	p.Mailboxes = anyBox{}
	ask := func(role account.Role, path string) int {
		r := httptest.NewRequest("GET", "/api/v1/me/numbers/"+path, nil)
		r.AddCookie(f.as(t, role))
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w.Code
	}
	for _, tt := range []struct {
		role   account.Role
		number string
		want   int
	}{{user, "201", 200}, {user, "203", 200}, {user, "202", 404}, {agent, "202", 404}, {supervisor, "202", 404}, {admin, "202", 200}} {
		if got := ask(tt.role, tt.number+"/messages"); got != tt.want {
			t.Errorf("%s asks for the messages of %s: %d, want %d", tt.role, tt.number, got, tt.want)
		}
	}
}

func TestAToken(t *testing.T) {
	f, p := desk(t)
	reads, _, err := f.book.MakeToken(t.Context(), "the wallboard", supervisor, false, "admin")
	if err != nil {
		t.Fatal(err)
	}
	writes, made, err := f.book.MakeToken(t.Context(), "the shop's program", admin, true, "admin")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, secret string) int {
		r := httptest.NewRequest(method, path, strings.NewReader(`{}`))
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w.Code
	}
	release := "/api/v1/devices/" + phoneID + "/release"
	for _, tt := range []struct {
		what, method, path, secret string
		want                       int
	}{
		{"a supervisor's reads calls", "GET", "/api/v1/calls", reads, 200},
		{"a supervisor's and what is the administrator's", "GET", "/api/v1/devices", reads, 403},
		{"one that reads, writing", "POST", "/api/v1/conferences/x/kick", reads, 403},
		{"one that writes", "POST", release, writes, 200},
		{"a token opens no page", "GET", "/ui/phones", writes, 303},
		{"the file's key", "GET", "/api/v1/devices", key, 200},
	} {
		if got := ask(tt.method, tt.path, tt.secret); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.what, got, tt.want)
		}
	}
	if err := f.book.Revoke(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	if got := ask("POST", release, writes); got != 401 {
		t.Errorf("a revoked one: %d, want 401", got)
	}
}

func TestTokensByTheAPI(t *testing.T) {
	_, srv, c := open(t)
	enter(t, srv, c)
	at := srv.URL + "/api/v1/tokens"
	for body, want := range map[string]int{
		`{"name":"","role":"user","writes":false}`: 400, `{"name":"x","role":"god"}`: 400, `{"name":"x"}`: 400, `{"name":"x","role":"nobody"}`: 400, `[]`: 400,
		`{"name":"the wallboard","role":"supervisor"}`: 201,
	} {
		if code, _, text := send(t, c, "POST", at, "application/json", body); code != want || want == 201 && !strings.Contains(text, `"token":"autocom-`) {
			t.Errorf("%s: %d %s, want %d", body, code, text, want)
		}
	}
	_, _, text := get(t, c, "GET", at)
	if strings.Contains(text, "autocom-") || !strings.Contains(text, `"name":"the wallboard","role":"supervisor","writes":false`) || !strings.Contains(text, `"made_by":"api"`) {
		t.Errorf("the list: %s", text)
	}
	_, id, _ := strings.Cut(text, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	for _, want := range []int{204, 404} {
		if code, _, _ := get(t, c, "DELETE", at+"/"+id); code != want {
			t.Errorf("revoke: %d, want %d", code, want)
		}
	}
}

// The first minute: the setup code makes an administrator, and from then on sets one's
// password alone.
func TestTheSetupCodeMakesTheFirstAdministrator(t *testing.T) {
	f, p := newborn(t)
	srv := httptest.NewServer(p)
	defer srv.Close()
	browser := func() *http.Client { jar, _ := cookiejar.New(nil); return &http.Client{Jar: jar} }
	c := browser()
	code, h, _ := get(t, stay(c), "GET", srv.URL+"/ui/phones?show=waiting")
	if to := h.Get("Location"); code != 303 || to != "/ui/login?next=%2Fui%2Fphones%3Fshow%3Dwaiting" {
		t.Errorf("a stranger: %d to %q", code, to)
	}
	if _, h, _ = get(t, stay(c), "GET", srv.URL+"/ui/login"); h.Get("Location") != "/ui/code" {
		t.Errorf("to log in before there is an account: to %q", h.Get("Location"))
	}
	places := []string{"screen", "dial *00", "autocom.toml"}
	_, _, page := get(t, c, "GET", srv.URL+"/ui/code", "Accept-Language", "en")
	for _, place := range places {
		if !strings.Contains(page, place) {
			t.Errorf("the page does not say that the code is found by %q:\n%s", place, page)
		}
	}
	code, h, body := post(t, c, srv.URL+"/ui/code", url.Values{"code": {"0417 9326"}}, "Accept-Language", "en")
	if code != 403 || len(h.Values("Set-Cookie")) != 0 || !strings.Contains(body, "That is not the code") {
		t.Errorf("a wrong code: %d\n%s", code, body)
	}
	for _, typed := range []string{"04179325", " 0417-9325 ", "0417 9325"} {
		code, h, _ = post(t, stay(c), srv.URL+"/ui/code", url.Values{"code": {typed}})
		cookie := h.Get("Set-Cookie")
		if code != 303 || h.Get("Location") != "/ui/welcome" || !strings.Contains(cookie, "HttpOnly; SameSite=Strict") || strings.Contains(cookie, "Secure") {
			t.Errorf("%q: %d to %q with %q", typed, code, h.Get("Location"), cookie)
		}
	}
	if code, _, _ := get(t, stay(c), "GET", srv.URL+"/ui/phones"); code != 303 {
		t.Errorf("the code alone opens the pages: %d", code)
	}
	for typed, want := range map[string]string{"short": "too short", "12345678": "first that somebody", "password1": "first that somebody", "aaaaaaaaaa": "first that somebody", "Admin2026": "first that somebody"} {
		if code, _, body := post(t, c, srv.URL+"/ui/welcome", url.Values{"account": {"Admin"}, "password": {typed}}, "Accept-Language", "en"); code != 400 || !strings.Contains(body, want) {
			t.Errorf("password %q: %d, want that it is %s", typed, code, want)
		}
	}
	late := browser()
	post(t, late, srv.URL+"/ui/code", url.Values{"code": {"0417 9325"}})
	code, h, _ = post(t, stay(c), srv.URL+"/ui/welcome", url.Values{"account": {" Admin "}, "password": {adminPassword}})
	if code != 303 || h.Get("Location") != "/ui/phones" {
		t.Errorf("the first administrator: %d to %q", code, h.Get("Location"))
	}
	if code, _, body := get(t, c, "GET", srv.URL+"/ui/phones"); code != 200 || !strings.Contains(body, `<a href="/ui/me">admin</a>`) {
		t.Errorf("logged in: %d", code)
	}
	if code, _, _ := get(t, stay(c), "GET", srv.URL+"/ui/reset"); code != 303 {
		t.Errorf("the code is used up: %d, want to type it again", code)
	}
	if _, h, _ = post(t, stay(late), srv.URL+"/ui/welcome", url.Values{"account": {"other"}, "password": {adminPassword}}); h.Get("Location") != "/ui/login" {
		t.Errorf("a second first administrator: to %q", h.Get("Location"))
	}
	// The password is forgotten.
	if _, _, page = get(t, late, "GET", srv.URL+"/ui/code", "Accept-Language", "en"); strings.Contains(page, "*00") || !strings.Contains(page, "/data/setup-code") {
		t.Errorf("with an administrator, where the code is found:\n%s", page)
	}
	if _, h, _ = post(t, stay(late), srv.URL+"/ui/code", url.Values{"code": {"0417 9325"}}); h.Get("Location") != "/ui/reset" {
		t.Errorf("the code afterwards: to %q", h.Get("Location"))
	}
	if code, _, body = get(t, late, "GET", srv.URL+"/ui/reset"); code != 200 || !strings.Contains(body, "<option>admin</option>") {
		t.Errorf("the page of a new password: %d\n%s", code, body)
	}
	if code, _, _ = post(t, stay(late), srv.URL+"/ui/reset", url.Values{"name": {"nobody"}, "password": {"another good one"}}); code != 200 {
		t.Errorf("of an account that is none: %d, want the page again", code)
	}
	if code, _, _ = post(t, stay(late), srv.URL+"/ui/reset", url.Values{"name": {"admin"}, "password": {"another good one"}}); code != 303 {
		t.Errorf("a new password: %d", code)
	}
	if code, _, _ = get(t, stay(c), "GET", srv.URL+"/ui/phones"); code != 303 {
		t.Errorf("the browser with the old password: %d, want logged out", code)
	}
	if _, err := f.book.Login(t.Context(), "admin", adminPassword); err == nil {
		t.Error("the old password is still good")
	}
	// Each use is told, and in the reader's language.
	uses := map[string]int{}
	for _, a := range f.alerts {
		if a.Kind != AlertSetup || a.IP != netip.MustParseAddr("127.0.0.1") || strings.Contains(a.Text, "0417") || a.At.IsZero() {
			t.Errorf("alert %+v", a)
		}
		if text, foreign := p.translated(a.Text, "fr"); foreign || text == a.Text {
			t.Errorf("no French words for %q", a.Text)
		}
		uses[a.Text]++
	}
	want := map[string]int{
		"the setup code was typed: whoever did may make the first administrator":           4, // each is told once in ten minutes: office/alerts.go
		"the setup code made the first administrator: admin":                               1,
		"the setup code was typed: whoever did may give an administrator another password": 1,
		"the setup code set the password of administrator admin":                           1,
	}
	if diff := cmp.Diff(want, uses); diff != "" {
		t.Errorf("alerts: -want +got\n%s", diff)
	}
}

func TestLoggingIn(t *testing.T) {
	_, srv, c := open(t)
	log := func(name, password, next string) (int, http.Header, string) {
		return post(t, stay(http.DefaultClient), srv.URL+"/ui/login", url.Values{"name": {name}, "password": {password}, "next": {next}}, "Accept-Language", "en")
	}
	for _, next := range []string{"https://evil.example/", "//evil.example/ui/", "/\\evil", "/ui/../p/x", "javascript:alert(1)", "/ui/logout", ""} {
		if _, h, _ := log("admin", adminPassword, next); h.Get("Location") != "/ui/" {
			t.Errorf("next %q leads to %q", next, h.Get("Location"))
		}
	}
	_, h, _ := log(" ADMIN ", adminPassword, "/ui/security")
	if cookie := h.Get("Set-Cookie"); h.Get("Location") != "/ui/security" || !strings.Contains(cookie, "HttpOnly; SameSite=Strict") || strings.Contains(cookie, "Secure") {
		t.Errorf("to %q with %q", h.Get("Location"), cookie)
	}
	_, _, wrong := log("admin", "not this one", "")
	code, h, nobody := log("nobody", "not this one", "")
	if code != 403 || len(h.Values("Set-Cookie")) != 0 || !strings.Contains(wrong, "The name or the password is wrong") ||
		strings.ReplaceAll(nobody, "nobody", "admin") != wrong {
		t.Errorf("a wrong password and a name that does not exist tell more than that one is wrong: %d\n%s\n%s", code, wrong, nobody)
	}
	enter(t, srv, c)
	if code, _, _ := get(t, c, "GET", srv.URL+"/api/v1/devices"); code != 200 {
		t.Errorf("the API with a session: %d, want 200", code)
	}
	post(t, c, srv.URL+"/ui/logout", nil)
	if code, _, _ := get(t, stay(c), "GET", srv.URL+"/ui/phones"); code != 303 {
		t.Errorf("after logging out: %d, want 303", code)
	}
}

// A Secure cookie cannot be replaced by plain http: there the session has another name.
func TestOverHTTPSTheCookieStaysThere(t *testing.T) {
	_, p := desk(t)
	srv := httptest.NewTLSServer(p)
	defer srv.Close()
	_, h, _ := post(t, stay(srv.Client()), srv.URL+"/ui/login", url.Values{"name": {"admin"}, "password": {adminPassword}})
	if cookie := h.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-") || !strings.Contains(cookie, "Secure") || !strings.Contains(cookie, "Path=/;") || strings.Contains(cookie, "Domain") {
		t.Errorf("cookie %q, want Secure and of this host", cookie)
	}
}

func TestASessionEndsTwelveHoursAfterItsLastUse(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{12*time.Hour - time.Second, 200}, {12*time.Hour - time.Second, 200}, {12 * time.Hour, 303}} {
		f.now = f.now.Add(step.after)
		if code, _, _ := get(t, stay(c), "GET", srv.URL+"/ui/phones"); code != step.want {
			t.Errorf("%s later: %d, want %d", step.after, code, step.want)
		}
	}
}

func TestNoCodeOpensNothing(t *testing.T) {
	_, p := newborn(t)
	p.SetupCode = func() string { return "" }
	srv := httptest.NewServer(p)
	defer srv.Close()
	for _, typed := range []string{"", "-", "00000000"} {
		if code, _, _ := post(t, stay(http.DefaultClient), srv.URL+"/ui/code", url.Values{"code": {typed}}); code != 403 {
			t.Errorf("%q: %d, want 403", typed, code)
		}
	}
}

func TestAnAccountIsGuessedSlowlyFromManyAddresses(t *testing.T) {
	f, p := desk(t)
	try := func(n int, password string) int {
		r := httptest.NewRequest("POST", "/ui/login", strings.NewReader(url.Values{"name": {"admin"}, "password": {password}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = "10.0.0." + itoa(n) + ":999"
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w.Code
	}
	for n := range freeName {
		if got := try(n, "wrong wrong"); got != 403 {
			t.Fatalf("attempt %d: %d", n, got)
		}
	}
	if got := try(100, adminPassword); got != 429 {
		t.Errorf("one more from elsewhere: %d, want 429", got)
	}
	f.now = f.now.Add(ceilingName)
	if got := try(101, adminPassword); got != 303 {
		t.Errorf("%s later its owner: %d, want logged in", ceilingName, got)
	}
}

func TestOnesOwnPassword(t *testing.T) {
	_, srv, c := open(t)
	enter(t, srv, c)
	other := &http.Client{}
	other.Jar, _ = cookiejar.New(nil)
	enter(t, srv, other)
	for _, tt := range []struct {
		old, new string
		code     int
		says     string
	}{
		{"not this one", "a new good one", 400, "is wrong"},
		{adminPassword, "short", 400, "too short"},
		{adminPassword, "a new good one", 200, "Change the password"},
	} {
		if code, _, body := post(t, c, srv.URL+"/ui/me/password", url.Values{"old": {tt.old}, "password": {tt.new}}, "Accept-Language", "en"); code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%q: %d, want %d and %q\n%s", tt.new, code, tt.code, tt.says, body)
		}
	}
	if code, _, _ := get(t, stay(other), "GET", srv.URL+"/ui/phones"); code != 303 {
		t.Errorf("the other browser: %d, want logged out", code)
	}
	if code, _, _ := get(t, stay(c), "GET", srv.URL+"/ui/phones"); code != 200 {
		t.Errorf("this browser: %d, want still logged in", code)
	}
}

// ended is a context that is over: a stream answers with its head and goes.
func ended(t *testing.T) context.Context {
	ctx, end := context.WithCancel(t.Context())
	end()
	return ctx
}
