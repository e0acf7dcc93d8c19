package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

var (
	t0    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	phone = provision.MAC{0x00, 0x15, 0x65, 0xaa, 0xbb, 0x01}
	addrs = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
)

// server knows one secret file, one common file, and remembers what it was asked.
type server struct {
	*Server
	requests []provision.Request
}

func newServer() *server {
	s := &server{}
	s.Server = &Server{
		Find: func(_ context.Context, r provision.Request) (provision.File, error) {
			s.requests = append(s.requests, r)
			switch {
			case r.Name == "001565aabb01.cfg" && r.Token == "t0ken-of-the-phone":
				return provision.File{Name: r.Name, ContentType: "text/plain", Body: []byte("account"), Secret: true}, nil
			case r.Name == "y000000000028.cfg":
				return provision.File{Name: r.Name, ContentType: "text/plain", Body: []byte("common")}, nil
			case r.Name == "broken.cfg":
				return provision.File{}, errors.New("disk full of secrets")
			}
			return provision.File{}, fmt.Errorf("find %s: %w", r.Name, fs.ErrNotExist)
		},
		Neighbour: func(ip netip.Addr) (provision.MAC, bool) {
			if ip == netip.MustParseAddr("192.0.2.50") {
				return phone, true
			}
			return provision.MAC{}, false
		},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		now: func() time.Time { return t0 },
	}
	return s
}

func (s *server) ask(method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = "192.0.2.50:40000"
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Remote" {
			r.RemoteAddr = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// response is a whole answer as a phone sees it.
type response struct {
	Code   int
	Header http.Header
	Body   string
}

func whole(w *httptest.ResponseRecorder) response {
	return response{w.Code, w.Result().Header, w.Body.String()}
}

func TestAPhoneGetsItsFile(t *testing.T) {
	s := newServer()
	want := response{200, http.Header{
		"Accept-Ranges": {"bytes"}, "Cache-Control": {"no-store"}, "Content-Length": {"7"}, "Content-Type": {"text/plain"},
		"Etag": {etag([]byte("account"))}, "X-Content-Type-Options": {"nosniff"},
	}, "account"}
	got := s.ask("GET", "/p/t0ken-of-the-phone/001565aabb01.cfg", "User-Agent", "Yealink\x01 SIP-T46G")
	if diff := cmp.Diff(want, whole(got)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]provision.Request{{
		At: t0, Protocol: "http", Name: "001565aabb01.cfg", Token: "t0ken-of-the-phone",
		Remote: netip.MustParseAddrPort("192.0.2.50:40000"), UserAgent: "Yealink  SIP-T46G", MAC: phone,
	}}, s.requests, addrs); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestACommonFile(t *testing.T) {
	s := newServer()
	first := s.ask("GET", "/y000000000028.cfg")
	if first.Code != 200 || first.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d, cache %q", first.Code, first.Header().Get("Cache-Control"))
	}
	head := s.ask("HEAD", "/y000000000028.cfg")
	if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != "6" {
		t.Errorf("HEAD: %v", whole(head))
	}
	again := s.ask("GET", "/y000000000028.cfg", "If-None-Match", first.Header().Get("Etag"))
	if again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("asked again: %v", whole(again))
	}
	stranger := s.ask("GET", "/y000000000028.cfg", "Remote", "[::ffff:192.0.2.99]:1")
	if stranger.Code != 200 || !s.requests[3].MAC.IsZero() || s.requests[3].Remote.String() != "192.0.2.99:1" {
		t.Errorf("a stranger: %d, request %v", stranger.Code, s.requests[3])
	}
	if diff := cmp.Diff(Counters{Requests: 4, Served: 4}, s.Counters()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

func TestStrangersAndUnknownNamesGetTheSameAnswer(t *testing.T) {
	s := newServer()
	want := response{404, http.Header{
		"Cache-Control": {"no-store"}, "Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"},
	}, "not found\n"}
	targets := []string{
		"/001565aabb01.cfg", "/nothing.cfg", "/p/wrong-token-0000/001565aabb01.cfg", "/p/short/x.cfg", "/p/", "/p/t0ken-of-the-phone",
		"/p/t0ken-of-the-phone/", "/a/b.cfg", "/..%2f..%2fetc%2fpasswd", "/..", "/.htaccess", "/" + strings.Repeat("x", 200),
		"/p/t0ken-of-the-phone/a/b", "/x%00y", "/x%0ay", "/a..b", "//p/x/y",
		"/Cisco/../001565aabb01.cfg", "/a/.b", "/a/b/c/d/e.cfg", "/a/", "/a//b", "/a%5cb", "//p/t0ken-of-the-phone/001565aabb01.cfg",
	}
	for _, target := range targets {
		if diff := cmp.Diff(want, whole(s.ask("GET", target))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", target, diff)
		}
	}
	if got := s.Counters().NotFound; got != uint64(len(targets)) {
		t.Errorf("%d counted, want %d", got, len(targets))
	}
}

