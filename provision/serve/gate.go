package serve

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
)

// maxTransfers bounds the transfers under way; of one address maxConcurrent. What
// comes above is dropped: phones repeat their request.
const maxTransfers = 256

// TFTP opcodes and errors, RFC 1350 5.
const (
	opRead, opWrite, opError = 1, 2, 5
	errAccess                = 2
	maxRequest               = 512 // RFC 2347: a request is one such datagram
)

// gate is the TFTP port as the library sees it: only well-formed read requests
// within the bounds come through, written as the library reads them.
type gate struct {
	*net.UDPConn
	packets *ipv4.PacketConn
	t       *TFTP

	mu     sync.Mutex
	guard  guard
	active map[netip.AddrPort]func() // by the phone's port, which is a new one for each request
	closed bool
}

func newGate(c *net.UDPConn, t *TFTP) *gate {
	g := &gate{UDPConn: c, packets: ipv4.NewPacketConn(c), t: t, active: map[netip.AddrPort]func(){}}
	// Without it the address that was asked is not known, and Local cannot be held.
	if err := g.packets.SetControlMessage(ipv4.FlagDst, true); err != nil {
		t.log().Warn("TFTP cannot tell at which address it is asked", "err", err)
	}
	return g
}

// ReadFrom gives the next request that may be answered.
func (g *gate) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, control, from, err := g.packets.ReadFrom(b)
		if err != nil {
			if !g.isClosed() {
				time.Sleep(100 * time.Millisecond) // the library asks again at once
			}
			return 0, nil, err
		}
		udp, ok := from.(*net.UDPAddr)
		if !ok {
			continue
		}
		request, ok := g.admit(b[:n], remoteOf(udp), control)
		if !ok {
			continue
		}
		return copy(b, request), from, nil
	}
}

// admit decides on one datagram. Refusing costs nothing but a counter, and for a
// write request an answer that is smaller than what asked for it.
func (g *gate) admit(b []byte, from netip.AddrPort, control *ipv4.ControlMessage) ([]byte, bool) {
	c := &g.t.counters
	c.requests.Add(1)
	if g.t.Local != nil {
		at, ok := netip.Addr{}, false
		if control != nil {
			at, ok = netip.AddrFromSlice(control.Dst.To4())
		}
		if local := g.t.Local(); !ok || !local.IsValid() || at != local && !at.IsLoopback() {
			c.refused.Add(1)
			return nil, false
		}
	}
	if len(b) >= 2 && binary.BigEndian.Uint16(b) == opWrite {
		c.refused.Add(1)
		g.refuse(from)
		return nil, false
	}
	request, err := normal(b)
	if err != nil || from.Port() == 0 {
		c.malformed.Add(1)
		return nil, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.active[from] != nil {
		c.repeated.Add(1) // its answer is under way
		return nil, false
	}
	if len(g.active) >= maxTransfers {
		c.limited.Add(1)
		return nil, false
	}
	done, ok := g.guard.enter(from.Addr(), g.t.clock())
	if !ok {
		c.limited.Add(1)
		return nil, false
	}
	g.active[from] = done
	return request, true
}

// done ends the transfer of one port.
func (g *gate) done(from netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if end := g.active[from]; end != nil {
		end()
		delete(g.active, from)
	}
}

// refuse answers a write request. It fails only where the phone is gone again.
func (g *gate) refuse(to netip.AddrPort) {
	text := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, opError), errAccess)
	_, _ = g.WriteToUDPAddrPort(append(text, "read only\x00"...), to)
}

func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.Close()
}

func (g *gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

var errRequest = errors.New("no read request")

// normal checks a read request and writes it as the library wants it: mode and
// options in lower case (RFC 1350 and 2347 take any), no option that it would misread.
func normal(b []byte) ([]byte, error) {
	if len(b) < 6 || len(b) > maxRequest || binary.BigEndian.Uint16(b) != opRead || b[len(b)-1] != 0 {
		return nil, errRequest
	}
	fields := strings.Split(string(b[2:len(b)-1]), "\x00")
	if len(fields) < 2 || fields[0] == "" || len(fields[0]) > 2*maxName {
		return nil, errRequest
	}
	mode := strings.ToLower(fields[1])
	if mode != "octet" && mode != "netascii" {
		return nil, errRequest
	}
	var out bytes.Buffer
	out.Write(b[:2])
	out.WriteString(fields[0] + "\x00" + mode + "\x00")
	for i := 2; i+1 < len(fields); i += 2 {
		name, value := strings.ToLower(fields[i]), fields[i+1]
		n, err := strconv.Atoi(value)
		switch {
		case err != nil || n < 0:
		case name == "blksize" && n >= 512 && n <= 65464:
			out.WriteString("blksize\x00" + strconv.Itoa(n) + "\x00")
		// RFC 2349: the size of what is sent, which netascii changes; 0 asks for it.
		case name == "tsize" && n == 0 && mode == "octet":
			out.WriteString("tsize\x000\x00")
		}
	}
	return out.Bytes(), nil
}

func remoteOf(a *net.UDPAddr) netip.AddrPort {
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
