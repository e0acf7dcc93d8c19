package pbxtest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	asteriskconf "autocom/asterisk-conf"
	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
	"autocom/pbx/ami"
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
