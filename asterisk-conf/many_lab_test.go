//go:build lab

package asteriskconf

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/sync"
)

// lab500 is a plan of 500 phones, the first two of which are ours.
func lab500() pbx.Plan {
	plan := labPlan()
	plan.Endpoints = append(plan.Endpoints[:2:2], many(498).Endpoints...)
	return plan
}

// syncer is what the daemon ties together: render, sync, ami.
func syncer(dir string, c *ami.Client) *sync.Syncer {
	return &sync.Syncer{
		Dir: dir, Log: slog.New(slog.DiscardHandler), Running: c.Up, Reload: c.Reload, Started: c.Started,
		Verify: func(ctx context.Context, files pbx.Files) error {
			endpoints, err := c.Endpoints(ctx)
			if err != nil {
				return err
			}
			hints, err := c.Hints(ctx)
			if err != nil {
				return err
			}
			return ReadBack(files, endpoints, hints)
		},
	}
}

// A phone is added to 500 while two talk: they hear each other on, the new one is
// known, and doing it twice does nothing.
//
// In words: a phone is added to five hundred others during a call, and nobody hears it.
func TestAPhoneIsAddedTo500DuringACall(t *testing.T) {
	plan := lab500()
	data := t.TempDir()
	stateDirs(t, data)
	dir := filepath.Join(data, "asterisk")
	s := syncer(dir, &ami.Client{}) // not connected: only the link moves
	first, err := s.Apply(t.Context(), render(t, plan))
	if err != nil || !first.Restart || first.Generation != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	began := time.Now()
	a := asterisktest.Start(t, asterisktest.Options{DataDir: data})
	t.Logf("boot with 500 lines: %s, resident %s", time.Since(began), resident(t, a.PID()))
	c := manager(t, plan, nil)
	s = syncer(dir, c)

	ctx := within(t, 60*time.Second)
	heard := make(chan float64, 1)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	two := newPhone(t, plan.Endpoints[1], bob, 5060, accept(t, 880, heard))
	for _, p := range []*phone{one, two} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	d, status, _, err := one.call(ctx, "202")
	if err != nil {
		t.Fatal(err, status)
	}
	go d.play(d.Context(), 440)
	next(ctx, t, heard)

	fresh := pbx.Endpoint{ID: "001565ffffff-1", Secret: "secret-of-the-new-phone", Number: "777", Name: "Nouveau", Right: pbx.RightInternal}
	plan.Endpoints = append(plan.Endpoints, fresh)
	began = time.Now()
	got, err := s.Apply(ctx, render(t, plan))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("render, swap, reload and read back 501 lines: %s", time.Since(began))
	if got.Restart || !slices.Equal(got.Reloaded, []string{"res_pjsip.so", "app_voicemail.so", "pbx_config.so"}) {
		t.Errorf("%+v", got)
	}
	if again, err := s.Apply(ctx, render(t, plan)); err != nil || again.Generation != 2 || len(again.Reloaded) > 0 {
		t.Errorf("twice: %+v, %v", again, err)
	}
	if hz := d.listen(); math.Abs(hz-880) > 20 {
		t.Errorf("after the reload the caller hears %.0f Hz, want 880", hz)
	}
	three := newPhone(t, fresh, carole, 5060, accept(t, 660, make(chan float64, 1)))
	if err := three.register(ctx); err != nil {
		t.Fatalf("the new phone: %v", err)
	}
	if contacts, err := c.Contacts(ctx); err != nil || len(contacts) != 3 {
		t.Errorf("registrations after the reload: %v, %v", contacts, err)
	}
	if n, err := c.Channels(ctx); err != nil || n != 2 {
		t.Errorf("%d channels, %v", n, err)
	}
	d.Bye(ctx)
	d, status, _, err = one.call(ctx, "777")
	if err != nil {
		t.Errorf("call to the new phone: %d, %v", status, err)
	} else {
		d.Bye(ctx)
	}

	// One leaves: its number is nobody's.
	plan.Endpoints = plan.Endpoints[:500]
	if got, err = s.Apply(ctx, render(t, plan)); err != nil || got.Generation != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, status, _, _ = one.call(ctx, "777"); status != 404 {
		t.Errorf("a number that is gone: %d", status)
	}
	t.Logf("resident after calls and reloads %s", resident(t, a.PID()))
	// 500 lines announce their state in one burst; the mark is not configurable, and
	// pjsip.conf says that it is no reason to refuse calls.
	clean(t, a, "Taskprocessor 'stasis/m:devicestate:all")
}

