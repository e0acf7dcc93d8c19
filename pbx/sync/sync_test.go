package sync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
)

// exchange stands for Asterisk: it knows the file that its last reload read.
type exchange struct {
	dir      string
	running  bool
	reloads  []string
	lines    string // pjsip_lines.conf as read
	refuse   string // content that it does not take
	busy     int    // reloads to refuse with "in progress"
	goesAway bool
}

func (x *exchange) reload(_ context.Context, module string) error {
	x.reloads = append(x.reloads, module)
	if x.goesAway {
		x.running = false
		return errors.New("asterisk's manager is not connected")
	}
	if x.busy > 0 {
		x.busy--
		return errors.New("asterisk refuses action Reload: A reload is in progress")
	}
	body, err := os.ReadFile(filepath.Join(x.dir, "current", "pjsip_lines.conf"))
	if err != nil {
		return err
	}
	if string(body) != x.refuse {
		x.lines = string(body)
	}
	return nil
}

func (x *exchange) verify(_ context.Context, files pbx.Files) error {
	if want := string(files["pjsip_lines.conf"]); x.lines != want {
		return fmt.Errorf("knows %q, not %q", x.lines, want)
	}
	return nil
}

func newSyncer(t *testing.T) (*Syncer, *exchange) {
	dir := filepath.Join(t.TempDir(), "asterisk")
	x := &exchange{dir: dir, running: true}
	return &Syncer{Dir: dir, Log: slog.New(slog.DiscardHandler),
		Running: func() bool { return x.running }, Reload: x.reload, Verify: x.verify,
		pause: func(time.Duration) {}}, x
}

func plan(lines string) pbx.Files {
	return pbx.Files{"asterisk.conf": []byte("a"), "pjsip.conf": []byte("p"), "extensions.conf": []byte("x"), "pjsip_lines.conf": []byte(lines)}
}

