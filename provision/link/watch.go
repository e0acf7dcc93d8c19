package link

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"autocom/provision"
)

// debounce collects the several messages that one change of a link makes.
const debounce = 250 * time.Millisecond

// retry is the pause after the kernel refused to list or to tell.
const retry = time.Second

// kernel is what Watch needs of the kernel; tests put a fake there.
type kernel interface {
	// Interfaces lists all interfaces with their IPv4 addresses.
	Interfaces() ([]Interface, error)
	// Changes sends after each change, until ctx ends or it loses track; then it is closed.
	Changes(ctx context.Context) (<-chan struct{}, error)
}

// Watch follows the LAN interface.
type Watch struct {
	Name     string          // interface, or Auto
	OnChange func(Interface) // called from Run with each new state; the zero Interface when there is none
	Uplink   string          // the interface towards the internet, or Auto; see Others
	// OnOthers is called from Run, after OnChange, when Others are other ones. May be nil.
	OnOthers func([]Interface)
	Log      *slog.Logger // nil: slog.Default

	kernel kernel // nil: the real one
	asking atomic.Int32

	mu     sync.Mutex
	lan    Interface
	others []Interface
	ready  chan struct{}
}

// String names the task for the log.
func (w *Watch) String() string { return "link " + w.Name }

// Ready is closed once the LAN interface was looked for the first time.
func (w *Watch) Ready() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready == nil {
		w.ready = make(chan struct{})
	}
	return w.ready
}

// LAN gives the interface chosen last; ok is false while there is none.
func (w *Watch) LAN() (lan Interface, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lan, w.lan.Index != 0
}

// Others gives the further interfaces where phones may be; see the function Others.
func (w *Watch) Others() []Interface {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.others)
}

// Address gives the LAN address, the zero Addr while there is none.
func (w *Watch) Address() netip.Addr {
	lan, _ := w.LAN()
	return lan.Address()
}

// Neighbour gives the hardware address of a neighbour on the LAN interface, or on one of
// the others. See the function Neighbour; at most maxAsking addresses are asked for by ARP
// at one time.
func (w *Watch) Neighbour(ip netip.Addr) (provision.MAC, bool) {
	lan, ok := w.LAN()
	if !ok {
		return provision.MAC{}, false
	}
	if mac, ok := lookup(lan.Index, ip); ok {
		return mac, true
	}
	on := lan
	if !on.near(ip) {
		others := w.Others()
		i := slices.IndexFunc(others, func(o Interface) bool { return o.near(ip) })
		if i < 0 {
			return provision.MAC{}, false // routed: nobody would answer
		}
		on = others[i]
		if mac, ok := lookup(on.Index, ip); ok {
			return mac, true
		}
	}
	defer w.asking.Add(-1)
	if w.asking.Add(1) > maxAsking {
		return provision.MAC{}, false
	}
	return ask(on.Index, ip)
}

// Run follows the kernel until ctx ends. A kernel that stops telling is asked
// again every second; only the end of ctx ends Run.
func (w *Watch) Run(ctx context.Context) error {
	k := w.kernel
	if k == nil {
		k = netlinkKernel{}
	}
	for ctx.Err() == nil {
		if err := w.follow(ctx, k); err != nil {
			w.log().Warn("link watch interrupted", "err", err)
		}
		pause(ctx, retry)
	}
	return nil
}

// follow subscribes before it lists, so that no change falls between.
func (w *Watch) follow(parent context.Context, k kernel) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	changes, err := k.Changes(ctx)
	if err != nil {
		return fmt.Errorf("subscribe to link changes: %w", err)
	}
	for {
		list, err := k.Interfaces()
		if err != nil {
			return fmt.Errorf("list interfaces: %w", err)
		}
		w.update(list)
		select {
		case <-parent.Done():
			return nil
		case _, ok := <-changes:
			if !ok {
				if parent.Err() != nil {
					return nil
				}
				return fmt.Errorf("the kernel's link messages ended")
			}
		}
		pause(ctx, debounce)
		drain(changes)
	}
}

func (w *Watch) update(list []Interface) {
	w.mu.Lock()
	old := w.lan
	lan, _ := Pick(list, w.Name, old.Name)
	w.lan = lan
	others := Others(list, lan, w.Uplink)
	newOthers := !slices.EqualFunc(others, w.others, Interface.Equal)
	w.others = others
	if w.ready == nil {
		w.ready = make(chan struct{})
	}
	first := false
	select {
	case <-w.ready:
	default:
		first = true
		close(w.ready)
	}
	w.mu.Unlock()
	if first || !lan.Equal(old) {
		w.log().Info("lan", "interface", lan.Name, "up", lan.Up, "addresses", lan.Addresses)
		if w.OnChange != nil {
			w.OnChange(lan)
		}
	}
	if newOthers {
		names := make([]string, len(others))
		for i, o := range others {
			names[i] = o.Name
		}
		w.log().Info("further interfaces where phones may be", "interfaces", names)
		if w.OnOthers != nil {
			w.OnOthers(slices.Clone(others))
		}
	}
}

func (w *Watch) log() *slog.Logger {
	if w.Log != nil {
		return w.Log
	}
	return slog.Default()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// drain drops what piled up during the debounce: one listing answers it all.
func drain(c <-chan struct{}) {
	for {
		select {
		case _, ok := <-c:
			if !ok {
				return
			}
		default:
			return
		}
	}
}
