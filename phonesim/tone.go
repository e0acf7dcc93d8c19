package phonesim

import (
	"math"

	"github.com/zaf/g711"
)

// The phones speak G.711 A-law, which every SIP phone has: 8000 samples a second,
// 20 ms a packet (RFC 3551 4.5.14).
const (
	sampleRate   = 8000
	frameSamples = 160
)

// toneAmplitude is -12 dBFS: loud, and far from clipping.
const toneAmplitude = 8192

// tone makes a sine of hz in frames of 20 ms without a jump between frames.
type tone struct {
	step, phase float64
	pcm         [2 * frameSamples]byte
}

func newTone(hz float64) *tone { return &tone{step: 2 * math.Pi * hz / sampleRate} }

// frame gives the next 20 ms as A-law.
func (t *tone) frame() []byte {
	t.next()
	return g711.EncodeAlaw(t.pcm[:])
}

// mark is a byte that tells a tone from others.
func (t *tone) mark() byte { return byte(t.step*sampleRate/(2*math.Pi)/10) | 1 }

// next makes the next 20 ms.
func (t *tone) next() {
	for i := range frameSamples {
		v := int16(toneAmplitude * math.Sin(t.phase))
		t.pcm[2*i], t.pcm[2*i+1] = byte(v), byte(uint16(v)>>8)
		t.phase = math.Mod(t.phase+t.step, 2*math.Pi)
	}
}

// decodeAlaw gives samples between -1 and 1.
func decodeAlaw(payload []byte) []float64 {
	out := make([]float64, len(payload))
	for i, b := range payload {
		out[i] = float64(g711.DecodeAlawFrame(b)) / 32768
	}
	return out
}

// goertzel gives the power of a sine of hz in samples: a sine of amplitude A gives A²/2.
func goertzel(samples []float64, hz float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	c := 2 * math.Cos(2*math.Pi*hz/sampleRate)
	var s1, s2 float64
	for _, x := range samples {
		s1, s2 = x+c*s1-s2, s1
	}
	n := float64(len(samples))
	return 2 * (s1*s1 + s2*s2 - c*s1*s2) / (n * n)
}

// power is the mean square of samples.
func power(samples []float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	var sum float64
	for _, x := range samples {
		sum += x * x
	}
	return sum / float64(len(samples))
}

// silence is the level given when there is nothing: 16 bits go no lower.
const silence = -96

// dB turns a power relative to a full-scale square into decibels.
func dB(p float64) float64 {
	if p <= 0 {
		return silence
	}
	return math.Max(silence, 10*math.Log10(p))
}
