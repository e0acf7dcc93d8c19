package pbxtest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	asteriskconf "autocom/asterisk-conf"
	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/sync"
	"autocom/phonesim"
)

// World is a running exchange with its phones.
type World struct {
	outer    testing.TB
	asterisk *asterisktest.Asterisk
	data     string
	ctx      context.Context

	mu      gosync.Mutex
	plan    pbx.Plan
	agents  map[string]*phonesim.Agent
	allowed []string
	manager *ami.Client
	hearers []func(ami.Event)
	next    byte // last part of the next free address

	questions atomic.Int64 // that Asterisk asked of the dead resolver
}

// patience is how long any one test of a world may take in all.
const patience = 3 * time.Minute

// Open renders and checks a plan, and starts Asterisk on it. It stops at the end of the
// test, which fails for every error or warning that Asterisk logged and nobody expected.
func Open(t testing.TB, p pbx.Plan) *World { return open(t, p, nil) }

// open is Open with a change of the rendered files, which are then not checked.
func open(t testing.TB, p pbx.Plan, change func(pbx.Files)) *World {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w := &World{outer: t, data: t.TempDir(), ctx: ctx, agents: map[string]*phonesim.Agent{}, plan: p, next: 200}
	t.Cleanup(cancel)
	t.Cleanup(enter(t))
	files := w.render(p, change == nil)
	if change != nil {
		change(files)
	}
	for _, d := range asteriskconf.StateDirs {
		if err := os.MkdirAll(filepath.Join(w.data, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.syncer(&ami.Client{}).Apply(ctx, files); err != nil { // not connected: only the link moves
		t.Fatal(err)
	}
	w.swallow()
	w.asterisk = asterisktest.Start(t, asterisktest.Options{DataDir: w.data, ResolvConf: "nameserver " + resolver})
	t.Cleanup(w.clean)
	return w
}

// resolver is where Asterisk asks for names. It swallows every question, as that of a box
// behind a dead uplink does: each costs 10 s.
const resolver = "127.0.0.53"

func (w *World) swallow() {
	hole, err := net.ListenPacket("udp", resolver+":53")
	if err != nil {
		w.outer.Fatal(err)
	}
	w.outer.Cleanup(func() { hole.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			if _, _, err := hole.ReadFrom(buf); err != nil {
				return
			}
			w.questions.Add(1)
		}
	}()
}

// Questions counts what Asterisk asked of its name server, which answers nothing.
func (w *World) Questions() int { return int(w.questions.Load()) }

// render makes the files of a plan.
func (w *World) render(p pbx.Plan, check bool) pbx.Files {
	t := w.t()
	t.Helper()
	files, err := asteriskconf.Render(p)
	if err != nil {
		t.Fatal(err)
	}
	if check {
		if err := asteriskconf.Check(files, os.DirFS(filepath.Join(asterisktest.Rootfs(t), "usr/share/asterisk/sounds"))); err != nil {
			t.Fatalf("the rendered files lead nowhere: %v", err)
		}
	}
	return files
}

// t is the test that a failure belongs to now.
func (w *World) t() testing.TB {
	now.Lock()
	defer now.Unlock()
	if n := len(now.tests); n > 0 {
		return now.tests[n-1]
	}
	return w.outer
}

// Context ends when the test has taken far too long.
func (w *World) Context() context.Context { return w.ctx }

// Agent is a registered user agent of a number: "201", or "201/2" for its second line.
func (w *World) Agent(number string) *phonesim.Agent {
	w.t().Helper()
	return w.AgentWith(number, phonesim.AgentOptions{})
}

// AgentWith is Agent with options; they count when the line has no agent yet.
func (w *World) AgentWith(number string, o phonesim.AgentOptions) *phonesim.Agent {
	t := w.t()
	t.Helper()
	w.mu.Lock()
	a := w.agents[number]
	w.mu.Unlock()
	if a != nil {
		return a
	}
	a = w.NewAgent(number, o)
	if err := a.Register(w.ctx); err != nil {
		t.Fatal(err)
	}
	return a
}

// NewAgent is AgentWith that does not register yet.
func (w *World) NewAgent(number string, o phonesim.AgentOptions) *phonesim.Agent {
	t := w.t()
	t.Helper()
	e, at := w.endpoint(number)
	if at < 0 {
		t.Fatalf("the plan has no line %q", number)
	}
	a := w.AgentOf(Account(e), Address(byte(10+at)), o)
	w.mu.Lock()
	w.agents[number] = a
	w.mu.Unlock()
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.agents[number] == a {
			delete(w.agents, number)
		}
	})
	return a
}

// AgentOf is an agent of any account at any address: a stranger, a provider. It has not
// registered.
func (w *World) AgentOf(a phonesim.Account, here netip.Addr, o phonesim.AgentOptions) *phonesim.Agent {
	t := w.t()
	t.Helper()
	agent, err := phonesim.OpenAgent(a, netip.AddrPortFrom(here, 5060), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := agent.Close(); err != nil && w.asterisk.PID() != 0 {
			t.Errorf("%s leaves: %v", agent, err)
		}
	})
	return agent
}

