package phonesim

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pion/rtp"
	"github.com/zaf/g711"
)

// mouth is what one side of a call sends: a tone, silence, digits between.
type mouth struct {
	open bool
	tone *tone // nil: silence
	keys []key // to press, in order
	back *back // instead of a tone; nil: nothing is sent back
}

// key is one digit as RFC 4733 sends it, and the pause after it.
type key struct {
	event uint8 // 16: no key, a pause
	done  chan struct{}
}

// Times of a key in frames: pressed as long as the quickest finger, and the rest that a
// far side needs to tell two of the same.
const (
	keyFrames = 5
	keyRest   = 4
	keyPause  = 25 // of a comma
	noKey     = 16
)

// speak sends hz from now on; 0 is silence.
func (v *voice) speak(hz float64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mouth.tone = nil
	if hz > 0 {
		v.mouth.tone = newTone(hz)
	}
	v.talk()
}

// talk starts the sender once. The caller holds mu.
func (v *voice) talk() {
	if !v.mouth.open && v.ctx.Err() == nil {
		v.mouth.open = true
		v.running.Go(v.send)
	}
}

// send sends a frame every 20 ms until the call ends. Frames are due by the clock, so a
// busy machine delays sound and loses none.
func (v *voice) send() {
	start, tick := time.Now(), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	p := rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SSRC: rand.Uint32(),
		SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32()}}
	spent := 0 // frames of the key at hand
	for sent := 0; ; {
		select {
		case <-v.ctx.Done():
			return
		case <-tick.C:
		}
		for ; sent < int(time.Since(start)/(20*time.Millisecond)); sent++ {
			v.mu.Lock()
			silent, far := v.quiet(), v.far
			var k *key
			if len(v.mouth.keys) > 0 && !silent {
				k = &v.mouth.keys[0]
			}
			var packets []rtp.Packet
			if k != nil {
				packets, spent = v.pressed(*k, p.Header, spent)
				if k.over(spent) {
					close(k.done)
					v.mouth.keys, spent = v.mouth.keys[1:], 0
				}
			}
			if packets == nil && !silent {
				f := rtp.Packet{Header: p.Header, Payload: v.said()}
				f.PayloadType = v.codec.payload
				if f.Payload != nil {
					packets = []rtp.Packet{f}
				}
			}
			step := v.codec.step()
			if len(packets) > 0 {
				v.went.at(time.Now())
			}
			v.mu.Unlock()
			for _, one := range packets {
				one.SequenceNumber = p.SequenceNumber
				// An error here is a port not open yet on the far side; the next frame tries again.
				if b, err := one.Marshal(); err == nil {
					v.conn.WriteToUDPAddrPort(b, far)
				}
				p.Marker = false
				p.SequenceNumber++
			}
			p.Timestamp += step
		}
	}
}

// over reports that a key has been sent, with its rest.
func (k key) over(spent int) bool {
	if k.event == noKey {
		return spent >= keyPause
	}
	return spent >= keyFrames+keyRest
}

// pressed gives the packets of the next frame of a key; none while it rests. The time of
// an event's packets is that of its beginning, and its end is said three times (RFC 4733
// 2.5.1).
func (v *voice) pressed(k key, h rtp.Header, spent int) ([]rtp.Packet, int) {
	spent++
	if k.event == noKey || spent > keyFrames {
		return nil, spent
	}
	h.PayloadType, h.Marker = v.events, spent == 1
	h.Timestamp -= uint32(spent-1) * frameSamples
	one := func(end byte) rtp.Packet {
		body := []byte{k.event, end | 10, 0, 0} // 10: volume in -dBm0
		binary.BigEndian.PutUint16(body[2:], uint16(spent*frameSamples))
		return rtp.Packet{Header: h, Payload: body}
	}
	if spent == keyFrames {
		return []rtp.Packet{one(0x80), one(0x80), one(0x80)}, spent
	}
	return []rtp.Packet{one(0)}, spent
}

// keys are those of a telephone, by their event (RFC 4733 3.2).
const keys = "0123456789*#ABCD"

// press sends keys by RTP and returns when the last is sent.
func (v *voice) press(ctx context.Context, text string) error {
	v.mu.Lock()
	if v.events == 0 {
		v.mu.Unlock()
		return fmt.Errorf("press %s: the far side does not take keys by RFC 4733", text)
	}
	var last chan struct{}
	for _, r := range text {
		k := key{event: noKey, done: make(chan struct{})}
		if i := strings.IndexRune(keys, r); i >= 0 {
			k.event = uint8(i)
		} else if r != ',' {
			v.mu.Unlock()
			return fmt.Errorf("press %s: %q is no key", text, r)
		}
		last = k.done
		v.mouth.keys = append(v.mouth.keys, k)
	}
	v.talk()
	v.mu.Unlock()
	if last == nil {
		return nil
	}
	select {
	case <-last:
		return nil
	case <-v.ctx.Done():
		return fmt.Errorf("press %s: the call ended", text)
	case <-ctx.Done():
		return fmt.Errorf("press %s: %w", text, ctx.Err())
	}
}

// frame gives 20 ms of a tone, or of silence, in the codec. A codec that we do not speak
// gets bytes that name the tone: what is passed through arrives as it was sent.
func (c codec) frame(t *tone) []byte {
	switch {
	case c.name == "alaw" && t != nil:
		return t.frame()
	case c.name == "ulaw" && t != nil:
		t.next()
		return g711.EncodeUlaw(t.pcm[:])
	case c.name == "alaw":
		return fill(0xd5)
	case c.name == "ulaw":
		return fill(0xff)
	case c.name == "opus":
		return opusFrame(t)
	case t != nil:
		return fill(t.mark())
	}
	return fill(0)
}

func fill(b byte) []byte {
	out := make([]byte, frameSamples)
	for i := range out {
		out[i] = b
	}
	return out
}
