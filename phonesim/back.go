package phonesim

import "slices"

// back is sound that is sent back as it came, frame by frame: who speaks hears what the
// far side's codec has made of it on the way there and back.
type back struct {
	waiting [][]byte
	begun   bool
}

const (
	backStart = 5   // frames that wait before the first is sent: those to come may be late
	backMost  = 100 // frames; more than that are dropped
)

// hear keeps a frame. The caller holds the voice's mu.
func (b *back) hear(payload []byte) {
	if b != nil && len(b.waiting) < backMost {
		b.waiting = append(b.waiting, slices.Clone(payload))
	}
}

// next is the frame to send now, or nil when none has come.
func (b *back) next() []byte {
	b.begun = b.begun || len(b.waiting) >= backStart
	if !b.begun || len(b.waiting) == 0 {
		return nil
	}
	f := b.waiting[0]
	b.waiting = b.waiting[1:]
	return f
}

// said is the next frame that we say. The caller holds mu.
func (v *voice) said() []byte {
	if v.mouth.back != nil {
		return v.mouth.back.next()
	}
	return v.codec.frame(v.mouth.tone)
}

// SendBack sends what is heard from now on back to who said it, until the call ends.
func (c *Call) SendBack() {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	c.voice.mouth.back = &back{}
	c.voice.talk()
}
