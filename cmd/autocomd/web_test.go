package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"autocom/office"
	"autocom/portal"
	"autocom/provision"
	"autocom/provision/vendors"
	"autocom/store"
)

func TestARequestUnderWayIsAnswered(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	arrived := make(chan struct{})
	w := web{"http", l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done() // the daemon ends
		time.Sleep(50 * time.Millisecond)
		fmt.Fprint(w, "answered")
	}), io.Discard}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	status := make(chan int, 1)
	go func() {
		resp, err := http.Get("http://" + l.Addr().String() + "/")
		if err != nil {
			status <- 0
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-arrived
	end()
	if code := <-status; code != http.StatusOK {
		t.Errorf("status %d, want 200", code)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNothingTowardsTheUplink(t *testing.T) {
	address := netip.MustParseAddr("192.168.1.10")
	h := onLAN(func() netip.Addr { return address }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	for local, want := range map[string]int{
		"192.168.1.10:80": 200, "[::ffff:192.168.1.10]:80": 200, "127.0.0.1:80": 200, "[::1]:80": 200,
		"10.64.3.2:80": 403, "[2001:db8::1]:80": 403,
	} {
		at := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))
		r := httptest.NewRequest("GET", "/", nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(at))))
		if w.Code != want {
			t.Errorf("asked at %s: %d, want %d", local, w.Code, want)
		}
	}
}

// Before the box has an address neither a page nor a file is given: they would hold none.
func TestNoAddressYet(t *testing.T) {
	var address netip.Addr
	h := addressed(func() netip.Addr { return address }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	for path, want := range map[string]int{"/": 503, "/ui/number": 503, "/001565aa0001.cfg": 503, "/p/token/001565aa0001.cfg": 503, "/api/v1/status": 200} {
		if w := ask(path); w.Code != want || (w.Header().Get("Retry-After") == "5") != (want == 503) {
			t.Errorf("%s: %d, %v; want %d", path, w.Code, w.Header(), want)
		}
	}
	address = netip.MustParseAddr("192.168.1.10")
	if w := ask("/"); w.Code != 200 {
		t.Errorf("with an address: %d, want 200", w.Code)
	}
}

// What a person types into a router or a phone: rendered for the address of now, for each
// maker that has files, and never a phone's own URL.
func TestMakersForThePage(t *testing.T) {
	set, err := vendors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	site := provision.Site{Language: "fr", Address: netip.MustParseAddr("192.168.1.10"), HTTPPort: 8080}
	all := brands(site, set.Vendors(), set.TypeURL)
	served, told := 0, 0
	for _, m := range all {
		if m.Name == "" || m.ID == "generic" {
			t.Errorf("maker %q is called %q", m.ID, m.Name)
		}
		values := []string{m.TypeURL}
		for _, o := range m.Options {
			values = append(values, o.Value, o.Means)
			if o.Form != "text" && o.Form != "address" && o.Form != "hex" || o.Value == "" {
				t.Errorf("%s: option %d is %q %q", m.ID, o.Code, o.Form, o.Value)
			}
		}
		text := strings.Join(values, " ")
		if strings.Contains(text, "{{") || strings.Contains(text, "/p/") {
			t.Errorf("%s: %s", m.ID, text)
		}
		if m.Unsupported != "" {
			if len(m.Options) > 0 || m.TypeURL != "" {
				t.Errorf("%s has no files and is told %s", m.ID, text)
			}
			continue
		}
		served++
		if strings.Contains(text, "192.168.1.10") {
			told++
		}
	}
	t.Logf("%d makers, %d served, %d told the address", len(all), served, told)
	if served < 5 || told < 5 {
		t.Errorf("%d makers are served, %d of them told the address", served, told)
	}
	for _, m := range brands(provision.Site{}, set.Vendors(), set.TypeURL) {
		if m.TypeURL != "" || len(m.Options) > 0 {
			t.Errorf("without an address %s is told %q %v", m.ID, m.TypeURL, m.Options)
		}
	}
}

// The portal's words for the office's errors.
func TestDesk(t *testing.T) {
	makers, err := vendors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), t.TempDir()+"/"+store.FileName)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	o, err := office.Open(t.Context(), office.Config{
		Mode: office.ModeAsk, Extensions: "201", NewPerMinute: 9, NewPerDay: 9, OpenReservations: 9, Files: makers, Window: time.Minute,
	}, st, makers.Vendors(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	d := desk{Office: o}
	first, err := d.GetNumber(t.Context(), "the first installation", "Awa", provision.Device{}.IP)
	if err != nil || first.State() != "pending" {
		t.Fatalf("first: %s (%v), want pending", first.State(), err)
	}
	second, err := d.GetNumber(t.Context(), "the second installation", "", provision.Device{}.IP)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Show(t.Context(), "the first installation"); !errors.Is(err, portal.ErrConflict) {
		t.Errorf("show without a number: %v, want a conflict", err)
	}
	for _, tt := range []struct {
		verb, id string
		want     error
	}{
		{"approve", first.ID, nil},
		{"approve", first.ID, nil},
		{"approve", second.ID, portal.ErrConflict},
		{"approve", "soft-nobody", fs.ErrNotExist},
		{"reset", second.ID, portal.ErrConflict},
		{"release", first.ID, nil},
		{"approve", second.ID, nil},
		{"reject", second.ID, nil},
	} {
		if err := d.Do(t.Context(), tt.verb, tt.id); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s %s: %v, want %v", tt.verb, tt.id, err, tt.want)
		}
	}
	ctx := t.Context()
	_, _, password := d.Password(ctx, first.ID)
	_, _, nobody := d.Password(ctx, "soft-nobody")
	for what, tt := range map[string]struct{ got, want error }{
		"name":                       {d.Rename(ctx, first.ID, "Awa"), nil},
		"name of nobody":             {d.Rename(ctx, "soft-nobody", "Awa"), fs.ErrNotExist},
		"keys that are none":         {d.SetKeys(ctx, first.ID, []provision.Key{{Number: "x y"}}), portal.ErrConflict},
		"keys of nobody":             {d.SetKeys(ctx, "soft-nobody", nil), fs.ErrNotExist},
		"a number that is no number": {d.Replace(ctx, first.ID, "x"), portal.ErrConflict},
		"a line of a softphone":      {d.AddLine(ctx, first.ID), portal.ErrConflict},
		"password of a softphone":    {password, portal.ErrConflict},
		"password of nobody":         {nobody, fs.ErrNotExist},
	} {
		if !errors.Is(tt.got, tt.want) || tt.want == nil && tt.got != nil {
			t.Errorf("%s: %v, want %v", what, tt.got, tt.want)
		}
	}
	if n := len(d.trail(0)) + len(d.alerts()); n != 0 {
		t.Errorf("%d entries of a trail that nobody made", n)
	}
}
