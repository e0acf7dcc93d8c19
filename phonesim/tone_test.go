package phonesim

import (
	"math"
	"math/rand/v2"
	"testing"
)

// said is what a far phone would send for n frames of hz, through A-law and back.
func said(hz float64, n int) []float64 {
	t := newTone(hz)
	var out []float64
	for range n {
		out = append(out, decodeAlaw(t.frame())...)
	}
	return out
}

func TestGoertzelFindsTheToneThatWasSpoken(t *testing.T) {
	samples := said(440, 50)
	want := dB(math.Pow(toneAmplitude/32768.0, 2) / 2)
	if got := dB(goertzel(samples, 440)); math.Abs(got-want) > 0.5 {
		t.Errorf("440 Hz was spoken at %.1f dB and measured at %.1f dB", want, got)
	}
	if got := dB(goertzel(samples, 660)); got > -55 {
		t.Errorf("660 Hz was not spoken and measured at %.1f dB", got)
	}
}

func TestEarIsClearOnlyWhenTheRightToneIsHeard(t *testing.T) {
	noise := make([]float64, 50*frameSamples)
	for i := range noise {
		noise[i] = 0.2 * (2*rand.New(rand.NewPCG(1, uint64(i))).Float64() - 1)
	}
	both := said(440, 50)
	for i, v := range said(660, 50) {
		both[i] += v
	}
	cut := append(said(440, 25), make([]float64, 25*frameSamples)...)
	for name, c := range map[string]struct {
		samples []float64
		clear   bool
	}{
		"the wanted tone":        {said(440, 50), true},
		"the other's own tone":   {said(660, 50), false},
		"both tones at once":     {both, false},
		"noise":                  {noise, false},
		"nothing":                {nil, false},
		"silence":                {make([]float64, 50*frameSamples), false},
		"sound for half of time": {cut, false},
	} {
		e := hear(c.samples, 440, 660)
		if e.Clear() != c.clear {
			t.Errorf("%s: clear = %v, want %v (%s)", name, e.Clear(), c.clear, e)
		}
	}
}
