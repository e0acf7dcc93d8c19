// Package sniff turns Ethernet frames into sightings: it listens to the DHCP
// messages that every phone broadcasts when it boots, sends nothing, and
// decides nothing.
package sniff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"autocom/provision"
)

// retry is the pause before an interface that went away is opened again.
const retry = time.Second

// DHCP listens on one interface. RFC 2131: DISCOVER, REQUEST and INFORM are
// broadcast and so reach us through any switch; answers and renewals mostly do not.
type DHCP struct {
	Interface string
	Sink      func(provision.Sighting) // called from Run, one at a time; it must not block for long
	Log       *slog.Logger             // nil: slog.Default

	once     sync.Once
	ready    chan struct{}
	counters counters
}

// String names the task for the log.
func (d *DHCP) String() string { return "sniff dhcp on " + d.Interface }

// Ready is closed once the interface was opened for the first time.
func (d *DHCP) Ready() <-chan struct{} {
	d.once.Do(func() { d.ready = make(chan struct{}) })
	return d.ready
}

// Run listens until ctx ends. An interface that is missing or goes away is
// opened again when it is back; only the end of ctx ends Run.
func (d *DHCP) Run(ctx context.Context) error {
	told := ""
	for ctx.Err() == nil {
		err := d.listen(ctx)
		if ctx.Err() != nil {
			break
		}
		// Once per cause, not once a second.
		if err != nil && err.Error() != told {
			told = err.Error()
			d.log().Warn("not listening to DHCP, trying again", "interface", d.Interface, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
	return nil
}

func (d *DHCP) listen(ctx context.Context) error {
	ifi, err := net.InterfaceByName(d.Interface)
	if err != nil {
		return fmt.Errorf("find interface %s: %w", d.Interface, err)
	}
	conn, err := open(ifi)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	d.Ready()
	select {
	case <-d.ready:
	default:
		close(d.ready)
	}
	var own provision.MAC
	copy(own[:], ifi.HardwareAddr)
	buf := make([]byte, maxFrame)
	for {
		n, vlan, err := conn.read(buf)
		if err != nil {
			d.counters.kernel(conn)
			return fmt.Errorf("read %s: %w", d.Interface, err)
		}
		d.frame(buf[:n], vlan, own)
		if d.counters.frames.Load()%64 == 0 {
			d.counters.kernel(conn)
		}
	}
}

// frame decodes one frame and passes the sighting on. vlan is the tag that the
// kernel took out of the frame.
func (d *DHCP) frame(frame []byte, vlan uint16, own provision.MAC) {
	d.counters.frames.Add(1)
	s, err := DecodeDHCP(frame)
	switch {
	case errors.Is(err, ErrOther):
		d.counters.ignored.Add(1)
		return
	case err != nil:
		d.counters.malformed.Add(1)
		d.log().Debug("malformed DHCP frame dropped", "interface", d.Interface, "err", err)
		return
	case s.MAC == own: // the box asks for its own address
		d.counters.ignored.Add(1)
		return
	}
	s.At = time.Now()
	s.Interface = d.Interface
	if s.VLAN == 0 {
		s.VLAN = vlan
	}
	d.counters.sightings.Add(1)
	if d.Sink != nil {
		d.Sink(s)
	}
}

func (d *DHCP) log() *slog.Logger {
	if d.Log != nil {
		return d.Log
	}
	return slog.Default()
}

// Counters are what happened since the start.
type Counters struct {
	Frames    uint64 `json:"frames"`
	Sightings uint64 `json:"sightings"`
	Ignored   uint64 `json:"ignored"`   // not from a client, or our own
	Malformed uint64 `json:"malformed"` // dropped
	Lost      uint64 `json:"lost"`      // by the kernel, because we were too slow
}

type counters struct {
	frames, sightings, ignored, malformed, lost atomic.Uint64
}

// kernel adds what the kernel lost since it was asked last; asking resets its count.
func (c *counters) kernel(conn *conn) {
	if stats, err := conn.Stats(); err == nil {
		c.lost.Add(uint64(stats.Drops))
	}
}

// Counters gives the figures of this moment.
func (d *DHCP) Counters() Counters {
	c := &d.counters
	return Counters{
		Frames: c.frames.Load(), Sightings: c.sightings.Load(), Ignored: c.ignored.Load(),
		Malformed: c.malformed.Load(), Lost: c.lost.Load(),
	}
}
