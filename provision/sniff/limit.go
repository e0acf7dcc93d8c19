package sniff

import (
	"time"

	"autocom/provision"
)

// What is looked at in a second. 500 phones that boot at one time send some 2000 DHCP
// frames in their first seconds; one phone sends no more than two in a second.
const (
	maxFrames    = 2000
	maxPerDevice = 8
)

// limit keeps a flood from taking the processor and the office's time. A shed frame is no
// loss: a client that gets no answer repeats itself (RFC 2131 4.1).
type limit struct {
	second int64
	frames int
	// seen is a table of fixed size: devices that fall into one place share it.
	seen [1024]struct {
		mac provision.MAC
		n   int
	}
}

// frame reports whether one more frame may be looked at.
func (l *limit) frame(now time.Time) bool {
	if s := now.Unix(); s != l.second {
		l.second, l.frames = s, 0
		clear(l.seen[:])
	}
	l.frames++
	return l.frames <= maxFrames
}

// device reports whether this one may be reported once more in this second.
func (l *limit) device(mac provision.MAC) bool {
	place := &l.seen[(uint(mac[3])<<16|uint(mac[4])<<8|uint(mac[5]))*2654435761>>7%uint(len(l.seen))]
	if place.mac != mac {
		place.mac, place.n = mac, 0
	}
	place.n++
	return place.n <= maxPerDevice
}
