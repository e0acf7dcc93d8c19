// Package pnp turns a phone's SIP SUBSCRIBE to 224.0.1.75 into a sighting, and
// the address that is found for it into the NOTIFY that the phone waits for.
// It is the one way to reach a factory-new phone behind a foreign router.
package pnp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
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
	rejoin      = 60 * time.Second // IGMP-snooping switches without a querier forget members
	retry       = time.Second
)

// resend are the pauses after each copy of a NOTIFY (RFC 3261 17.1.2.1: T1, 2*T1 …).
var resend = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// Responder answers phones on one interface. Asterisk owns port 5060 of the LAN
// address, so the answers leave from a port of their own, named in Via and
// Contact; phones answer to where a NOTIFY came from.
type Responder struct {
	Interface string
	Local     func() netip.Addr                                               // the LAN address; the zero Addr: do not answer
	Neighbour func(netip.Addr) (provision.MAC, bool)                          // proves the asking phone's hardware address
	Sink      func(provision.Sighting)                                        // told first; nil: nobody
	Answer    func(context.Context, provision.Sighting) (url string, ok bool) // false: stay silent
	Log       *slog.Logger                                                    // nil: slog.Default

	once     sync.Once
	ready    chan struct{}
	counters counters

	mu     sync.Mutex
	active map[string]bool // SUBSCRIBEs under way, by source, Call-ID and CSeq
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

// datagram decodes one and hands it to a worker. Repetitions of a SUBSCRIBE
// that is being answered are dropped: its NOTIFY is repeated anyway.
func (r *Responder) datagram(ctx context.Context, work *sync.WaitGroup, b []byte, source netip.AddrPort) {
	r.counters.datagrams.Add(1)
	s, err := Decode(b)
	switch {
	case errors.Is(err, ErrOther):
		r.counters.ignored.Add(1)
		return
	case err != nil:
		r.counters.malformed.Add(1)
		r.log().Debug("malformed SIP PnP datagram dropped", "from", source, "err", err)
		return
	}
	key := source.String() + " " + s.CallID + " " + s.CSeq
	if !r.begin(key) {
		r.counters.dropped.Add(1)
		return
	}
	work.Go(func() {
		defer r.end(key)
		if err := r.serve(ctx, s, source); err != nil && ctx.Err() == nil {
			r.counters.failed.Add(1)
			r.log().Warn("phone not answered by PnP", "mac", s.MAC, "ip", source.Addr(), "err", err)
		}
	})
}

func (r *Responder) begin(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == nil {
		r.active = map[string]bool{}
	}
	if r.active[key] || len(r.active) >= maxWorkers {
		return false
	}
	r.active[key] = true
	return true
}

func (r *Responder) end(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.active, key)
}

// serve reports one SUBSCRIBE and answers it.
func (r *Responder) serve(ctx context.Context, s Subscribe, source netip.AddrPort) error {
	sighting := r.sighting(s, source.Addr())
	if r.Sink != nil {
		r.Sink(sighting)
	}
	if r.Answer == nil {
		return nil
	}
	url, ok := r.Answer(ctx, sighting)
	if !ok {
		r.counters.silent.Add(1)
		return nil
	}
	if url == "" || len(url) > maxHeader {
		return fmt.Errorf("no usable address for its files: %d bytes", len(url))
	}
	local := netip.Addr{}
	if r.Local != nil {
		local = r.Local()
	}
	if !local.IsValid() {
		return errors.New("this box has no address on its interface yet")
	}
	return r.send(ctx, s, source, local, url)
}

// sighting completes the claim with what the neighbour table proves. A phone
// that names no MAC (AudioCodes) has the neighbour's; one that names another
// than the neighbour's is a claim only.
func (r *Responder) sighting(s Subscribe, ip netip.Addr) provision.Sighting {
	out := s.Sighting()
	out.At, out.IP, out.Interface = time.Now(), ip, r.Interface
	if r.Neighbour == nil {
		return out
	}
	mac, ok := r.Neighbour(ip)
	if ok && out.MAC.IsZero() {
		out.MAC = mac
	}
	out.Proved = ok && out.MAC == mac
	return out
}

// send answers 200, then repeats the NOTIFY until the phone answers it.
func (r *Responder) send(ctx context.Context, s Subscribe, source netip.AddrPort, local netip.Addr, url string) error {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return fmt.Errorf("open a socket on %s: %w", local, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	own, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return err
	}
	d := newDialog(s, source, own)
	if _, err := conn.WriteToUDPAddrPort(d.ok(), s.replyTo(source)); err != nil {
		return fmt.Errorf("send 200: %w", err)
	}
	notify, to := d.notify(url), s.notifyTo(source)
	buf := make([]byte, maxDatagram)
	for _, wait := range resend {
		if _, err := conn.WriteToUDPAddrPort(notify, to); err != nil {
			return fmt.Errorf("send NOTIFY: %w", err)
		}
		r.counters.notifies.Add(1)
		if d.wait(conn, buf, wait) {
			r.counters.answered.Add(1)
			r.log().Info("phone told its address by PnP", "mac", s.MAC, "ip", source.Addr())
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	// Not an error of ours: some firmware fetches without a word.
	r.counters.unanswered.Add(1)
	return nil
}

// wait reads until the phone answered the NOTIFY or the time is over.
func (d dialog) wait(conn *net.UDPConn, buf []byte, limit time.Duration) bool {
	if err := conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return false
	}
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return false
		}
		if from.Addr().Unmap() == d.source.Addr() && d.answered(buf[:n]) {
			return true
		}
	}
}

func (r *Responder) log() *slog.Logger {
	if r.Log != nil {
		return r.Log
	}
	return slog.Default()
}
