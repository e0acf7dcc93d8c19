package sniff

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Counters are what happened since the start.
type Counters struct {
	Frames    uint64 `json:"frames"`
	Sightings uint64 `json:"sightings"`
	Ignored   uint64 `json:"ignored"`   // not from a device that presents itself, or our own
	Malformed uint64 `json:"malformed"` // dropped
	Shed      uint64 `json:"shed"`      // by us, because there were too many
	Lost      uint64 `json:"lost"`      // by the kernel, because we were too slow
	// Faults counts by kind what was wrong, in frames dropped and in frames read all the same.
	Faults map[string]uint64 `json:"faults,omitempty"`
}

type counters struct {
	frames, sightings, ignored, malformed, shed, lost atomic.Uint64

	mu     sync.Mutex
	faults map[string]uint64
}

// kind counts a fault; the kinds are those of this package, so their number is bounded.
func (c *counters) kind(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults == nil {
		c.faults = map[string]uint64{}
	}
	c.faults[name]++
}

// kernel adds what the kernel lost since it was asked last; asking resets its count.
func (c *counters) kernel(conn *conn) {
	if stats, err := conn.Stats(); err == nil {
		c.lost.Add(uint64(stats.Drops))
	}
}

func (c *counters) now() Counters {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Counters{
		Frames: c.frames.Load(), Sightings: c.sightings.Load(), Ignored: c.ignored.Load(),
		Malformed: c.malformed.Load(), Shed: c.shed.Load(), Lost: c.lost.Load(), Faults: maps.Clone(c.faults),
	}
}
