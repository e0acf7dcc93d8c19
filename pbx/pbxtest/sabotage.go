package pbxtest

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"autocom/pbx"
)

// Sabotage is a mistake put into the rendered files, to see that a scenario finds it: the
// tests are tested.
type Sabotage struct {
	Words    string // what goes wrong, as somebody would tell it
	File     string // "extensions.conf"
	Old, New string // every Old becomes New; Old must be there
}

// Scene is a scenario as a function, so that it can be played on a sabotaged exchange too.
// It uses Within for its patience.
type Scene func(t testing.TB, w *World)

// Sabotaged plays a scene on a plan as it is, where it must succeed, and once for each
// sabotage, where it must fail by itself: what Asterisk logs does not count.
func Sabotaged(t *testing.T, plan pbx.Plan, scene Scene, sabotages ...Sabotage) {
	t.Helper()
	began := time.Now()
	if !t.Run("as rendered", func(t *testing.T) {
		if said := play(t, plan, scene, nil, 0); said != "" {
			t.Fatalf("the scene fails without sabotage: %s", said)
		}
	}) {
		return
	}
	patience := time.Since(began) + haste
	for _, s := range sabotages {
		t.Run(s.Words, func(t *testing.T) {
			said := play(t, plan, scene, &s, patience)
			if said == "" {
				t.Fatalf("nobody noticed: %q instead of %q in %s", s.New, s.Old, s.File)
			}
			t.Logf("noticed: %s", said)
		})
	}
}

// play gives the first complaint of a scene; "" when it succeeds.
func play(t *testing.T, plan pbx.Plan, scene Scene, s *Sabotage, patience time.Duration) (said string) {
	t.Helper()
	r := &recorder{TB: t, patience: patience}
	r.ctx, r.cancel = context.WithCancel(t.Context())
	defer r.end()
	apply := func(files pbx.Files) {
		if s == nil {
			return
		}
		if !bytes.Contains(files[s.File], []byte(s.Old)) {
			t.Errorf("%s holds no %q: the sabotage does nothing", s.File, s.Old)
		}
		files[s.File] = bytes.ReplaceAll(files[s.File], []byte(s.Old), []byte(s.New))
	}
	r.run(func() {
		w := open(r, plan, apply)
		scene(r, w)
	})
	return r.first()
}

// recorder is a test that may fail without failing the one around it.
type recorder struct {
	testing.TB
	patience time.Duration // of what uses Within; 0: its own
	ctx      context.Context
	cancel   context.CancelFunc

	mu       sync.Mutex
	said     []string
	cleanups []func()
}

// run calls f until it returns or gives up.
func (r *recorder) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// end cleans up, as a test does at its end.
func (r *recorder) end() {
	r.cancel()
	for {
		r.mu.Lock()
		n := len(r.cleanups)
		if n == 0 {
			r.mu.Unlock()
			return
		}
		f := r.cleanups[n-1]
		r.cleanups = r.cleanups[:n-1]
		r.mu.Unlock()
		r.run(f)
	}
}

func (r *recorder) first() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.said) == 0 {
		return ""
	}
	return r.said[0]
}

func (r *recorder) say(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, s)
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) Context() context.Context  { return r.ctx }
func (r *recorder) Helper()                   {}
func (r *recorder) Log(args ...any)           {}
func (r *recorder) Logf(string, ...any)       {}
func (r *recorder) Failed() bool              { return r.first() != "" }
func (r *recorder) Fail()                     { r.say("it fails") }
func (r *recorder) Error(args ...any)         { r.say(fmt.Sprintln(args...)) }
func (r *recorder) Errorf(f string, a ...any) { r.say(fmt.Sprintf(f, a...)) }
func (r *recorder) Fatal(args ...any)         { r.say(fmt.Sprintln(args...)); runtime.Goexit() }
func (r *recorder) Fatalf(f string, a ...any) { r.say(fmt.Sprintf(f, a...)); runtime.Goexit() }
func (r *recorder) FailNow()                  { r.Fail(); runtime.Goexit() }

// haste is what a sabotaged scene may take longer than the same one without sabotage.
const haste = 2 * time.Second

// Within is a context that ends after d, or with the test; on a sabotaged exchange it ends
// sooner, for nobody expects a success.
func Within(t testing.TB, d time.Duration) context.Context {
	if r, ok := t.(*recorder); ok && r.patience > 0 {
		d = min(d, r.patience)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
