package phonesim

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// picture is the video of one call: packets of a pattern that is known again.
type picture struct {
	conn   *net.UDPConn
	codecs []codec // that we take, in our order

	mu     sync.Mutex
	codec  codec // agreed; no name: none
	far    netip.AddrPort
	seen   Seen
	ctx    context.Context
	stop   context.CancelFunc
	runs   sync.WaitGroup
	shows  byte
	opened bool
}

// Seen is what one side got of the far side's video.
type Seen struct {
	Codec   string // "h264", "vp8"; "" when there is no video
	Packets int
	Broken  int  // packets whose payload is not whole: a byte changed on the way
	Pattern byte // of the latest whole packet
}

func openPicture(ip netip.Addr, codecs []codec) (*picture, error) {
	conn, err := openRTP(ip)
	if err != nil {
		return nil, err
	}
	p := &picture{conn: conn, codecs: codecs}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.runs.Go(p.listen)
	return p, nil
}

func (p *picture) ours(codecs []codec, direction string) medium {
	return medium{kind: "video", at: p.conn.LocalAddr().(*net.UDPAddr).AddrPort(), proto: "RTP/AVP", codecs: codecs, direction: direction}
}

func (p *picture) agreed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.codec.name != ""
}

// agree takes the far side's medium: the first codec that we have too; none when it is off.
func (p *picture) agree(m medium) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codec = codec{}
	if m.kind == "" || m.off() || m.proto != "RTP/AVP" {
		return
	}
	for _, c := range m.codecs {
		for _, k := range p.codecs {
			if k.name == c.name && p.codec.name == "" {
				p.codec, p.far = c, m.at
			}
		}
	}
	p.codec.fmtp = ""
	for _, k := range p.codecs {
		if k.name == p.codec.name {
			p.codec.fmtp = k.fmtp
		}
	}
}

// videoSize is the payload of a packet, as large as an encoder makes them.
const videoSize = 900

// body is a packet of the pattern: a single NAL unit (RFC 6184 5.6), or a VP8 frame of one
// partition (RFC 7741 4.2).
func (c codec) body(pattern byte) []byte {
	b := make([]byte, videoSize)
	for i := range b {
		b[i] = pattern
	}
	if c.name == "vp8" {
		b[0], b[1] = 0x10, 0x10 // start of partition 0; no key frame, shown
	} else {
		b[0] = 0x65 // IDR slice
	}
	return b
}

// show sends the pattern 15 times a second.
func (p *picture) show(pattern byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shows = pattern
	if p.opened || p.ctx.Err() != nil {
		return
	}
	p.opened = true
	p.runs.Go(p.send)
}

func (p *picture) send() {
	const every = time.Second / 15
	tick := time.NewTicker(every)
	defer tick.Stop()
	h := rtp.Header{Version: 2, Marker: true, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32()}
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-tick.C:
		}
		p.mu.Lock()
		c, far, pattern := p.codec, p.far, p.shows
		p.mu.Unlock()
		if c.name == "" {
			continue
		}
		h.PayloadType = c.payload
		if b, err := (&rtp.Packet{Header: h, Payload: c.body(pattern)}).Marshal(); err == nil {
			p.conn.WriteToUDPAddrPort(b, far) // an error is a port not open yet; the next frame tries again
		}
		h.SequenceNumber++
		h.Timestamp += 90000 / 15
	}
}

func (p *picture) listen() {
	buf := make([]byte, 2000)
	var r rtp.Packet
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || r.Unmarshal(buf[:n]) != nil {
			continue
		}
		p.mu.Lock()
		if from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port()); from == p.far && r.PayloadType == p.codec.payload {
			p.seen.Packets++
			whole := len(r.Payload) == videoSize
			for _, b := range r.Payload[min(2, len(r.Payload)):] {
				whole = whole && b == r.Payload[len(r.Payload)-1]
			}
			if whole {
				p.seen.Pattern = r.Payload[videoSize-1]
			} else {
				p.seen.Broken++
			}
		}
		p.mu.Unlock()
	}
}

func (p *picture) close() {
	p.stop()
	p.conn.Close()
	p.runs.Wait()
}
