package link

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"autocom/provision"
)

// Neighbours turns what the kernel learns by ARP on one interface into sightings: whose
// hardware address stands behind an IP address. It asks nobody.
type Neighbours struct {
	Interface string
	Sink      func(provision.Sighting) // called from Run, one at a time; it must not block for long
	Log       *slog.Logger             // nil: slog.Default

	once     sync.Once
	ready    chan struct{}
	opened   sync.Once
	counters neighbourCounters
	pairs    pairs
}

// again is how often it is looked whether the interface is still the same one: of the
// end of an interface the neighbour messages say nothing.
const again = 2 * time.Second

// String names the task for the log.
func (n *Neighbours) String() string { return "neighbours on " + n.Interface }

// Ready is closed once the kernel was asked for the first time.
func (n *Neighbours) Ready() <-chan struct{} {
	n.once.Do(func() { n.ready = make(chan struct{}) })
	return n.ready
}

// Run follows the kernel's neighbour table until ctx ends. An interface that is missing is
// looked for again; only the end of ctx ends Run.
func (n *Neighbours) Run(ctx context.Context) error {
	log := n.Log
	if log == nil {
		log = slog.Default()
	}
	told := ""
	for ctx.Err() == nil {
		err := n.follow(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			log.Warn("not following the neighbours, trying again", "interface", n.Interface, "err", err)
		}
		pause(ctx, retry)
	}
	return nil
}

func (n *Neighbours) follow(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	ifi, err := net.InterfaceByName(n.Interface)
	if err != nil {
		return fmt.Errorf("find interface %s: %w", n.Interface, err)
	}
	updates := make(chan netlink.NeighUpdate, 64)
	err = netlink.NeighSubscribeWithOptions(updates, ctx.Done(), netlink.NeighSubscribeOptions{
		ListExisting: true, ErrorCallback: func(error) {}, // it closes updates then
	})
	if err != nil {
		return fmt.Errorf("subscribe to the neighbours of %s: %w", n.Interface, err)
	}
	// Whoever sends into updates must not be left waiting.
	defer func() {
		go func() {
			for range updates {
			}
		}()
	}()
	n.Ready()
	n.opened.Do(func() { close(n.ready) })
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if now, err := net.InterfaceByName(n.Interface); err != nil || now.Index != ifi.Index {
				return errors.New("the interface is gone or another one")
			}
		case u, ok := <-updates:
			if !ok {
				return errors.New("the kernel's neighbour messages ended")
			}
			if u.LinkIndex == ifi.Index && u.Type == unix.RTM_NEWNEIGH && len(u.HardwareAddr) == len(provision.MAC{}) {
				ip, _ := netip.AddrFromSlice(u.IP)
				n.take(neighbour{ip: ip.Unmap(), mac: provision.MAC(u.HardwareAddr), state: u.State}, time.Now())
			}
		}
	}
}

// take reports a neighbour that is new, or not the one that had the address before.
func (n *Neighbours) take(x neighbour, now time.Time) {
	if !host(x.ip) || !x.proves(x.ip) {
		return
	}
	n.counters.messages.Add(1)
	switch news, room := n.pairs.note(x.ip, x.mac, now); {
	case !news:
		return
	case !room:
		n.counters.shed.Add(1)
		return
	}
	n.counters.sightings.Add(1)
	if n.Sink != nil {
		n.Sink(provision.Sighting{
			At: now, Sensor: provision.SensorARP, MAC: x.mac, Proved: true, IP: x.ip, Interface: n.Interface,
			Fields: map[string]string{},
		})
	}
}

// What is kept and told: as many as the kernel's table may have (gc_thresh3 of the image
// is 16384), and in a second what a site of 500 phones makes when it wakes up.
const (
	maxPairs      = 16384
	maxPairsASec  = 500
	pairsForgiven = time.Second
)

// pairs remembers who had which address, so that each is told once.
type pairs struct {
	mac   map[netip.Addr]provision.MAC
	since time.Time
	told  int
}

// note tells whether a pair is news, and whether there is room to tell it now; if not it
// stays news.
func (p *pairs) note(ip netip.Addr, mac provision.MAC, now time.Time) (news, room bool) {
	if p.mac[ip] == mac {
		return false, true
	}
	if now.Sub(p.since) >= pairsForgiven {
		p.since, p.told = now, 0
	}
	if p.told >= maxPairsASec {
		return true, false
	}
	p.told++
	if p.mac == nil || len(p.mac) >= maxPairs {
		p.mac = map[netip.Addr]provision.MAC{} // all are told once more
	}
	p.mac[ip] = mac
	return true, true
}

// NeighbourCounters are what happened since the start.
type NeighbourCounters struct {
	Messages  uint64 `json:"messages"` // of the kernel, about confirmed neighbours
	Sightings uint64 `json:"sightings"`
	Shed      uint64 `json:"shed"` // not told, because there were too many; the kernel's next word may tell
}

type neighbourCounters struct {
	messages, sightings, shed atomic.Uint64
}

// Counters gives the figures of this moment.
func (n *Neighbours) Counters() NeighbourCounters {
	c := &n.counters
	return NeighbourCounters{Messages: c.messages.Load(), Sightings: c.sightings.Load(), Shed: c.shed.Load()}
}
