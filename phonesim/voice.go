package phonesim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/pion/rtp"
	"github.com/zaf/g711"
)

// payloadAlaw is the static RTP payload type of G.711 A-law (RFC 3551 table 4).
const payloadAlaw = 8

// voice is the RTP end of one call: a socket, the far end, and what was heard.
type voice struct {
	conn    *net.UDPConn
	id      uint64  // of our SDP
	sounds  []codec // that we take, in our order
	picture *picture

	mu      sync.Mutex
	version int // of our SDP
	far     netip.AddrPort
	past    netip.AddrPort // far before a re-INVITE: packets under way come from there
	codec   codec          // agreed, or the one we like best
	events  uint8          // payload type of the far side's telephone-event; 0: it knows none
	theirs  []medium       // what the far side described last
	holding bool           // we hold the call
	heard   stream
	last    []byte // payload of the latest packet
	came    pace   // packets of the far side
	went    pace   // ours
	keyed   string // keys that the far side pressed
	keyAt   uint32 // time of its last one, which all of its packets have
	mouth   mouth

	running sync.WaitGroup
	stop    context.CancelFunc
	ctx     context.Context
}

// maxHeard bounds what one side keeps: ten minutes of sound.
const maxHeard = 600 * sampleRate

// openVoice binds an even port of ip (RFC 3550 11) and starts to listen. Without codecs
// it takes A-law.
func openVoice(ip netip.Addr, sounds ...codec) (*voice, error) {
	conn, err := openRTP(ip)
	if err != nil {
		return nil, err
	}
	if len(sounds) == 0 {
		sounds = soundCodecs[:1]
	}
	v := &voice{conn: conn, sounds: sounds, codec: sounds[0]}
	v.id = uint64(v.local().Port())
	v.ctx, v.stop = context.WithCancel(context.Background())
	v.running.Go(v.listen)
	return v, nil
}

// openRTP binds an even port of ip.
func openRTP(ip netip.Addr) (*net.UDPConn, error) {
	for range 20 {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: ip.AsSlice()})
		if err != nil {
			return nil, fmt.Errorf("open RTP: %w", err)
		}
		if conn.LocalAddr().(*net.UDPAddr).Port%2 == 0 {
			return conn, nil
		}
		conn.Close()
	}
	return nil, errors.New("open RTP: no even port is free")
}

func (v *voice) local() netip.AddrPort { return v.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// reach sets where the sound goes, from the far side's SDP.
func (v *voice) reach(far netip.AddrPort) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reachNow(far)
}

func (v *voice) reachNow(far netip.AddrPort) {
	if v.far != far {
		v.past, v.far = v.far, far
	}
}

// listen keeps the sound of every packet of the far side in our codec until the socket closes.
func (v *voice) listen() {
	buf, control := make([]byte, 1500), make([]byte, 128)
	stamp(v.conn)
	var p rtp.Packet
	for {
		n, c, _, from, err := v.conn.ReadMsgUDPAddrPort(buf, control)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a port that was not open yet on the far side
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		whole := p.Unmarshal(buf[:n]) == nil
		v.mu.Lock()
		switch {
		case whole && p.PayloadType == ourKeys: // a key of the far side
			if len(p.Payload) == 4 && (p.Timestamp != v.keyAt || v.keyed == "") && int(p.Payload[0]) < len(keys) {
				v.keyAt, v.keyed = p.Timestamp, v.keyed+keys[p.Payload[0]:p.Payload[0]+1]
			}
		case whole && p.PayloadType == v.codec.payload && (from == v.far || from == v.past):
			v.heard.take(p.SSRC, p.SequenceNumber, v.codec.decode(p.Payload))
			v.last = append(v.last[:0], p.Payload...)
			v.mouth.back.hear(p.Payload)
			v.came.at(stamped(control[:c]))
		default:
			v.heard.foreign++
		}
		v.mu.Unlock()
	}
}

// decode gives samples between -1 and 1; silence of the same length for a codec that we
// only count.
func (c codec) decode(payload []byte) []float64 {
	switch c.name {
	case "alaw":
		return decodeAlaw(payload)
	case "ulaw":
		out := make([]float64, len(payload))
		for i, b := range payload {
			out[i] = float64(g711.DecodeUlawFrame(b)) / 32768
		}
		return out
	}
	return make([]float64, len(payload))
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
	if v.picture != nil {
		v.picture.close()
	}
}
