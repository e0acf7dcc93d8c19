package offer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"autocom/provision"
)

const (
	informRetry  = time.Second
	maxAnswering = 16 // at one time; phones ask again
	perSecond    = 50 // answers
	maxFrame     = 2048
)

// Inform answers phones that have their address from somebody else and ask the LAN
// for the rest (DHCPINFORM: Yealink and Polycom do, when their lease named no server).
// It gives no addresses. Frames are read and sent by a packet socket, so that port
// 67 stays free for whoever serves there. It is a task.
type Inform struct {
	Interface string
	Local     func() netip.Addr // the LAN address; the zero Addr: do not answer
	// Answer gives the phone that asks, with the URL that it may hear; false: stay silent.
	Answer func(context.Context, provision.Sighting) (provision.Phone, bool)
	// Options are what the phone's maker wants to be told, rendered for it.
	Options func(provision.Phone) ([]provision.Option, error)
	Silent  func() bool  // the box gives out the addresses itself, and that server answers; nil: it does not
	Log     *slog.Logger // nil: slog.Default

	counters informCounters
	second   atomic.Int64 // that the answers are counted in
	answers  atomic.Int64
}

// String names the task for the log.
func (i *Inform) String() string { return "answers to DHCPINFORM on " + i.Interface }

// Run answers until ctx ends. An interface that is missing is tried again.
func (i *Inform) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	told := ""
	for ctx.Err() == nil {
		err := i.listen(ctx, &work)
		if ctx.Err() != nil {
			break
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			i.log().Warn("DHCPINFORM is not answered, trying again", "interface", i.Interface, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(informRetry):
		}
	}
	return nil
}

func (i *Inform) listen(ctx context.Context, work *sync.WaitGroup) error {
	ifi, err := net.InterfaceByName(i.Interface)
	if err != nil {
		return fmt.Errorf("find interface %s: %w", i.Interface, err)
	}
	filter, err := bpf.Assemble(toServers)
	if err != nil {
		return fmt.Errorf("assemble the packet filter: %w", err)
	}
	conn, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_IP, &packet.Config{Filter: filter})
	if err != nil {
		return fmt.Errorf("open a packet socket on %s (needs CAP_NET_RAW): %w", i.Interface, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	var own provision.MAC
	copy(own[:], ifi.HardwareAddr)
	free := make(chan struct{}, maxAnswering)
	buf := make([]byte, maxFrame)
	for {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			return fmt.Errorf("read %s: %w", i.Interface, err)
		}
		q, ok := i.read(buf[:n])
		if !ok || q.source == own {
			continue
		}
		select {
		case free <- struct{}{}:
		default:
			i.counters.dropped.Add(1)
			continue
		}
		work.Go(func() {
			defer func() { <-free }()
			b := i.ask(ctx, q, own)
			if b == nil {
				return
			}
			if _, err := conn.WriteTo(b, &packet.Addr{HardwareAddr: q.mac[:]}); err != nil && ctx.Err() == nil {
				i.counters.failed.Add(1)
				i.log().Warn("a phone's DHCPINFORM was not answered", "mac", q.mac, "err", err)
				return
			}
			i.counters.answered.Add(1)
			i.log().Info("phone told its address by DHCPINFORM", "mac", q.mac, "ip", q.ip)
		})
	}
}

// read decodes a frame and counts it. The question holds nothing of the buffer.
func (i *Inform) read(b []byte) (question, bool) {
	q, err := decode(append([]byte(nil), b...))
	switch {
	case errors.Is(err, errOther):
		return q, false
	case err != nil:
		i.counters.malformed.Add(1)
		return q, false
	}
	i.counters.questions.Add(1)
	return q, true
}

// ask gives the frame that answers a question, nil to stay silent.
func (i *Inform) ask(ctx context.Context, q question, own provision.MAC) []byte {
	local := netip.Addr{}
	if i.Local != nil {
		local = i.Local()
	}
	if !local.Is4() || i.Silent != nil && i.Silent() || !i.may(time.Now()) {
		i.counters.silent.Add(1)
		return nil
	}
	s := q.sighting()
	s.At, s.Interface = time.Now(), i.Interface
	p, ok := i.Answer(ctx, s)
	if !ok {
		i.counters.silent.Add(1)
		return nil
	}
	list, err := i.Options(p)
	if err == nil {
		var options []option
		if options, err = render(provision.Vendor{ID: p.Device.Vendor, Options: list}, p); err == nil {
			return q.answer(local, own, options)
		}
	}
	i.counters.failed.Add(1)
	i.log().Error("a phone's DHCPINFORM has no answer", "mac", q.mac, "vendor", p.Device.Vendor, "err", err)
	return nil
}

// may bounds the answers of one second.
func (i *Inform) may(now time.Time) bool {
	if s := now.Unix(); i.second.Swap(s) != s {
		i.answers.Store(0)
	}
	return i.answers.Add(1) <= perSecond
}

func (i *Inform) log() *slog.Logger {
	if i.Log != nil {
		return i.Log
	}
	return slog.Default()
}

// toServers lets IPv4 UDP to port 67 through, and of a datagram in parts only the first.
var toServers = []bpf.Instruction{
	bpf.LoadAbsolute{Off: 12, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: typeIPv4, SkipTrue: 8},
	bpf.LoadAbsolute{Off: etherLen + 9, Size: 1},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: udp, SkipTrue: 6},
	bpf.LoadAbsolute{Off: etherLen + 6, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: 4},
	bpf.LoadMemShift{Off: etherLen},
	bpf.LoadIndirect{Off: etherLen + 2, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: serverPort, SkipTrue: 1},
	bpf.RetConstant{Val: maxFrame},
	bpf.RetConstant{Val: 0},
}

// InformCounters are what happened since the start.
type InformCounters struct {
	Questions uint64 `json:"questions"`
	Answered  uint64 `json:"answered"`
	Silent    uint64 `json:"silent"`    // not a phone of ours, or too many
	Dropped   uint64 `json:"dropped"`   // while all were busy
	Malformed uint64 `json:"malformed"` // broken, or from another than they say
	Failed    uint64 `json:"failed"`
}

type informCounters struct {
	questions, answered, silent, dropped, malformed, failed atomic.Uint64
}

// Counters gives the figures of this moment.
func (i *Inform) Counters() InformCounters {
	c := &i.counters
	return InformCounters{
		Questions: c.questions.Load(), Answered: c.answered.Load(), Silent: c.silent.Load(),
		Dropped: c.dropped.Load(), Malformed: c.malformed.Load(), Failed: c.failed.Load(),
	}
}
