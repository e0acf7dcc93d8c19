package phonesim

import (
	"context"
	"fmt"
	"time"
)

// Show sends video of a pattern, 15 packets a second, until the call ends. A call without
// video sends nothing.
func (c *Call) Show(pattern byte) {
	if p := c.voice.picture; p != nil {
		p.show(pattern)
	}
}

// Seen waits until n packets of the far side's video came, and tells what they were.
func (c *Call) Seen(ctx context.Context, n int) (Seen, error) {
	p := c.voice.picture
	if p == nil {
		return Seen{}, fmt.Errorf("this phone has no camera: give its agent video codecs")
	}
	p.mu.Lock()
	from := p.seen
	p.mu.Unlock()
	for {
		p.mu.Lock()
		s := p.seen
		s.Codec = p.codec.name
		p.mu.Unlock()
		s.Packets -= from.Packets
		s.Broken -= from.Broken
		if s.Packets >= n {
			return s, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-c.Done():
			return s, fmt.Errorf("the call ended after %d packets of video", s.Packets)
		case <-ctx.Done():
			return s, fmt.Errorf("%d packets of video came: %w", s.Packets, ctx.Err())
		}
	}
}

// Video is the codec that both sides agreed on, "" when there is no video.
func (c *Call) Video() string {
	p := c.voice.picture
	if p == nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.codec.name
}

// Codec is the sound's, as agreed: "alaw".
func (c *Call) Codec() string {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	return c.voice.codec.name
}

// Raw is the payload of the last packet of sound, as it came.
func (c *Call) Raw() []byte {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	return append([]byte(nil), c.voice.last...)
}

// RawMark is the byte of which Speak(hz) fills its packets in a codec that we do not encode.
func RawMark(hz float64) byte { return newTone(hz).mark() }

// Far is where our sound goes.
func (c *Call) Far() string {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	return c.voice.far.String()
}