// Account is what a phone of an endpoint registers with.
func Account(e pbx.Endpoint) phonesim.Account {
	return phonesim.Account{User: e.ID, Auth: e.ID, Password: e.Secret, Name: e.Name, Label: e.Number,
		Server: Box, Port: 5060, Transport: "udp", Expiry: 10 * time.Minute}
}

// Address is one of the phones' network.
func Address(last byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 168, 77, last}) }

// Free gives an address that nobody has: for a provider, a gateway.
func (w *World) Free() netip.Addr {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	return Address(w.next - 1)
}

// endpoint finds a line by "201" or "201/2".
func (w *World) endpoint(number string) (pbx.Endpoint, int) {
	number, nth, _ := strings.Cut(number, "/")
	n, err := strconv.Atoi(nth)
	if err != nil {
		n = 1
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, e := range w.plan.Endpoints {
		if e.Number == number {
			if n--; n == 0 {
				return e, i
			}
		}
	}
	return pbx.Endpoint{}, -1
}

// Line is the id of a line: "201", "201/2".
func (w *World) Line(number string) string {
	e, _ := w.endpoint(number)
	return e.ID
}

// Plan is what is in force.
func (w *World) Plan() pbx.Plan {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.plan
	p.Objects = slices.Clone(p.Objects)
	p.Endpoints = slices.Clone(p.Endpoints)
	return p
}

// Apply makes a changed plan the one in force, as autocomd does.
func (w *World) Apply(p pbx.Plan) sync.Result {
	t := w.t()
	t.Helper()
	files := w.render(p, true)
	r, err := w.syncer(w.Manager()).Apply(w.ctx, files)
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	if r.Restart {
		t.Fatalf("apply: %v is true only after a restart", r.Changed)
	}
	w.mu.Lock()
	w.plan = p
	w.mu.Unlock()
	return r
}

func (w *World) syncer(c *ami.Client) *sync.Syncer {
	return &sync.Syncer{
		Dir: filepath.Join(w.data, "asterisk"), Log: slog.New(slog.DiscardHandler), Running: c.Up, Reload: c.Reload, Started: c.Started,
		Verify: func(ctx context.Context, files pbx.Files) error {
			endpoints, err := c.Endpoints(ctx)
			if err != nil {
				return err
			}
			hints, err := c.Hints(ctx)
			if err != nil {
				return err
			}
			return asteriskconf.ReadBack(files, endpoints, hints)
		},
	}
}

// Manager is a client of the manager, logged in as autocomd.
func (w *World) Manager() *ami.Client {
	t := w.t()
	t.Helper()
	w.mu.Lock()
	c := w.manager
	w.mu.Unlock()
	if c != nil {
		return c
	}
	up := make(chan struct{}, 1)
	c = &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: w.Plan().ManagerSecret, Log: slog.New(slog.DiscardHandler),
		OnEvent: w.event,
		OnUp: func(context.Context) {
			select {
			case up <- struct{}{}:
			default:
			}
		}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	w.outer.Cleanup(func() { cancel(); <-done })
	select {
	case <-up:
	case <-time.After(20 * time.Second):
		t.Fatal("the manager does not come up")
	}
	w.mu.Lock()
	w.manager = c
	w.mu.Unlock()
	return c
}

// Listen hands every event of the manager to f from now on, in order.
func (w *World) Listen(f func(ami.Event)) {
	w.t().Helper()
	w.mu.Lock()
	w.hearers = append(w.hearers, f)
	w.mu.Unlock()
	w.Manager()
}

func (w *World) event(e ami.Event) {
	w.mu.Lock()
	hearers := slices.Clone(w.hearers)
	w.mu.Unlock()
	for _, f := range hearers {
		f(e)
	}
}

// Restart stops Asterisk and starts it again.
func (w *World) Restart() { w.asterisk.Restart() }

// Kill ends Asterisk at once, as a power cut does; Restart starts it again.
func (w *World) Kill() { w.asterisk.Kill() }

// CLI runs a command of Asterisk's console.
func (w *World) CLI(command string) string {
	t := w.t()
	t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
	defer cancel()
	out, err := w.asterisk.CLI(ctx, command)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Data is the directory that Asterisk sees as /data.
func (w *World) Data() string { return w.data }

// PID is the process of Asterisk, 0 when it is stopped.
func (w *World) PID() int { return w.asterisk.PID() }

// Log is all that Asterisk wrote to its console.
func (w *World) Log() string { return w.asterisk.Log() }

// Expect says that Asterisk will log errors or warnings that hold one of the texts.
func (w *World) Expect(texts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.allowed = append(w.allowed, texts...)
}

// raced is in what Asterisk logs as an error when a caller gives up at the moment at which
// they are told who is called: nothing is wrong.
const raced = "update_connected_line_information: Session already DISCONNECTED"

// clean fails the test for what Asterisk complained of.
// ours is how Asterisk shows what our dialplan says by Log(): no fault, but what people
// should find in the journal.
var ours = regexp.MustCompile(`WARNING\[\d+\](\[[^]]*\])?: Ext\. `)

func (w *World) clean() {
	w.mu.Lock()
	allowed := w.allowed
	w.mu.Unlock()
	for _, line := range w.asterisk.Complaints() {
		if strings.Contains(line, raced) || ours.MatchString(line) {
			continue
		}
		if !slices.ContainsFunc(allowed, func(s string) bool { return strings.Contains(line, s) }) {
			w.outer.Error("asterisk's log: ", line)
		}
	}
	if w.outer.Failed() {
		w.outer.Logf("asterisk's log:\n%s", tail(w.asterisk.Log(), 60))
	}
}

// tail is the last lines of a log, without what it says of every request.
func tail(s string, n int) string {
	lines := slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool {
		return strings.TrimSpace(l) == "" || strings.Contains(l, "] SECURITY[")
	})
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// Hears fails when a call does not hear the tone hz alone and without breaks; other is
// the tone that it speaks itself. Half a second may pass until the sound is there.
func Hears(t testing.TB, c *phonesim.Call, hz, other float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var e phonesim.Ear
	for range 6 {
		var err error
		if e, err = c.Hear(ctx, 300*time.Millisecond, hz, other); err != nil {
			t.Fatal(err)
		}
		if e.Clear() {
			return
		}
	}
	t.Errorf("it does not hear the other: %s", e)
}

// Eventually waits until f is nil, or fails with its last error after d.
func Eventually(t testing.TB, d time.Duration, f func() error) {
	t.Helper()
	deadline := time.Now().Add(d)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(fmt.Errorf("after %s: %w", d, err))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