// A file that Asterisk does not take whole is found by asking, and goes back.
//
// In words: a change that Asterisk does not take whole is taken back.
func TestWhatAsteriskDoesNotTakeGoesBack(t *testing.T) {
	plan := labPlan()
	data := t.TempDir()
	stateDirs(t, data)
	dir := filepath.Join(data, "asterisk")
	if _, err := syncer(dir, &ami.Client{}).Apply(t.Context(), render(t, plan)); err != nil {
		t.Fatal(err)
	}
	a := asterisktest.Start(t, asterisktest.Options{DataDir: data})
	s := syncer(dir, manager(t, plan, nil))
	files := render(t, plan)
	files["pjsip_lines.conf"] = append(files["pjsip_lines.conf"], "\n[broken](line-internal)\nauth = broken\naors = broken\nrtp_timeout = soon\n"...)
	ctx := within(t, 20*time.Second)
	got, err := s.Apply(ctx, files)
	if err == nil || !strings.Contains(err.Error(), "does not know endpoint broken") || got.Generation != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	t.Log(err)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	if err := one.register(ctx); err != nil {
		t.Errorf("after going back: %v\n%s", err, a.Log())
	}
}

// Another address is a restart; until it happens it stays due, and after it the
// phones find the exchange there.
//
// In words: Asterisk is restarted for another address of the box, and phones find it there.
func TestAnotherAddressIsARestart(t *testing.T) {
	plan := labPlan()
	data := t.TempDir()
	stateDirs(t, data)
	dir := filepath.Join(data, "asterisk")
	if _, err := syncer(dir, &ami.Client{}).Apply(t.Context(), render(t, plan)); err != nil {
		t.Fatal(err)
	}
	a := asterisktest.Start(t, asterisktest.Options{DataDir: data})
	c := manager(t, plan, nil)
	ctx := within(t, 30*time.Second)
	plan.Address = netip.MustParseAddr(carole)
	for range 2 { // a daemon, and the next one
		if got, err := syncer(dir, c).Apply(ctx, render(t, plan)); err != nil || !got.Restart || got.Generation != 2 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	a.Restart()
	for !c.Up() && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if got, err := syncer(dir, c).Apply(ctx, render(t, plan)); err != nil || got.Restart {
		t.Errorf("after the restart: %+v, %v", got, err)
	}
	out, err := a.CLI(ctx, "pjsip show transports")
	if err != nil || !strings.Contains(out, carole+":5060") || strings.Contains(out, lan+":5060") {
		t.Errorf("%v\n%s", err, out)
	}
	clean(t, a)
}

// Asterisk is killed and comes back: phones are known before they register again,
// and the manager's client reads everything.
//
// In words: after a restart calls work at once.
func TestAfterARestartCallsWorkAtOnce(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	ctx := within(t, 30*time.Second)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	two := newPhone(t, plan.Endpoints[1], bob, 5060, accept(t, 880, make(chan float64, 1)))
	for _, p := range []*phone{one, two} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	ups := make(chan int, 4)
	c := &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: plan.ManagerSecret, Log: slog.New(slog.DiscardHandler)}
	c.OnUp = func(ctx context.Context) {
		contacts, err := c.Contacts(ctx)
		if err != nil {
			t.Error(err)
		}
		ups <- len(contacts)
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- c.Run(running) }()
	defer func() { stop(); <-done }()
	if n := next(ctx, t, ups); n != 2 {
		t.Errorf("%d contacts before", n)
	}
	a.Restart()
	if n := next(ctx, t, ups); n != 2 {
		t.Errorf("%d contacts after", n)
	}
	d, status, _, err := one.call(ctx, "202")
	if err != nil {
		t.Fatalf("%d, %v", status, err)
	}
	d.Bye(ctx)
	clean(t, a)
}

// A phone writes its own contact; whatever it writes, Dial gets no options from it.
//
// In words: whatever a phone says of its own address changes nothing in how it is rung.
func TestAContactIsNoOption(t *testing.T) {
	plan := labPlan()
	start(t, plan, asterisktest.Options{})
	ctx := within(t, 30*time.Second)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	rang := make(chan struct{}, 1)
	two := newPhone(t, plan.Endpoints[1], bob, 5060, func(d incoming) {
		rang <- struct{}{}
		d.Respond(486, "Busy Here", nil)
	})
	if err := one.register(ctx); err != nil {
		t.Fatal(err)
	}
	if err := two.registerAs(ctx, "x,1,A(beep)&PJSIP/001565000001-1"); err != nil {
		t.Fatal(err)
	}
	_, status, _, _ := one.call(ctx, "202")
	if status != 486 {
		t.Errorf("status %d", status)
	}
	select {
	case <-rang:
	default:
		t.Error("the called did not ring")
	}
}

func render(t testing.TB, plan pbx.Plan) pbx.Files {
	t.Helper()
	files, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// resident is the memory of a process, as the kernel prints it.
func resident(t testing.TB, pid int) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "?"
}