func apply(t *testing.T, s *Syncer, files pbx.Files, want Result) {
	t.Helper()
	got, err := s.Apply(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func current(t *testing.T, s *Syncer, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(s.Dir, "current", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var all = []string{"asterisk.conf", "extensions.conf", "pjsip.conf", "pjsip_lines.conf"}

func TestFirstStartThenAChange(t *testing.T) {
	s, x := newSyncer(t)
	x.running = false
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	apply(t, s, plan("one"), Result{Generation: 1})
	x.running, x.lines = true, "one" // it started and read everything
	apply(t, s, plan("one"), Result{Generation: 1})
	apply(t, s, plan("two"), Result{Generation: 2, Changed: []string{"pjsip_lines.conf"}, Reloaded: []string{"res_pjsip.so"}})
	apply(t, s, plan("two"), Result{Generation: 2})
	if diff := cmp.Diff([]string{"res_pjsip.so"}, x.reloads); diff != "" {
		t.Errorf("reloads: -want +got\n%s", diff)
	}
	if got := current(t, s, "pjsip_lines.conf"); got != "two" {
		t.Errorf("current holds %q", got)
	}
}

func TestAChangeWhileAsteriskBoots(t *testing.T) {
	s, x := newSyncer(t)
	x.running = false
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	x.lines = "one" // it read this, and cannot be asked yet
	apply(t, s, plan("two"), Result{Generation: 2, Changed: []string{"pjsip_lines.conf"}})
	x.running = true
	s.Restarted()
	if s.Verified() {
		t.Error("verified before anybody was asked")
	}
	apply(t, s, plan("two"), Result{Generation: 2, Reloaded: []string{"res_pjsip.so", "pbx_config.so"}})
	if !s.Verified() {
		t.Error("not verified")
	}
	if x.lines != "two" {
		t.Errorf("asterisk knows %q", x.lines)
	}
}

func TestWhatNeedsARestart(t *testing.T) {
	s, x := newSyncer(t)
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	x.lines = "one"
	files := plan("one")
	files["pjsip.conf"] = []byte("another address")
	apply(t, s, files, Result{Generation: 2, Changed: []string{"pjsip.conf"}, Restart: true})
	files = plan("two")
	delete(files, "asterisk.conf")
	apply(t, s, files, Result{Generation: 3, Changed: []string{"asterisk.conf", "pjsip.conf", "pjsip_lines.conf"}, Restart: true})
	if _, err := os.Stat(filepath.Join(s.Dir, "current", "asterisk.conf")); err == nil {
		t.Error("a file that is gone from the plan is still there")
	}
	if len(x.reloads) > 0 {
		t.Errorf("reloaded %v", x.reloads)
	}
}

// The daemon is restarted while calls keep Asterisk from being restarted.
func TestARestartStaysDue(t *testing.T) {
	s, x := newSyncer(t)
	run := "11:00"
	s.Started = func(context.Context) (string, error) { return run, nil }
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	x.lines, run = "one", "11:01"
	apply(t, s, plan("one"), Result{Generation: 1})
	files := plan("one")
	files["pjsip.conf"] = []byte("another address")
	apply(t, s, files, Result{Generation: 2, Changed: []string{"pjsip.conf"}, Restart: true})

	s = &Syncer{Dir: s.Dir, Log: s.Log, Running: s.Running, Reload: s.Reload, Verify: s.Verify, Started: s.Started}
	apply(t, s, files, Result{Generation: 2, Restart: true})
	files["pjsip_lines.conf"] = []byte("two")
	apply(t, s, files, Result{Generation: 3, Changed: []string{"pjsip_lines.conf"}, Reloaded: []string{"res_pjsip.so"}, Restart: true})
	run = "11:02"
	s.Restarted()
	apply(t, s, files, Result{Generation: 3})
	apply(t, s, files, Result{Generation: 3})
}

func TestARefusalGoesBack(t *testing.T) {
	s, x := newSyncer(t)
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	x.lines, x.refuse = "one", "bad"
	got, err := s.Apply(t.Context(), plan("bad"))
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Generation != 2 || refused.Back != 1 || got.Generation != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got := current(t, s, "pjsip_lines.conf"); got != "one" || x.lines != "one" {
		t.Errorf("current %q, asterisk %q", got, x.lines)
	}
	apply(t, s, plan("three"), Result{Generation: 3, Changed: []string{"pjsip_lines.conf"}, Reloaded: []string{"res_pjsip.so"}})
}

func TestAsteriskGoesAwayInTheMiddle(t *testing.T) {
	s, x := newSyncer(t)
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	x.goesAway = true
	if _, err := s.Apply(t.Context(), plan("two")); err == nil {
		t.Fatal("no error")
	}
	// Nobody refused anything: it will start on the new one.
	if got := current(t, s, "pjsip_lines.conf"); got != "two" {
		t.Errorf("current %q", got)
	}
	x.goesAway, x.running, x.lines = false, true, "two"
	apply(t, s, plan("two"), Result{Generation: 2})
}

func TestAReloadInProgressIsWaitedFor(t *testing.T) {
	s, x := newSyncer(t)
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	x.busy = 3
	apply(t, s, plan("two"), Result{Generation: 2, Changed: []string{"pjsip_lines.conf"}, Reloaded: []string{"res_pjsip.so"}})
	if len(x.reloads) != 4 {
		t.Errorf("%d attempts", len(x.reloads))
	}
	x.busy = 100
	if _, err := s.Apply(t.Context(), plan("three")); err == nil || !strings.Contains(err.Error(), "in progress") {
		t.Error(err)
	}
}

func TestOldGenerationsGo(t *testing.T) {
	s, x := newSyncer(t)
	x.running = false
	for i := range 30 {
		if _, err := s.Apply(t.Context(), plan(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	have, err := generations{s.Dir}.all()
	if err != nil || len(have) != keep || have[0] != 11 || have[keep-1] != 30 {
		t.Errorf("%v, %v", have, err)
	}
}

// What was secret for a while is on the card no longer than it has to be.
func TestAGenerationIsForgotten(t *testing.T) {
	s, _ := newSyncer(t)
	with := func(lines, secret string) pbx.Files {
		files := plan(lines)
		files["extensions.conf"] = []byte("[a]\n" + secret)
		return files
	}
	for i, files := range []pbx.Files{plan("one"), with("two", "[secret]\nx"), with("three", "[secret]\ny"), with("four", "")} {
		if _, err := s.Apply(t.Context(), files); err != nil {
			t.Fatal(err)
		}
		if i == 2 { // the current one stays, whatever it holds
			if err := s.Forget("extensions.conf", "[secret]"); err != nil {
				t.Fatal(err)
			}
			if got := current(t, s, "extensions.conf"); !strings.Contains(got, "[secret]") {
				t.Errorf("current %q", got)
			}
		}
	}
	cut := filepath.Join(s.Dir, "gen-9"+partial)
	if err := os.Mkdir(cut, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cut, "extensions.conf"), []byte("[secret]"), 0o640); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Forget("extensions.conf", "[secret]"); err != nil {
			t.Fatal(err)
		}
	}
	have, err := generations{s.Dir}.all()
	if err != nil || !slices.Equal(have, []int{1, 4}) {
		t.Errorf("%v, %v, want 1 and 4", have, err)
	}
	if _, err := os.Stat(cut); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a power cut left: %v", err)
	}
}

func TestUnchangedFilesAreTheSameInode(t *testing.T) {
	s, x := newSyncer(t)
	x.running = false
	for _, lines := range []string{"one", "two"} {
		if _, err := s.Apply(t.Context(), plan(lines)); err != nil {
			t.Fatal(err)
		}
	}
	same := func(name string) bool {
		a, err := os.Stat(filepath.Join(s.Dir, "gen-1", name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.Stat(filepath.Join(s.Dir, "gen-2", name))
		if err != nil {
			t.Fatal(err)
		}
		return os.SameFile(a, b)
	}
	if !same("extensions.conf") || same("pjsip_lines.conf") {
		t.Error("extensions.conf was written again, or pjsip_lines.conf was not")
	}
}

// What a power cut may leave is never taken for a generation, and goes.
func TestAfterAPowerCut(t *testing.T) {
	s, x := newSyncer(t)
	x.running = false
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	if err := os.MkdirAll(filepath.Join(s.Dir, "gen-2.partial"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gen-2", filepath.Join(s.Dir, "current.partial")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.Dir, "gen-3"), 0o750); err != nil { // whole, never pointed to
		t.Fatal(err)
	}
	apply(t, s, plan("one"), Result{Generation: 1})
	apply(t, s, plan("two"), Result{Generation: 4, Changed: []string{"pjsip_lines.conf"}})
	left, _ := filepath.Glob(filepath.Join(s.Dir, "*.partial"))
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestFilesHoldSecrets(t *testing.T) {
	s, x := newSyncer(t)
	x.running = false
	apply(t, s, plan("one"), Result{Generation: 1, Changed: all, Restart: true})
	info, err := os.Stat(filepath.Join(s.Dir, "current", "pjsip_lines.conf"))
	if err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("%v, %v: others can read it", info.Mode(), err)
	}
}

func TestNamesStayInside(t *testing.T) {
	s, _ := newSyncer(t)
	for _, name := range []string{"../x", "a/b", "/etc/passwd", ""} {
		if _, err := s.Apply(t.Context(), pbx.Files{name: nil}); err == nil {
			t.Errorf("%q was written", name)
		}
	}
}

func TestALinkToElsewhere(t *testing.T) {
	s, _ := newSyncer(t)
	if err := os.MkdirAll(s.Dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc", filepath.Join(s.Dir, "current")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(t.Context(), plan("one")); err == nil || !strings.Contains(err.Error(), "remove the link") {
		t.Error(err)
	}
}
