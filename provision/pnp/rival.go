package pnp

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"autocom/provision"
)

const (
	rivalAgain = 10 * time.Minute // before the same one is reported again
	maxRivals  = 256              // remembered
	maxFrame   = 2048
)

// Rivals watches the wire for another responder: the first answer wins, so one that is
// not ours takes phones over. A switch shows the box only part of what others send
// each other; what is not reported may be there all the same. It is a task.
type Rivals struct {
	Interface string
	Local     func() netip.Addr               // answers from here are ours
	Rival     func(netip.Addr, provision.MAC) // another one answers phones
	Log       *slog.Logger                    // nil: slog.Default

	seen  atomic.Uint64
	known map[netip.Addr]time.Time
}

// String names the task for the log.
func (r *Rivals) String() string { return "other PnP responders on " + r.Interface }

// Seen is how many answers of others were heard.
func (r *Rivals) Seen() uint64 { return r.seen.Load() }

// Run watches until ctx ends.
func (r *Rivals) Run(ctx context.Context) error {
	told := ""
	for ctx.Err() == nil {
		err := r.watch(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			r.log().Warn("other PnP responders are not looked for, trying again", "interface", r.Interface, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
	return nil
}

func (r *Rivals) watch(ctx context.Context) error {
	ifi, err := net.InterfaceByName(r.Interface)
	if err != nil {
		return fmt.Errorf("find interface %s: %w", r.Interface, err)
	}
	filter, err := bpf.Assemble(answers)
	if err != nil {
		return fmt.Errorf("assemble the packet filter: %w", err)
	}
	conn, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_IP, &packet.Config{Filter: filter})
	if err != nil {
		return fmt.Errorf("open a packet socket on %s (needs CAP_NET_RAW): %w", r.Interface, err)
	}
	defer conn.Close()
	// Switches flood what they have not learned yet: it is for others, and tells.
	if err := conn.SetPromiscuous(true); err != nil {
		r.log().Debug("only what is for this box is looked at", "interface", r.Interface, "err", err)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var own provision.MAC
	copy(own[:], ifi.HardwareAddr)
	buf := make([]byte, maxFrame)
	for {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			return fmt.Errorf("read %s: %w", r.Interface, err)
		}
		if ip, mac, ok := answer(buf[:n]); ok && mac != own {
			r.heard(ip, mac, time.Now())
		}
	}
}

// heard reports an answer of somebody else, each only now and then.
func (r *Rivals) heard(ip netip.Addr, mac provision.MAC, now time.Time) {
	if r.Local != nil && ip == r.Local() {
		return
	}
	r.seen.Add(1)
	if r.known == nil {
		r.known = map[netip.Addr]time.Time{}
	}
	if last, ok := r.known[ip]; ok && now.Sub(last) < rivalAgain {
		return
	}
	if len(r.known) >= maxRivals {
		clear(r.known)
	}
	r.known[ip] = now
	r.log().Warn("another PnP responder answers phones", "ip", ip, "mac", mac)
	r.Rival(ip, mac)
}

// answer reads a frame that tells a phone where its files are, or confirms its question.
func answer(b []byte) (ip netip.Addr, mac provision.MAC, ok bool) {
	const etherLen, minIP, udpLen = 14, 20, 8
	if len(b) < etherLen+minIP+udpLen || b[etherLen]>>4 != 4 {
		return ip, mac, false
	}
	header := int(b[etherLen]&15) * 4
	total := int(binary.BigEndian.Uint16(b[etherLen+2:]))
	if header < minIP || total < header+udpLen || etherLen+total > len(b) {
		return ip, mac, false
	}
	copy(mac[:], b[6:12])
	ip = netip.AddrFrom4([4]byte(b[etherLen+12 : etherLen+16]))
	return ip, mac, isAnswer(string(b[etherLen+header+udpLen : etherLen+total]))
}

// isAnswer reports whether a SIP message is a NOTIFY with an address of files, or the
// 200 to a question that names a phone's MAC. Others' calls and lamps are neither.
func isAnswer(text string) bool {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	first, rest, _ := strings.Cut(head, "\r\n")
	lower := strings.ToLower(rest)
	switch {
	case strings.HasPrefix(first, "NOTIFY "):
		return strings.Contains(lower, "application/url") || strings.Contains(lower, "ua-profile")
	case strings.HasPrefix(first, "SIP/2.0 20"):
		if !strings.Contains(lower, " subscribe") {
			return false
		}
		_, named := findMAC(rest)
		return named || strings.Contains(lower, Group.String())
	}
	return false
}

// answers lets IPv4 UDP through that begins as a NOTIFY or a SIP response.
var answers = []bpf.Instruction{
	bpf.LoadAbsolute{Off: 12, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x0800, SkipTrue: 9},
	bpf.LoadAbsolute{Off: 23, Size: 1},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 17, SkipTrue: 7},
	bpf.LoadAbsolute{Off: 20, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x3fff, SkipTrue: 5},
	bpf.LoadMemShift{Off: 14},
	bpf.LoadIndirect{Off: 14 + 8, Size: 4},
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x4e4f5449, SkipTrue: 1},    // "NOTI"
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x5349502f, SkipTrue: 1}, // "SIP/"
	bpf.RetConstant{Val: maxFrame},
	bpf.RetConstant{Val: 0},
}

func (r *Rivals) log() *slog.Logger {
	if r.Log != nil {
		return r.Log
	}
	return slog.Default()
}
