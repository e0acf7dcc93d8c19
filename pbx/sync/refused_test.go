package sync

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What Asterisk refuses is written to the card once, and tried again after pauses
// that grow to five minutes, until the plan is another one.
func TestRefusedFilesAreNotWrittenForEver(t *testing.T) {
	s, x := newSyncer(t)
	x.running = false
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	x.running, x.lines, x.refuse = true, "one", "bad"
	apply(t, s, plan("one"), Result{Generation: 1})
	clock := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return clock }
	start := clock
	var tries []time.Duration
	for clock.Sub(start) < 20*time.Minute {
		before := len(x.reloads)
		var refused *RefusedError
		if _, err := s.Apply(t.Context(), plan("bad")); !errors.As(err, &refused) || refused.Generation != 2 || refused.Back != 1 {
			t.Fatalf("%v, want generation 2 refused and 1 in force", err)
		}
		if len(x.reloads) > before {
			tries = append(tries, clock.Sub(start))
		}
		clock = clock.Add(time.Second)
	}
	want := []time.Duration{0, 2 * time.Second, 6 * time.Second, 14 * time.Second, 30 * time.Second, 62 * time.Second,
		126 * time.Second, 254 * time.Second, 510 * time.Second, 810 * time.Second, 1110 * time.Second}
	if diff := cmp.Diff(want, tries); diff != "" {
		t.Errorf("tries: -want +got\n%s", diff)
	}
	if have, err := (generations{s.Dir}).all(); err != nil || len(have) != 2 {
		t.Errorf("generations %v (%v), want 2 of them", have, err)
	}
	s.Restarted() // another process is asked at once
	before := len(x.reloads)
	if _, err := s.Apply(t.Context(), plan("bad")); err == nil || len(x.reloads) == before {
		t.Errorf("after a restart: %v, %d reloads more; want a try that is refused", err, len(x.reloads)-before)
	}
	got, err := s.Apply(t.Context(), plan("good"))
	if err != nil || got.Generation != 3 || x.lines != "good" {
		t.Errorf("another plan: %+v, %v, asterisk knows %q", got, err, x.lines)
	}
}

// A reload of something else while a restart waits for the end of calls does not make
// the restart be forgotten.
func TestARestartIsOwedAfterAnotherChange(t *testing.T) {
	s, x := newSyncer(t)
	run := "one run"
	s.Started = func(context.Context) (string, error) { return run, nil }
	x.running = false
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	x.running, x.lines = true, "one"
	apply(t, s, plan("one"), Result{Generation: 1})
	moved := plan("one")
	moved["pjsip.conf"] = []byte("another address")
	apply(t, s, moved, Result{Generation: 2, Changed: []string{"pjsip.conf"}, Restart: true})
	moved["pjsip_lines.conf"] = []byte("two")
	apply(t, s, moved, Result{Generation: 3, Changed: []string{"pjsip_lines.conf"}, Reloaded: []string{"res_pjsip.so"}, Restart: true})
	apply(t, s, moved, Result{Generation: 3, Restart: true})
	run = "the next run"
	s.Restarted()
	apply(t, s, moved, Result{Generation: 3})
}
