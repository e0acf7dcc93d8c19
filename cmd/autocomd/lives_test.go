package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/store"

	"github.com/google/go-cmp/cmp"
)

// Who asks between two lives is answered by the second.
func TestTheSocketOutlivesALife(t *testing.T) {
	s := &socket{}
	first, err := s.lend(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := first.Addr().String()
	answer := func(l net.Listener, text string) (stop func()) {
		ctx, end := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			w := web{"http", l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }), io.Discard}
			if err := w.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		return func() { end(); running.Wait() }
	}
	get := func() string {
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + at + "/")
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return string(b)
	}
	stop := answer(first, "first")
	if got := get(); got != "first" {
		t.Errorf("the first life says %q", got)
	}
	stop()
	waiting := make(chan string, 1)
	go func() { waiting <- get() }()
	time.Sleep(50 * time.Millisecond)
	second, err := s.lend(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop = answer(second, "second")
	if got := <-waiting; got != "second" {
		t.Errorf("who came between hears %q", got)
	}
	stop()
	s.close()
	if c, err := net.Dial("tcp", at); err == nil {
		c.Close()
		t.Error("the port is still open")
	}
}

// settled is the settings that hold with a file, a choice, and what the file said before.
func settled(t *testing.T, file config, chosen *pbx.Site, before *pbx.Site) *daemon {
	t.Helper()
	d := &daemon{cfg: file, log: slog.New(slog.DiscardHandler)}
	var err error
	if d.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), store.FileName)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.store.Close() })
	d.cfg.Paths.Data = t.TempDir()
	if err := os.Mkdir(filepath.Join(d.cfg.Paths.Data, "autocom"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(s *pbx.Site, do func([]byte)) {
		if s != nil {
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			do(text)
		}
	}
	write(chosen, func(text []byte) {
		tx, err := d.store.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.PutObject(pbx.Object{Kind: pbx.KindSettings, ID: pbx.SettingSite, Rev: 1, Body: text}, time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	})
	write(before, func(text []byte) {
		if err := os.WriteFile(d.seenFile(), text, 0o644); err != nil {
			t.Fatal(err)
		}
	})
	if err := d.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhichSettingsHold(t *testing.T) {
	file := defaults()
	was := file.site()
	for what, tt := range map[string]struct {
		chosen, before *pbx.Site
		want           pbx.Site
		stays          *pbx.Site
	}{
		"nothing was chosen": {nil, nil, was, nil},
		"something was": {
			&pbx.Site{Mode: "ask", Title: "Lycée"}, &was, pbx.Site{Mode: "ask", Title: "Lycée"}.Or(was), nil,
		},
		"and it is not known what the file said": {&pbx.Site{Mode: "ask"}, nil, pbx.Site{Mode: "ask"}.Or(was), nil},
		"the file was edited elsewhere": {
			&pbx.Site{Mode: "ask"}, new(pbx.Site{Country: "FR"}.Or(was)), pbx.Site{Mode: "ask"}.Or(was), nil,
		},
		"the file was edited there": {
			&pbx.Site{Mode: "ask", Country: "SN"}, new(pbx.Site{Country: "FR"}.Or(was)), pbx.Site{Mode: "ask"}.Or(was), &pbx.Site{Mode: "ask"},
		},
		"what cannot be": {&pbx.Site{Mode: "ask", TimeZone: "Mars/Olympus"}, &was, was, nil},
	} {
		d := settled(t, file, tt.chosen, tt.before)
		if diff := cmp.Diff(tt.want, d.cfg.site()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		if diff := cmp.Diff(tt.stays, d.stays); diff != "" {
			t.Errorf("%s: what stays (-want +got):\n%s", what, diff)
		}
	}
}

// Many that ask at once are answered by one question, and the answer is good for a while.
func TestOneQuestionForAnotherServer(t *testing.T) {
	var p probe
	var asked atomic.Int32
	find := func() (netip.Addr, error) {
		asked.Add(1)
		time.Sleep(20 * time.Millisecond)
		return netip.MustParseAddr("192.168.1.1"), nil
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if got, known := p.ask(t.Context(), find); !known || got.String() != "192.168.1.1" {
				t.Errorf("%s %t", got, known)
			}
		})
	}
	group.Wait()
	gone, leave := context.WithCancel(t.Context())
	leave()
	q := probe{}
	if _, known := q.ask(gone, func() (netip.Addr, error) { <-t.Context().Done(); return netip.Addr{}, nil }); known {
		t.Error("who went away knows the answer")
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}
