package pbxtest

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	asteriskconf "autocom/asterisk-conf"
	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/sync"
)

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