func TestOtherMethodsAndFailures(t *testing.T) {
	s := newServer()
	put := s.ask("PUT", "/0004f2aabb01-boot.log")
	if put.Code != 405 || put.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("PUT: %v", whole(put))
	}
	failed := s.ask("GET", "/broken.cfg")
	if failed.Code != 503 || strings.Contains(failed.Body.String(), "secrets") {
		t.Errorf("a failure: %v", whole(failed))
	}
	if diff := cmp.Diff(Counters{Requests: 2, Refused: 1, Failed: 1}, s.Counters()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

func TestNamesMayHaveFolders(t *testing.T) {
	s := newServer()
	for _, path := range []string{"Cisco/CP-7841-3PCC/001122aabb01.cfg", "42/2/7C2F80AABB01.xml"} {
		s.ask("GET", "/"+path)
		s.ask("GET", "/p/t0ken-of-the-phone/"+path)
		for i, token := range []string{"", "t0ken-of-the-phone"} {
			r := s.requests[len(s.requests)-2+i]
			if r.Name != path || r.Token != token {
				t.Errorf("%s: name %q, token %q", path, r.Name, r.Token)
			}
		}
	}
}

func TestTwoSlashesAreOne(t *testing.T) {
	s := newServer()
	if w := s.ask("GET", "/p/t0ken-of-the-phone//001565aabb01.cfg"); w.Code != 200 {
		t.Errorf("%v", whole(w))
	}
}

func TestOneAddressCannotFlood(t *testing.T) {
	s := newServer()
	now := t0
	s.now = func() time.Time { return now }
	answered := 0
	for range 2 * burst {
		if s.ask("GET", "/y000000000028.cfg").Code == 200 {
			answered++
		}
	}
	if answered != burst {
		t.Errorf("%d answers at once, want %d", answered, burst)
	}
	if w := s.ask("GET", "/y000000000028.cfg", "Remote", "192.0.2.51:1"); w.Code != 200 {
		t.Errorf("another address: %d", w.Code)
	}
	now = now.Add(time.Second)
	answered = 0
	for range 2 * burst {
		if s.ask("GET", "/y000000000028.cfg").Code == 200 {
			answered++
		}
	}
	if answered != perSecond {
		t.Errorf("%d answers after a second, want %v", answered, perSecond)
	}
}

func TestConcurrentRequestsOfOneAddress(t *testing.T) {
	var g guard
	addr := netip.MustParseAddr("192.0.2.50")
	var over []func()
	for range maxConcurrent {
		done, ok := g.enter(addr, t0)
		if !ok {
			t.Fatal("refused too early")
		}
		over = append(over, done)
	}
	if _, ok := g.enter(addr, t0); ok {
		t.Error("one more was let in")
	}
	over[0]()
	if _, ok := g.enter(addr, t0); !ok {
		t.Error("refused though one was over")
	}
}

func TestTheGuardForgets(t *testing.T) {
	var g guard
	addr := netip.MustParseAddr("10.0.0.0")
	for range maxAddresses {
		addr = addr.Next()
		done, ok := g.enter(addr, t0)
		if !ok {
			t.Fatal("refused too early")
		}
		done()
	}
	if _, ok := g.enter(addr.Next(), t0); ok {
		t.Error("an address more than can be remembered was let in")
	}
	if _, ok := g.enter(addr.Next(), t0.Add(time.Minute)); !ok || len(g.addrs) != 1 {
		t.Errorf("after a minute: %v, %d remembered", ok, len(g.addrs))
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"/a.cfg", "/Cisco/CP-7841-3PCC/001122aabb01.cfg", "/42/2/7C2F80AABB01.xml", "/a/./b", "/a/../b", "/p/p/p/p/p", "/p/t0ken-of-the-phone/a.cfg", "/p//a", "//", "/../x", "/p/%2e/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		token, name, ok := split(path)
		if !ok {
			return
		}
		if name == "" || len(name) > 128 || len(token) > 128 || strings.ContainsAny(name, "\\\x00\r\n%") || strings.Contains(name, "..") ||
			strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.Contains(name, "//") || strings.Contains(name, "/.") {
			t.Errorf("%q gives %q %q", path, token, name)
		}
	})
}

// 500 phones ask at one time, each from its own address.
func TestFiveHundredPhones(t *testing.T) {
	s := newServer()
	s.Find = func(_ context.Context, r provision.Request) (provision.File, error) {
		return provision.File{Name: r.Name, ContentType: "text/plain", Body: []byte(r.Name), Secret: true}, nil
	}
	var all sync.WaitGroup
	for i := range 500 {
		all.Go(func() {
			name := fmt.Sprintf("001565aa%04x.cfg", i)
			r := httptest.NewRequest("GET", "/"+name, nil)
			r.RemoteAddr = fmt.Sprintf("10.1.%d.%d:40000", i/250, 1+i%250)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != 200 || w.Body.String() != name {
				t.Errorf("%s: %d %q", name, w.Code, w.Body)
			}
		})
	}
	all.Wait()
	if got := s.Counters().Secret; got != 500 {
		t.Errorf("%d secret files counted", got)
	}
}
