package portal

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"autocom/portal/account"
	"autocom/provision"
)

// switchboard is an exchange that repeats what it is told, and gives lines.
type switchboard struct {
	*httptest.Server
	given []SoftOwner
}

func newSwitchboard(t *testing.T) *switchboard {
	s := &switchboard{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"sip"}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, append([]byte("heard "), message...)) != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *switchboard) Exchange() string { return strings.Replace(s.URL, "http:", "ws:", 1) }

func (s *switchboard) Line(_ context.Context, token string, owner SoftOwner) (SoftLine, error) {
	if len(token) < 26 {
		return SoftLine{}, errors.New("no token")
	}
	s.given = append(s.given, owner)
	return SoftLine{"soft-1-1", "a password"}, nil
}

// softDesk is a portal by https with an exchange behind it, and the cookie of somebody
// who has the number 205.
func softDesk(t *testing.T) (*switchboard, *Portal, *httptest.Server, string) {
	t.Helper()
	f, p := desk(t)
	board := newSwitchboard(t)
	p.Softphones = board
	const token = "a-token-of-26-signs-or-more"
	f.put(provision.Device{ID: "soft-" + token, Verdict: provision.VerdictPhone, Allocation: provision.AllocationBound,
		Lines: []provision.Line{{N: 1, Number: "205", Name: "Awa"}}})
	srv := httptest.NewTLSServer(p)
	t.Cleanup(srv.Close)
	return board, p, srv, cookieInstallation + "=" + token
}

func TestTheWayToTheExchange(t *testing.T) {
	_, p, srv, cookie := softDesk(t)
	plain := httptest.NewServer(p)
	defer plain.Close()
	for _, c := range []struct {
		name, at, origin, cookie, protocol string
		want                               int
	}{
		{"from our own page", srv.URL, srv.URL, cookie, "sip", 101},
		{"nobody", srv.URL, srv.URL, "", "sip", 401},
		{"somebody without a number", srv.URL, srv.URL, cookieInstallation + "=made-up-made-up-made-up-made-up", "sip", 401},
		{"a page of another site", srv.URL, "https://evil.example", cookie, "sip", 403},
		{"a page by http", srv.URL, strings.Replace(srv.URL, "https", "http", 1), cookie, "sip", 403},
		{"no browser", srv.URL, "", cookie, "sip", 403},
		{"by http", plain.URL, plain.URL, cookie, "sip", 403},
	} {
		header := http.Header{}
		for name, value := range map[string]string{"Origin": c.origin, "Cookie": c.cookie} {
			if value != "" {
				header.Set(name, value)
			}
		}
		conn, resp, err := websocket.Dial(t.Context(), c.at+"/ws", &websocket.DialOptions{HTTPClient: srv.Client(), HTTPHeader: header, Subprotocols: []string{c.protocol}})
		got := 0
		if resp != nil {
			got = resp.StatusCode
		}
		if got != c.want {
			t.Errorf("%s: %d, want %d: %v", c.name, got, c.want, err)
		}
		if conn != nil {
			conn.CloseNow()
		}
	}
	// Nothing but /ws of the exchange is to be had.
	for _, path := range []string{"/ws/", "/ws/x", "/ari/endpoints", "/httpstatus", "/static/x"} {
		resp, err := srv.Client().Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !strings.HasPrefix(string(body), "file /") {
			t.Errorf("%s: %s is no phone's file: %.60s", path, resp.Status, body)
		}
	}
}

func TestWhatABrowserSaysIsBounded(t *testing.T) {
	_, _, srv, cookie := softDesk(t)
	ctx := t.Context()
	open := func() *websocket.Conn {
		t.Helper()
		c, _, err := websocket.Dial(ctx, srv.URL+"/ws", &websocket.DialOptions{
			HTTPClient: srv.Client(), HTTPHeader: http.Header{"Origin": {srv.URL}, "Cookie": {cookie}}, Subprotocols: []string{"sip"},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.CloseNow() })
		return c
	}
	say := func(c *websocket.Conn, text string) (string, error) {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			return "", err
		}
		_, answer, err := c.Read(ctx)
		return string(answer), err
	}

	c := open()
	if got, err := say(c, "REGISTER"); got != "heard REGISTER" || err != nil {
		t.Errorf("answered %q, %v", got, err)
	}
	if got, err := say(c, "\r\n\r\n"); got != "\r\n" || err != nil {
		t.Errorf("the keep-alive is answered %q, %v", got, err)
	}
	if _, err := say(c, strings.Repeat("x", maxSIPMessage+1)); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("a message of more than %d bytes: %v", maxSIPMessage, err)
	}

	c = open()
	var err error
	n := 0
	for ; err == nil && n < 2*burstMessages; n++ { // the clock of the test stands still
		_, err = say(c, "OPTIONS")
	}
	if websocket.CloseStatus(err) != websocket.StatusPolicyViolation || n != burstMessages+1 {
		t.Errorf("%d messages at once: %v", n, err)
	}

	for range maxSocketsEach {
		open()
	}
	_, resp, err := websocket.Dial(ctx, srv.URL+"/ws", &websocket.DialOptions{
		HTTPClient: srv.Client(), HTTPHeader: http.Header{"Origin": {srv.URL}, "Cookie": {cookie}}, Subprotocols: []string{"sip"},
	})
	if err == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one connection too many: %v", err)
	}
}

