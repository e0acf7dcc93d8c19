package phonesim

// The agents neither encode nor decode Opus: they send frames that name a tone, as for any
// codec that is passed through, or send back what they hear (SendBack).

// opusStep is 20 ms of the clock of Opus (RFC 7587 4.1).
const opusStep = 960

// opusHead begins a frame of 20 ms in full band with one channel (RFC 6716 3.1).
const opusHead = 0xf8

// step is how far the RTP time goes in a frame of 20 ms.
func (c codec) step() uint32 {
	if c.name == "opus" {
		return opusStep
	}
	return frameSamples
}

// opusFrame is a frame of silence that any decoder takes, or one whose bytes name a tone,
// which is noise for a decoder.
func opusFrame(t *tone) []byte {
	if t == nil {
		return []byte{opusHead, 0xff, 0xfe}
	}
	out := fill(t.mark())
	out[0] = opusHead
	return out
}
