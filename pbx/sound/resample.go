package sound

import "math"

// The low-pass that stands between two rates: a windowed sinc. Kaiser's window with this
// beta leaves 80 dB below; the slope is a tenth of the band wide.
const (
	crossings = 24   // of the sinc to each side
	beta      = 8.0  // of the window
	cutoff    = 0.94 // of half the lower rate
)

// resample gives samples at another rate.
func resample(in []float32, from, to int) []float32 {
	if from == to {
		return in
	}
	g := gcd(from, to)
	up, down := to/g, from/g // output n lies at input n·down/up
	// In units of input samples: the low-pass is as wide as the lower of the rates needs.
	band := cutoff * min(1, float64(to)/float64(from))
	half := int(math.Ceil(crossings / band))
	phases := make([][]float32, up) // one set of weights for each place between two samples
	out := make([]float32, len(in)*up/down)
	for n := range out {
		at, phase := n*down/up, n*down%up
		if phases[phase] == nil {
			phases[phase] = weights(float64(phase)/float64(up), band, half)
		}
		var sum float32
		for i, w := range phases[phase] {
			if k := at + i - half + 1; k >= 0 && k < len(in) {
				sum += w * in[k]
			}
		}
		out[n] = sum
	}
	return out
}

// weights are those of the 2·half samples around a place; their sum is 1.
func weights(place, band float64, half int) []float32 {
	raw := make([]float64, 2*half)
	var sum float64
	for i := range raw {
		x := float64(i-half+1) - place
		raw[i] = sinc(band*x) * kaiser(x/float64(half))
		sum += raw[i]
	}
	out := make([]float32, len(raw))
	for i := range raw {
		out[i] = float32(raw[i] / sum)
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x between -1 and 1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(beta*math.Sqrt(1-x*x)) / bessel(beta)
}

// bessel is the modified Bessel function of the first kind, order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / 2 / k * (x / 2 / k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
