package portal

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// link finds the invitation on a page.
var link = regexp.MustCompile(`http://192\.168\.1\.10(/ui/invitation/[A-Z2-7]+)`)

// An administrator makes an account; the owner alone learns its password, by a link that is
// good once.
func TestSomebodyIsInvited(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	f.as(t, user) // the person awa with 201 and 203
	_, _, body := post(t, c, srv.URL+"/ui/accounts", url.Values{"name": {"Awa.M"}, "role": {"agent"}, "person": {"awa"}, "language": {"en"}}, "Accept-Language", "en")
	m := link.FindStringSubmatch(body)
	if m == nil || !strings.Contains(body, `<svg class="qr"`) || !strings.Contains(body, "Not yet: the link is good until") {
		t.Fatalf("after the form:\n%s", body)
	}
	if _, _, body := get(t, c, "GET", srv.URL+"/ui/accounts/awa.m"); link.MatchString(body) {
		t.Error("the link is shown a second time")
	}
	other := &http.Client{}
	other.Jar, _ = cookiejar.New(nil)
	if code, _, body := get(t, other, "GET", srv.URL+m[1], "Accept-Language", "en"); code != 200 || !strings.Contains(body, "Welcome awa.m") {
		t.Errorf("the invitation: %d\n%s", code, body)
	}
	if code, _, body := post(t, other, srv.URL+m[1], url.Values{"password": {"short"}}, "Accept-Language", "en"); code != 400 || !strings.Contains(body, "too short") {
		t.Errorf("a short password: %d\n%s", code, body)
	}
	code, _, body := post(t, other, srv.URL+m[1], url.Values{"password": {"a good long one"}}, "Accept-Language", "en")
	if code != 200 || !strings.Contains(body, "<b>201</b>") || !strings.Contains(body, "<b>203</b>") {
		t.Errorf("accepted: %d, want the own page with the numbers\n%s", code, body)
	}
	for _, secret := range []string{m[1], "/ui/invitation/AAAA", "/ui/invitation/" + strings.Repeat("A", 5000)} {
		if code, _, body := get(t, other, "GET", srv.URL+secret, "Accept-Language", "en"); code != 404 || !strings.Contains(body, "used up") {
			t.Errorf("an invitation that is none: %d", code)
		}
		if code, _, _ := post(t, other, srv.URL+secret, url.Values{"password": {"another good one"}}); code != 404 {
			t.Errorf("and its form: %d", code)
		}
	}
	if code, _, _ := get(t, stay(other), "GET", srv.URL+"/ui/accounts"); code != 403 {
		t.Errorf("an agent on the page of accounts: %d", code)
	}
	// Made an administrator, logged out, deleted.
	post(t, c, srv.URL+"/ui/accounts/awa.m", url.Values{"role": {"admin"}, "person": {""}})
	if code, _, body := get(t, other, "GET", srv.URL+"/ui/accounts", "Accept-Language", "en"); code != 200 || !strings.Contains(body, "this browser") {
		t.Errorf("an administrator at once: %d", code)
	}
	post(t, c, srv.URL+"/ui/accounts/awa.m/end", nil)
	if code, _, _ := get(t, stay(other), "GET", srv.URL+"/ui/me"); code != 303 {
		t.Errorf("logged out everywhere: %d", code)
	}
}

func TestAccountsGo(t *testing.T) {
	_, srv, c := open(t)
	enter(t, srv, c)
	post(t, c, srv.URL+"/ui/accounts", url.Values{"name": {"awa"}, "role": {"user"}})
	if _, _, body := post(t, c, srv.URL+"/ui/accounts/awa/delete", nil, "Accept-Language", "en"); strings.Contains(body, "<b>awa</b>") || !strings.Contains(body, "Done.") {
		t.Errorf("deleted:\n%s", body)
	}
	if _, _, body := post(t, c, srv.URL+"/ui/accounts/admin/delete", nil, "Accept-Language", "en"); !strings.Contains(body, "only administrator") {
		t.Error("the only administrator went")
	}
}

func TestTheFormsOfAccountsRefuse(t *testing.T) {
	_, srv, c := open(t)
	enter(t, srv, c)
	for what, tt := range map[string]struct {
		path string
		form url.Values
		says string
	}{
		"no name":              {"/ui/accounts", url.Values{"name": {""}, "role": {"user"}}, "A name has"},
		"markup":               {"/ui/accounts", url.Values{"name": {"<b>x</b>"}, "role": {"user"}}, "A name has"},
		"a role that is none":  {"/ui/accounts", url.Values{"name": {"x"}, "role": {"god"}}, "of the list"},
		"a token of no role":   {"/ui/tokens", url.Values{"name": {"x"}, "role": {""}}, "of the list"},
		"a language of nobody": {"/ui/accounts", url.Values{"name": {"x"}, "role": {"user"}, "language": {"de"}}, "of the list"},
		"taken":                {"/ui/accounts", url.Values{"name": {"ADMIN"}, "role": {"user"}}, "taken"},
		"nobody's password":    {"/ui/accounts/nobody/invite", nil, "no longer there"},
		"a session of none":    {"/ui/sessions/0011223344556677/end", nil, "no longer there"},
		"a token of none":      {"/ui/tokens/xyz/revoke", nil, "no longer there"},
		"a token for naught":   {"/ui/tokens", url.Values{"name": {" "}, "role": {"user"}}, "what this token is for"},
	} {
		if code, _, body := post(t, c, srv.URL+tt.path, tt.form, "Accept-Language", "en"); code != 200 || !strings.Contains(body, tt.says) || strings.Contains(body, "<b>x</b>") {
			t.Errorf("%s: %d, want %q\n%s", what, code, tt.says, body)
		}
	}
}

