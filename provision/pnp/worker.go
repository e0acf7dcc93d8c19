package pnp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"autocom/provision"
)

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
	key := question{source.Addr(), s.CallID, s.CSeq}
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

// question is one SUBSCRIBE under way.
type question struct {
	from         netip.Addr
	callID, cseq string
}

// begin reports whether a question may be answered now; end must follow.
func (r *Responder) begin(q question) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.active == nil {
		r.active = map[question]bool{}
	}
	same := 0
	for other := range r.active {
		if other.from == q.from {
			same++
		}
	}
	if r.active[q] || same >= maxPerPhone || len(r.active) >= maxWorkers {
		return false
	}
	r.active[q] = true
	return true
}

func (r *Responder) end(q question) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.active, q)
}

// serve reports one SUBSCRIBE and answers it.
func (r *Responder) serve(ctx context.Context, s Subscribe, source netip.AddrPort) error {
	sighting := r.sighting(s, source.Addr())
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
	pauses := resend
	if r.Neighbour != nil && !sighting.Proved {
		// Anybody may ask in any name: one copy, so that nobody keeps all workers busy.
		pauses = resend[:1]
	}
	return r.send(ctx, s, source, local, url, pauses)
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
