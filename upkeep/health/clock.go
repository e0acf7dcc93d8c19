package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Clock is what a time server says of its own clock.
type Clock struct {
	Synchronised bool // it follows a clock outside
	Stratum      int  // how many servers away that is
}

// localClock is the reference of chrony's own clock, which it gives out without a source:
// 127.127.1.1.
var localClock = [3]byte{127, 127, 1}

// AskClock asks a time server on UDP port 123 (RFC 5905 7.3, a client's packet as in RFC
// 4330 5): reading the kernel's own state is denied to programs that may not set the clock.
func AskClock(ctx context.Context, server netip.AddrPort) (Clock, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "udp", server.String())
	if err != nil {
		return Clock{}, fmt.Errorf("ask for the time: %w", err)
	}
	defer c.Close()
	if at, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(at); err != nil {
			return Clock{}, fmt.Errorf("ask for the time: %w", err)
		}
	}
	ask := make([]byte, 48)
	ask[0] = 4<<3 | 3 // version 4, client
	if _, err := c.Write(ask); err != nil {
		return Clock{}, fmt.Errorf("ask for the time: %w", err)
	}
	var b [512]byte
	n, err := c.Read(b[:])
	if err != nil {
		return Clock{}, fmt.Errorf("ask for the time: %w", err)
	}
	return readClock(b[:n])
}

func readClock(b []byte) (Clock, error) {
	if len(b) < 48 || b[0]&7 != 4 { // 4 is a server
		return Clock{}, errors.New("ask for the time: the answer is not of a time server")
	}
	leap, stratum := b[0]>>6, int(b[1])
	follows := leap != 3 && stratum > 0 && stratum < 16 && [3]byte(b[12:15]) != localClock
	return Clock{Synchronised: follows, Stratum: stratum}, nil
}
