// Package sniff turns Ethernet frames into sightings: it listens to the DHCP
// messages that every phone broadcasts when it boots and to the LLDP frames of what
// hangs on the same cable, sends nothing, and decides nothing.
package sniff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/net/bpf"

	"autocom/provision"
)

// retry is the pause before an interface that went away is opened again.
const retry = time.Second

// protocol is what differs between the senses of this package.
type protocol struct {
	name   string
	on     string // interface
	filter []bpf.Instruction
	groups []provision.MAC
	// decode gives a sighting without time and interface, and the fault it read over.
	decode func(frame []byte) (s provision.Sighting, mended string, err error)
	sink   func(provision.Sighting)
	log    *slog.Logger
}

// ear is what the senses of this package have in common. Its exported methods are theirs.
type ear struct {
	once     sync.Once
	ready    chan struct{}
	opened   sync.Once
	counters counters
	limit    limit
}

// Ready is closed once the interface was opened for the first time.
func (e *ear) Ready() <-chan struct{} {
	e.once.Do(func() { e.ready = make(chan struct{}) })
	return e.ready
}

// Counters gives the figures of this moment.
func (e *ear) Counters() Counters { return e.counters.now() }

func (e *ear) run(ctx context.Context, p protocol) error {
	if p.log == nil {
		p.log = slog.Default()
	}
	told := ""
	for ctx.Err() == nil {
		err := e.listen(ctx, p)
		if ctx.Err() != nil {
			break
		}
		// Once per cause, not once a second.
		if err != nil && err.Error() != told {
			told = err.Error()
			p.log.Warn("not listening to "+p.name+", trying again", "interface", p.on, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
	return nil
}

func (e *ear) listen(ctx context.Context, p protocol) error {
	ifi, err := net.InterfaceByName(p.on)
	if err != nil {
		return fmt.Errorf("find interface %s: %w", p.on, err)
	}
	conn, err := open(ifi, p.filter, p.groups)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	e.Ready()
	e.opened.Do(func() { close(e.ready) })
	var own provision.MAC
	copy(own[:], ifi.HardwareAddr)
	buf := make([]byte, maxFrame)
	for i := 1; ; i++ {
		n, vlan, err := conn.read(buf)
		if err != nil {
			e.counters.kernel(conn)
			return fmt.Errorf("read %s: %w", p.on, err)
		}
		e.frame(p, buf[:n], vlan, own, time.Now())
		if i%64 == 0 {
			e.counters.kernel(conn)
		}
	}
}

// frame decodes one frame and passes the sighting on. vlan is the tag that the
// kernel took out of the frame.
func (e *ear) frame(p protocol, frame []byte, vlan uint16, own provision.MAC, now time.Time) {
	e.counters.frames.Add(1)
	if !e.limit.frame(now) {
		e.counters.shed.Add(1)
		return
	}
	s, mended, err := p.decode(frame)
	if mended != "" {
		e.counters.kind(mended)
	}
	switch {
	case errors.Is(err, ErrOther):
		e.counters.ignored.Add(1)
		return
	case err != nil:
		e.counters.malformed.Add(1)
		var f fault
		if errors.As(err, &f) {
			e.counters.kind(f.kind)
		}
		p.log.Debug("malformed "+p.name+" frame dropped", "interface", p.on, "err", err)
		return
	case s.MAC == own: // the box asks for its own address
		e.counters.ignored.Add(1)
		return
	case !e.limit.device(s.MAC):
		e.counters.shed.Add(1)
		return
	}
	s.At = now
	s.Interface = p.on
	if s.VLAN == 0 {
		s.VLAN = vlan
	}
	e.counters.sightings.Add(1)
	if p.sink != nil {
		p.sink(s)
	}
}
