// Package pnp turns a phone's SIP SUBSCRIBE to 224.0.1.75 into a sighting, and
// the address that is found for it into the NOTIFY that the phone waits for.
// It is the one way to reach a factory-new phone behind a foreign router.
package pnp

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"autocom/provision"
)

// Group and Port are where phones ask (IANA: sip.mcast.net).
var Group = netip.AddrFrom4([4]byte{224, 0, 1, 75})

// Port is SIP's.
const Port = 5060

const (
	maxDatagram = 4096
	maxWorkers  = 64               // SUBSCRIBEs answered at one time; more are dropped, phones repeat
	maxPerPhone = 2                // of them, from one address
	rejoin      = 60 * time.Second // IGMP-snooping switches without a querier forget members
	retry       = time.Second
)

// Responder answers phones on one interface. Asterisk owns port 5060 of the LAN
// address, so the answers leave from a port of their own, named in Via and
// Contact; phones answer to where a NOTIFY came from.
type Responder struct {
	Interface string
	Local     func() netip.Addr                                               // the LAN address; the zero Addr: do not answer
	Neighbour func(netip.Addr) (provision.MAC, bool)                          // proves the asking phone's hardware address
	Answer    func(context.Context, provision.Sighting) (url string, ok bool) // false: stay silent
	Log       *slog.Logger                                                    // nil: slog.Default

	once     sync.Once
	ready    chan struct{}
	counters counters

	mu     sync.Mutex
	active map[question]bool
}

// String names the task for the log.
func (r *Responder) String() string { return "pnp on " + r.Interface }

// Ready is closed once the group was joined for the first time.
func (r *Responder) Ready() <-chan struct{} {
	r.once.Do(func() { r.ready = make(chan struct{}) })
	return r.ready
}

// Run answers until ctx ends, and returns when the last answer is over. An
// interface that is missing or goes away is joined again when it is back.
func (r *Responder) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	told := ""
	for ctx.Err() == nil {
		err := r.listen(ctx, &work)
		if ctx.Err() != nil {
			break
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			r.log().Warn("not listening to SIP PnP, trying again", "interface", r.Interface, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
	return nil
}

func (r *Responder) listen(parent context.Context, work *sync.WaitGroup) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	group, err := join(r.Interface)
	if err != nil {
		return err
	}
	defer group.Close()
	stop := context.AfterFunc(ctx, func() { group.Close() })
	defer stop()
	work.Go(func() { r.rejoin(ctx, group) })
	r.Ready()
	select {
	case <-r.ready:
	default:
		close(r.ready)
	}
	buf := make([]byte, maxDatagram)
	for {
		n, source, err := group.ReadFromUDPAddrPort(buf)
		if err != nil {
			return fmt.Errorf("read %s: %w", r.Interface, err)
		}
		source = netip.AddrPortFrom(source.Addr().Unmap(), source.Port())
		r.datagram(parent, work, buf[:n], source)
	}
}

// rejoin renews the membership; when that fails the interface is another one
// now, and the socket is closed so that listen starts anew.
func (r *Responder) rejoin(ctx context.Context, group *groupConn) {
	tick := time.NewTicker(rejoin)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := group.rejoin(); err != nil {
				r.log().Warn("multicast group lost", "interface", r.Interface, "err", err)
				group.Close()
				return
			}
		}
	}
}

func (r *Responder) log() *slog.Logger {
	if r.Log != nil {
		return r.Log
	}
	return slog.Default()
}
