package phonesim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// Memory is what a phone keeps without power.
type Memory struct {
	Settings map[string]string `json:"settings,omitempty"` // as the maker names them
	Account  *Account          `json:"account,omitempty"`
	URL      string            `json:"url,omitempty"`    // where to look when nobody tells
	Number   string            `json:"number,omitempty"` // as the page told the softphone's owner
}

// Rebooted is the Mark of a phone that obeyed check-sync;reboot=true.
const Rebooted = "told to boot"

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
	line  *line
	stop  context.CancelFunc
	kept  sync.WaitGroup
	marks []Mark
}

func newPhone(m maker, mac net.HardwareAddr) *Phone {
	return &Phone{MAC: mac, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Retry: 10 * time.Second, maker: m}
}

func (p *Phone) String() string {
	if p.MAC == nil {
		return p.maker.kind()
	}
	return p.maker.kind() + " " + p.MAC.String()
}

// Kind is "yealink", "snom" or "softphone".
func (p *Phone) Kind() string { return p.maker.kind() }

// Number is what stands beside the line key: the phone's own extension.
func (p *Phone) Number() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Memory.Number != "" || p.Memory.Account == nil {
		return p.Memory.Number
	}
	if p.Memory.Account.Label != "" {
		return p.Memory.Account.Label
	}
	return p.Memory.Account.Name
}

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

// Account is what the phone registers with; ok is false when it has none.
func (p *Phone) Account() (a Account, ok bool) {
	if now := p.account(); now != nil {
		return *now, true
	}
	return Account{}, false
}

func (p *Phone) account() *Account {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Memory.Account
}

// Register opens the line and keeps it registered until PullPlug; it returns when
// the first registration is granted, or when ctx ends.
func (p *Phone) Register(ctx context.Context) error {
	start := time.Now()
	a := p.account()
	if a == nil {
		return fmt.Errorf("%s has no account", p)
	}
	if err := p.open(*a); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	for !p.Registered() {
		select {
		case <-ctx.Done():
			p.mu.Lock()
			l := p.line
			p.mu.Unlock()
			if l == nil {
				return fmt.Errorf("%s was switched off", p)
			}
			return fmt.Errorf("%s cannot register %s: %w", p, a.User, errors.Join(ctx.Err(), l.lastError()))
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.mark("registered", start)
	return nil
}

// open starts the line once; a second call with the same account changes nothing.
func (p *Phone) open(a Account) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line != nil && p.line.account == a {
		return nil
	}
	p.hush()
	l, err := openLine(a, p.link.Addr.Addr(), p.maker.agent(p.MAC), p.Log, p.checkSync)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	p.line, p.stop = l, stop
	p.kept.Go(func() { l.keep(ctx, p.Retry, p.Log) })
	return nil
}

// hush stops the line without a word to anybody. The caller holds mu.
func (p *Phone) hush() {
	if p.line == nil {
		return
	}
	p.stop()
	if err := p.line.close(); err != nil {
		p.Log.Debug("close line", "phone", p.String(), "err", err)
	}
	p.kept.Wait()
	p.line = nil
}

// Reboot is a boot without a change of cable: the line falls silent, the phone looks
// for its settings from the start and registers. Who finds none goes on with what it has.
func (p *Phone) Reboot(ctx context.Context) error {
	p.mu.Lock()
	p.hush()
	p.mu.Unlock()
	if err := p.Provision(ctx); err != nil {
		if p.account() == nil {
			return err
		}
		p.Log.Info("phone boots with the settings it has", "err", err)
	}
	return p.Register(ctx)
}

// checkSync is what the phone does when told so: boot, or read the settings again
// where it read them last.
func (p *Phone) checkSync(rebooting bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p.mu.Lock()
	url, what := p.Memory.URL, p.maker.obeys(p.Memory.Settings, rebooting)
	p.mu.Unlock()
	var err error
	switch what {
	case reboot:
		p.mark(Rebooted, time.Now())
		err = p.Reboot(ctx)
	case refetch:
		if err = p.provision(ctx, url); err == nil {
			err = p.Register(ctx)
		}
	}
	if err != nil {
		p.Log.Info("phone cannot do as check-sync says", "err", err)
	}
}

// Refresh sends one REGISTER now, as a phone does when its registration nears its end.
func (p *Phone) Refresh(ctx context.Context) error {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	if l == nil {
		return fmt.Errorf("%s is not switched on", p)
	}
	if err := l.register(ctx); err != nil {
		return fmt.Errorf("%s registers again: %w", p, err)
	}
	return nil
}

// Registered reports whether the phone's registration still runs.
func (p *Phone) Registered() bool {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	return l != nil && l.registered()
}

func (p *Phone) ready() error {
	if !p.Registered() {
		return fmt.Errorf("%s is not registered", p)
	}
	return nil
}

func (p *Phone) call(ctx context.Context, number string) (*Call, error) {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	return l.call(ctx, number)
}

func (p *Phone) decline(ctx context.Context) error {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	return l.decline(ctx)
}

func (p *Phone) lift(ctx context.Context) (*Call, error) {
	p.mu.Lock()
	l := p.line
	p.mu.Unlock()
	return l.lift(ctx)
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

// remember keeps new settings: what a file does not name stays as it was.
func (p *Phone) remember(settings map[string]string, urlKey string, account func(map[string]string) (*Account, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Memory.Settings == nil {
		p.Memory.Settings = map[string]string{}
	}
	for k, v := range settings {
		p.Memory.Settings[k] = v
	}
	if u := settings[urlKey]; u != "" {
		p.Memory.URL = u
	}
	a, err := account(p.Memory.Settings)
	if err != nil {
		return err
	}
	p.Memory.Account = a
	return nil
}

// saved is the form on disk.
type saved struct {
	Kind   string `json:"kind"`
	MAC    string `json:"mac,omitempty"`
	Memory Memory `json:"memory"`
}

// Save writes the phone's memory to path; it holds the password, so only the owner may read it.
func (p *Phone) Save(path string) error {
	p.mu.Lock()
	b, err := json.MarshalIndent(saved{Kind: p.maker.kind(), MAC: p.MAC.String(), Memory: p.Memory}, "", "  ")
	p.mu.Unlock()
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// Load makes the phone whose memory lies at path.
func Load(path string) (*Phone, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var s saved
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var mac net.HardwareAddr
	if s.MAC != "" {
		if mac, err = net.ParseMAC(s.MAC); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	p, err := New(s.Kind, mac)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	p.Memory = s.Memory
	return p, nil
}

// New makes a phone of a kind: "yealink", "snom" or "softphone" (which needs no MAC).
func New(kind string, mac net.HardwareAddr) (*Phone, error) {
	switch kind {
	case "yealink":
		return NewYealink(mac), nil
	case "snom":
		return NewSnom(mac), nil
	case "softphone":
		return NewSoftphone(""), nil
	}
	return nil, fmt.Errorf("%q is no kind of phone: yealink, snom or softphone", kind)
}