func TestATokenIsShownOnce(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	_, _, body := post(t, c, srv.URL+"/ui/tokens", url.Values{"name": {"the wallboard"}, "role": {"supervisor"}}, "Accept-Language", "en")
	secret := regexp.MustCompile(`autocom-[A-Z2-7]{26}`).FindString(body)
	if secret == "" || !strings.Contains(body, "reads only") {
		t.Fatalf("no token:\n%s", body)
	}
	if _, _, body := get(t, c, "GET", srv.URL+"/ui/accounts"); strings.Contains(body, secret) || !strings.Contains(body, "the wallboard") {
		t.Error("the token is shown a second time, or not listed")
	}
	if x, ok := f.book.Token(t.Context(), secret); !ok || x.Role != supervisor || x.Writes {
		t.Errorf("%+v %t", x, ok)
	}
}

// Who is guessed at is seen; what was typed as a name is not shown: it may be a password.
func TestRefusedAttemptsAreSeen(t *testing.T) {
	_, srv, c := open(t)
	post(t, c, srv.URL+"/ui/login", url.Values{"name": {"admin"}, "password": {"wrong"}})
	post(t, c, srv.URL+"/ui/login", url.Values{"name": {"my-secret-password"}, "password": {"x"}})
	post(t, c, srv.URL+"/ui/code", url.Values{"code": {"11111111"}})
	enter(t, srv, c)
	_, _, body := get(t, c, "GET", srv.URL+"/ui/accounts", "Accept-Language", "en")
	if !strings.Contains(body, "an unknown name") || !strings.Contains(body, "setup code") || strings.Contains(body, "my-secret-password") || !strings.Contains(body, "127.0.0.1") {
		t.Errorf("the page:\n%s", body)
	}
}

func TestAccountsByTheAPI(t *testing.T) {
	f, srv, c := open(t)
	at := srv.URL + "/api/v1/"
	for _, tt := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"POST", "accounts", `{"name":"Awa","role":"user","person":"awa"}`, 201, `"name":"awa","role":"user","person":"awa","language":"","ready":false`},
		{"POST", "accounts", `{"name":"awa","role":"user"}`, 409, "choose another"},
		{"POST", "accounts", `{"name":"a b","role":"user"}`, 400, "a name has"},
		{"POST", "accounts", `{"name":"x"}`, 400, "role"},
		{"POST", "accounts", `{"name":"x","role":"god"}`, 400, "role"},
		{"POST", "accounts", `{"name":"x","role":"user","language":"de"}`, 400, "language"},
		{"POST", "accounts", `{"name":"x","role":"user","password":"in clear"}`, 400, "openapi"},
		{"GET", "accounts", "", 200, `"name":"admin","role":"admin"`},
		{"PATCH", "accounts/awa", `{"role":"agent"}`, 200, `"role":"agent","person":"awa"`},
		{"PATCH", "accounts/admin", `{"role":"user"}`, 409, "only administrator"},
		{"PATCH", "accounts/nobody", `{"role":"user"}`, 404, "no such account"},
		{"POST", "accounts/awa/invitation", "", 201, `"link":"http://192.168.1.10/ui/invitation/`},
		{"POST", "accounts/nobody/invitation", "", 404, "no such account"},
		{"DELETE", "accounts/awa", "", 204, ""},
		{"DELETE", "accounts/awa", "", 404, "no such account"},
		{"DELETE", "accounts/admin", "", 409, "only administrator"},
		{"GET", "accounts/awa", "", 404, "no such account"},
		{"GET", "sessions", "", 200, "[]"},
		{"DELETE", "sessions/00", "", 404, "no such session"},
		{"GET", "refused-logins", "", 200, "[]"},
	} {
		if code, _, body := send(t, c, tt.method, at+tt.path, "application/json", tt.body); code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s %s: %d %s, want %d with %s", tt.method, tt.path, tt.body, code, body, tt.code, tt.says)
		}
	}
	f.as(t, user)
	_, _, list := send(t, c, "GET", at+"sessions", "", "")
	_, id, _ := strings.Cut(list, `"id":"`)
	if code, _, _ := send(t, c, "DELETE", at+"sessions/"+id[:16], "", ""); code != 204 || len(f.book.Sessions("")) != 0 {
		t.Errorf("end a session: %d, %d are left", code, len(f.book.Sessions("")))
	}
}

func TestBrowsersAreCalledBriefly(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                            "Firefox Linux",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":   "Chrome Android",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1.0 Safari/537.36 Edg/1.0": "Edge Windows",
		"curl/8": "curl/8", "": "",
	} {
		if got := browser(agent); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
}
