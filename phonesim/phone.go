package phonesim

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Marks of a phone's life that reports ask for.
const (
	Rebooted = "told to boot" // it obeyed check-sync;reboot=true
	Told     = "told by PnP"  // from its SUBSCRIBE to the NOTIFY with the address of its settings
)

// Mark is a step of a phone's life, for the report.
type Mark struct {
	What string        `json:"what"`
	At   time.Time     `json:"at"`
	Took time.Duration `json:"took"`
}

// maker is what differs between makers: how a phone finds its settings and reads them.
type maker interface {
	kind() string
	dhcp() identity
	agent(mac net.HardwareAddr) string // User-Agent of SIP and, for most, of HTTP
	// provision reads the settings at url, or looks for them as at a boot when it is "".
	provision(ctx context.Context, p *Phone, url string) error
	// obeys reads a check-sync with what the phone has in its settings.
	obeys(settings map[string]string, reboot bool) order
	base() bool // a DECT base: each line waits for its handset
}

// order is what a phone does when it is told check-sync.
type order int

const (
	ignore order = iota
	refetch
	reboot
)

// Phone is one virtual telephone. Its memory survives PullPlug.
type Phone struct {
	MAC    net.HardwareAddr // nil for a softphone
	Memory Memory
	Log    *slog.Logger
	Retry  time.Duration // between attempts to register; phones take 10 to 60 s

	maker maker

	mu    sync.Mutex
	link  Link
	lines map[int]*line // that run, counted from 1
	marks []Mark

	syncs atomic.Int32 // check-syncs not done yet
}

func newPhone(m maker, mac net.HardwareAddr) *Phone {
	p := &Phone{MAC: mac, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Retry: 10 * time.Second, maker: m}
	if m.base() {
		p.Memory.Paired = 1 // bases are sold with a handset
	}
	return p
}

func (p *Phone) String() string {
	if p.MAC == nil {
		return p.maker.kind()
	}
	return p.maker.kind() + " " + p.MAC.String()
}

// Kind is one of Kinds.
func (p *Phone) Kind() string { return p.maker.kind() }

// Number is what stands beside the line key: the phone's own extension.
func (p *Phone) Number() string { return p.Line(1).Number() }

// Attach gives the phone its place on the network; Wire.Plug does it by DHCP.
func (p *Phone) Attach(l Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.link = l
}

// Link is the phone's present place on the network.
func (p *Phone) Link() Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link
}

// Provision looks for settings as the maker's phone does at boot. A phone that finds
// none, or settings without account, keeps the account it has; it fails when it has none.
func (p *Phone) Provision(ctx context.Context) error {
	return p.provision(ctx, "")
}

func (p *Phone) provision(ctx context.Context, url string) error {
	if !p.Link().Addr.IsValid() {
		return fmt.Errorf("%s has no address: plug it in first", p)
	}
	start := time.Now()
	err := p.maker.provision(ctx, p, url)
	if err != nil {
		return fmt.Errorf("%s looks for its settings: %w", p, err)
	}
	if p.account() == nil {
		return fmt.Errorf("%s found settings but no account", p)
	}
	p.mark("settings read", start)
	return nil
}

// Account is what the phone's first line registers with; ok is false when it has none.
func (p *Phone) Account() (a Account, ok bool) { return p.Line(1).Account() }

func (p *Phone) account() *Account {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Memory.Account
}

// PullPlug takes the power away: no message to anybody, memory kept.
func (p *Phone) PullPlug() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hush()
	p.link = Link{}
}

// Marks are the steps so far.
func (p *Phone) Marks() []Mark {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Mark(nil), p.marks...)
}

func (p *Phone) mark(what string, start time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.marks = append(p.marks, Mark{What: what, At: now, Took: now.Sub(start)})
	p.Log.Info("phone", "phone", p.maker.kind(), "mac", p.MAC.String(), "step", what, "took", now.Sub(start))
}