// Who logs out, or loses the number, is cut off while the connection is open.
func TestAPhoneEndsWithItsOwner(t *testing.T) {
	f, p := desk(t)
	p.Softphones = newSwitchboard(t)
	p.sockets.every = 20 * time.Millisecond
	srv := httptest.NewTLSServer(p)
	defer srv.Close()
	session := f.as(t, account.User)
	c, _, err := websocket.Dial(t.Context(), srv.URL+"/ws", &websocket.DialOptions{
		HTTPClient: srv.Client(), HTTPHeader: http.Header{"Origin": {srv.URL}, "Cookie": {cookieSecureSession + "=" + session.Value}}, Subprotocols: []string{"sip"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	heard := make(chan error, 1)
	go func() {
		_, _, err := c.Read(t.Context()) // it answers pings meanwhile
		heard <- err
	}()
	select {
	case err := <-heard:
		t.Fatalf("cut off while logged in: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if err := p.Accounts.End(t.Context(), account.SessionID(session.Value), ""); err != nil {
		t.Fatal(err)
	}
	if err := <-heard; websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("after the logout: %v", err)
	}
}

func TestABrowserGetsItsLine(t *testing.T) {
	board, p, srv, cookie := softDesk(t)
	ask := func(url string, c *http.Client, form url.Values, header ...string) (int, http.Header, string) {
		return post(t, c, url+"/ui/softphone/line", form, append(header, "Origin", url)...)
	}
	code, header, body := ask(srv.URL, srv.Client(), nil, "Cookie", cookie)
	if code != 200 || !strings.Contains(body, `"user":"soft-1-1"`) || !strings.Contains(body, `"number":"205"`) || header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", code, body)
	}
	own := header.Get("Set-Cookie")
	for _, want := range []string{cookieBrowser + "=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/ui/softphone"} {
		if !strings.Contains(own, want) {
			t.Errorf("the cookie %q has no %s", own, want)
		}
	}
	first, _, _ := strings.Cut(own, ";")
	if _, header, _ := ask(srv.URL, srv.Client(), nil, "Cookie", cookie+"; "+first); header.Get("Set-Cookie") != "" {
		t.Error("the browser that has a name got another")
	}
	if code, _, _ := ask(srv.URL, srv.Client(), url.Values{"number": {"202"}}, "Cookie", cookie); code != 403 {
		t.Errorf("somebody else's number: %d", code)
	}
	if code, _, _ := ask(srv.URL, srv.Client(), nil); code != 401 {
		t.Errorf("nobody: %d", code)
	}
	if code, _, _ := post(t, srv.Client(), srv.URL+"/ui/softphone/line", nil, "Cookie", cookie, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); code != 403 {
		t.Errorf("a page of another site: %d", code)
	}
	plain := httptest.NewServer(p)
	defer plain.Close()
	if code, _, body := ask(plain.URL, plain.Client(), nil, "Cookie", cookie); code != 403 || strings.Contains(body, "password") {
		t.Errorf("by http: %d %s", code, body)
	}
	if len(board.given) != 2 || board.given[0] != (SoftOwner{Number: "205", Name: "Awa", Device: "soft-a-token-of-26-signs-or-more"}) {
		t.Errorf("lines were given to %+v", board.given)
	}
}

func TestThePageOfTheBrowserPhone(t *testing.T) {
	_, p, srv, cookie := softDesk(t)
	site := p.Site
	p.Site = func() provision.Site { s := site(); s.HTTPSPort = 443; return s }
	plain := httptest.NewServer(p)
	defer plain.Close()
	read := func(c *http.Client, url string, header ...string) (int, http.Header, string) {
		t.Helper()
		r, err := http.NewRequest("GET", url+"/ui/softphone", nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := stay(c).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, resp.Header, string(body)
	}
	if code, header, _ := read(srv.Client(), srv.URL); code != 303 || !strings.HasPrefix(header.Get("Location"), "/ui/login?next=") {
		t.Errorf("nobody: %d to %q", code, header.Get("Location"))
	}
	if _, _, body := read(plain.Client(), plain.URL, "Cookie", cookie); !strings.Contains(body, softFrench.Plain) ||
		!strings.Contains(body, `href="https://192.168.1.10/ui/softphone"`) || !strings.Contains(body, `href="/ui/trust"`) || strings.Contains(body, "softphone.js") {
		t.Errorf("by http:\n%s", body)
	}
	code, header, body := read(srv.Client(), srv.URL, "Cookie", cookie)
	built := strings.Contains(body, "/ui/softphone.js?1.2.3")
	if code != 200 || built == strings.Contains(body, softFrench.Absent) {
		t.Errorf("%d\n%s", code, body)
	}
	if _, err := bundled.ReadFile(bundleScript); (err == nil) != built {
		t.Errorf("the script is in this build: %v; the page has it: %v", err == nil, built)
	}
	policy := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self' wss://192.168.1.10;", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy has no %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is loose: %s", policy)
	}
}

// A person rings with their own numbers, beside their desk phone, and with no other's; the
// connection ends with the session.
func TestAPersonRingsWithTheirOwnNumbers(t *testing.T) {
	f, p := desk(t)
	board := newSwitchboard(t)
	p.Softphones = board
	srv := httptest.NewTLSServer(p)
	defer srv.Close()
	session := f.as(t, account.User)
	cookie := cookieSecureSession + "=" + session.Value
	code, _, body := post(t, srv.Client(), srv.URL+"/ui/softphone/line", nil, "Cookie", cookie, "Origin", srv.URL)
	if code != 200 || !strings.Contains(body, `"number":"201"`) {
		t.Fatalf("%d %s", code, body)
	}
	if code, _, body := post(t, srv.Client(), srv.URL+"/ui/softphone/line", url.Values{"number": {"203"}}, "Cookie", cookie, "Origin", srv.URL); code != 200 || !strings.Contains(body, `"number":"203"`) {
		t.Errorf("the second number: %d %s", code, body)
	}
	if code, _, _ := post(t, srv.Client(), srv.URL+"/ui/softphone/line", url.Values{"number": {"202"}}, "Cookie", cookie, "Origin", srv.URL); code != 403 {
		t.Errorf("somebody else's number: %d", code)
	}
	if len(board.given) != 2 || board.given[0].Person != "awa" || board.given[0].Number != "201" || board.given[0].Device != "" || board.given[1].Number != "203" {
		t.Errorf("lines were given to %+v", board.given)
	}
	// A session of http is not asked for by https: it went over the wire in clear.
	if code, _, _ := post(t, srv.Client(), srv.URL+"/ui/softphone/line", nil, "Cookie", cookieSession+"="+session.Value, "Origin", srv.URL); code != 401 {
		t.Errorf("a session of http: %d", code)
	}
}

// The script is sent packed to who can unpack it, and is the same for who cannot.
func TestTheScriptIsPacked(t *testing.T) {
	_, p := desk(t)
	want, err := bundled.ReadFile(bundleScript)
	for _, packed := range []string{"", "gzip, br"} {
		r := httptest.NewRequest("GET", "/ui/softphone.js", nil)
		if packed != "" {
			r.Header.Set("Accept-Encoding", packed)
		}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		if err != nil { // not in this build
			if w.Code != 404 {
				t.Errorf("no script, and %d", w.Code)
			}
			continue
		}
		body := io.Reader(w.Body)
		size := w.Body.Len()
		if packed != "" {
			if body, err = gzip.NewReader(body); err != nil || size > len(want)/2 {
				t.Fatalf("%d of %d bytes: %v", size, len(want), err)
			}
		}
		if got, _ := io.ReadAll(body); w.Code != 200 || !bytes.Equal(got, want) {
			t.Errorf("%d, %d bytes, want %d", w.Code, len(got), len(want))
		}
	}
}

// What the script says, it says in both languages.
func TestThePhoneSpeaksBothLanguages(t *testing.T) {
	fr, en := slices.Sorted(maps.Keys(softFrench.Script)), slices.Sorted(maps.Keys(softEnglish.Script))
	if !slices.Equal(fr, en) {
		t.Errorf("French has %q, English %q", fr, en)
	}
	for word, text := range softFrench.Script {
		if a, b := strings.Count(text, "%s"), strings.Count(softEnglish.Script[word], "%s"); a != b {
			t.Errorf("%s: %d places in French, %d in English", word, a, b)
		}
	}
	if got := fmt.Sprint(softWordsOf("fr").Title, softWordsOf("en").Title, softWordsOf("").Title); got != "TéléphonePhonePhone" {
		t.Errorf("titles %s", got)
	}
}
