package account

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// keeping runs the task until the test says so.
func (w *world) keeping() (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Keep(ctx, slog.New(slog.DiscardHandler)) }()
	return func() {
		w.t.Helper()
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	}
}

func TestRefusedAttemptsSurviveARestart(t *testing.T) {
	w := open(t)
	if _, err := w.Establish(t.Context(), "admin", "", good); err != nil {
		t.Fatal(err)
	}
	stop := w.keeping()
	home := netip.MustParseAddr("192.168.1.20")
	w.Refuse(Refused{At: w.clock(), From: home, Account: " Admin "})
	w.later(time.Second)
	w.Refuse(Refused{At: w.clock(), Account: "a password in the wrong field"})
	w.later(time.Second)
	w.Refuse(Refused{At: w.clock(), From: home, Code: true})
	stop()
	first := w.clock().Add(-2 * time.Second)
	want := []Refused{{At: first.Add(2 * time.Second), From: home, Code: true}, {At: first.Add(time.Second)}, {At: first, From: home, Account: "admin"}}
	for _, when := range []string{"before", "after"} {
		if diff := cmp.Diff(want, w.Refused(), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s the restart: -want +got\n%s", when, diff)
		}
		w.restart()
	}
}

// The first attempt is written at once, not when autocomd ends: it may be killed.
func TestARefusedAttemptIsWrittenSoon(t *testing.T) {
	w := open(t)
	defer w.keeping()()
	w.Refuse(Refused{At: w.clock(), Code: true})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		d, err := w.store.LoadDoors(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Refused) == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the card does not have it")
		}
	}
}

func TestRefusedAttemptsAreBounded(t *testing.T) {
	w := open(t)
	for range 3 {
		for n := range maxRefused - 100 {
			w.Refuse(Refused{At: w.clock().Add(time.Duration(n) * time.Second), Code: true})
		}
		stop := w.keeping()
		stop()
	}
	newest := w.Refused()[0]
	for range 2 {
		d, err := w.store.LoadDoors(t.Context())
		if err != nil || len(d.Refused) != maxRefused || len(w.Refused()) != maxRefused || w.Refused()[0] != newest {
			t.Fatalf("%v: the card has %d, the book %d", err, len(d.Refused), len(w.Refused()))
		}
		w.restart()
	}
}
