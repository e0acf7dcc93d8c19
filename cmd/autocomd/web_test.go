package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
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
	}), slog.New(slog.DiscardHandler)}
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
}
