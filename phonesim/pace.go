package phonesim

import (
	"encoding/binary"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// pace measures the longest pause between packets.
type pace struct {
	last    time.Time
	longest time.Duration
}

func (p *pace) at(t time.Time) {
	if !p.last.IsZero() {
		p.longest = max(p.longest, t.Sub(p.last))
	}
	p.last = t
}

// stamp asks the kernel to say when packets came: a busy machine lets us read them later.
func stamp(conn *net.UDPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) })
}

// stamped is when a packet came by its control message; now when it has none.
func stamped(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}

// Pauses are the longest between two packets of the far side and between two of ours since
// the last time they were asked for. Ours should be 20 ms; on a busy machine they are
// longer, and then so are the far side's.
func (c *Call) Pauses() (came, went time.Duration) {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	came, went = c.voice.came.longest, c.voice.went.longest
	c.voice.came.longest, c.voice.went.longest = 0, 0
	return came, went
}
