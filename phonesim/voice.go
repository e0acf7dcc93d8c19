package phonesim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// payloadAlaw is the static RTP payload type of G.711 A-law (RFC 3551 table 4).
const payloadAlaw = 8

// voice is the RTP end of one call: a socket, the far end, and what was heard.
type voice struct {
	conn *net.UDPConn

	mu    sync.Mutex
	far   netip.AddrPort
	past  netip.AddrPort // far before a re-INVITE: packets under way come from there
	heard stream

	running sync.WaitGroup
	stop    context.CancelFunc
	ctx     context.Context
}

// maxHeard bounds what one side keeps: ten minutes of sound.
const maxHeard = 600 * sampleRate

// openVoice binds an even port of ip (RFC 3550 11) and starts to listen.
func openVoice(ip netip.Addr) (*voice, error) {
	for range 20 {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: ip.AsSlice()})
		if err != nil {
			return nil, fmt.Errorf("open RTP: %w", err)
		}
		if conn.LocalAddr().(*net.UDPAddr).Port%2 == 1 {
			conn.Close()
			continue
		}
		v := &voice{conn: conn}
		v.ctx, v.stop = context.WithCancel(context.Background())
		v.running.Go(v.listen)
		return v, nil
	}
	return nil, errors.New("open RTP: no even port is free")
}

func (v *voice) local() netip.AddrPort { return v.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// reach sets where the sound goes, from the far side's SDP.
func (v *voice) reach(far netip.AddrPort) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.far != far {
		v.past, v.far = v.far, far
	}
}

// listen keeps the sound of every A-law packet of the far side until the socket closes.
func (v *voice) listen() {
	buf := make([]byte, 1500)
	var p rtp.Packet
	for {
		n, from, err := v.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a port that was not open yet on the far side
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		sound := p.Unmarshal(buf[:n]) == nil && p.PayloadType == payloadAlaw
		v.mu.Lock()
		if sound && (from == v.far || from == v.past) {
			v.heard.take(p.SSRC, p.SequenceNumber, decodeAlaw(p.Payload))
		} else {
			v.heard.foreign++
		}
		v.mu.Unlock()
	}
}

// speak sends hz until the call ends. Frames are due by the clock, so a busy
// machine delays sound and loses none.
func (v *voice) speak(hz float64) {
	v.running.Go(func() {
		t, start, tick := newTone(hz), time.Now(), time.NewTicker(20*time.Millisecond)
		defer tick.Stop()
		p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: payloadAlaw, Marker: true, SSRC: rand.Uint32(),
			SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32()}}
		for sent := 0; ; {
			select {
			case <-v.ctx.Done():
				return
			case <-tick.C:
			}
			for ; sent < int(time.Since(start)/(20*time.Millisecond)); sent++ {
				p.Payload = t.frame()
				b, err := p.Marshal()
				if err != nil {
					return
				}
				v.mu.Lock()
				far := v.far
				v.mu.Unlock()
				// An error here is a port not open yet on the far side; the next frame tries again.
				v.conn.WriteToUDPAddrPort(b, far)
				p.Marker = false
				p.SequenceNumber++
				p.Timestamp += frameSamples
			}
		}
	})
}

// point is where a measure begins.
type point struct{ samples, packets, lost, foreign int }

func (v *voice) since() point {
	v.mu.Lock()
	defer v.mu.Unlock()
	return point{len(v.heard.sound), v.heard.packets, v.heard.lost, v.heard.foreign}
}

// after gives what was heard since that point, and what was counted.
func (v *voice) after(m point) ([]float64, point) {
	v.mu.Lock()
	defer v.mu.Unlock()
	sound := append([]float64(nil), v.heard.sound[m.samples:]...)
	return sound, point{len(sound), v.heard.packets - m.packets, v.heard.lost - m.lost, v.heard.foreign - m.foreign}
}

func (v *voice) close() {
	v.stop()
	v.conn.Close()
	v.running.Wait()
}
