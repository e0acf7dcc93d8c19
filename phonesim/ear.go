package phonesim

import (
	"fmt"
	"time"
)

// Ear is what one side of a call heard during a window.
type Ear struct {
	WantedHz float64       `json:"wanted_hz"` // the tone the far side spoke
	OtherHz  float64       `json:"other_hz"`  // our own tone, which must not come back
	Level    float64       `json:"level_db"`  // of WantedHz, dB relative to full scale
	Other    float64       `json:"other_db"`  // of OtherHz
	Noise    float64       `json:"noise_db"`  // of everything else
	Gap      time.Duration `json:"gap"`       // longest stretch without the tone inside the window
	Packets  int           `json:"packets"`
	Window   time.Duration `json:"window"` // sound received, not time passed
}

// Bounds for a call that a person would call clear.
const (
	minLevel  = -25                    // dB; the tone is spoken at -15
	minAbove  = 20                     // dB over our own tone and over noise
	maxGap    = 200 * time.Millisecond // ten packets
	gapDetect = 10                     // dB under the mean at which a frame counts as lost
)

// Clear reports whether the far side's tone was heard, alone and without breaks.
func (e Ear) Clear() bool {
	return e.Level >= minLevel && e.Level-e.Other >= minAbove && e.Level-e.Noise >= minAbove && e.Gap <= maxGap
}

func (e Ear) String() string {
	if e.Packets == 0 && e.Window == 0 {
		return fmt.Sprintf("%.0f Hz: nothing received", e.WantedHz)
	}
	return fmt.Sprintf("%.0f Hz at %.1f dB, %.0f Hz at %.1f dB, noise %.1f dB, longest gap %v, %d packets",
		e.WantedHz, e.Level, e.OtherHz, e.Other, e.Noise, e.Gap, e.Packets)
}

// hear measures samples for the wanted and the unwanted tone.
func hear(samples []float64, wanted, other float64) Ear {
	e := Ear{WantedHz: wanted, OtherHz: other}
	e.Window = time.Duration(len(samples)) * time.Second / sampleRate
	pw, po := goertzel(samples, wanted), goertzel(samples, other)
	e.Level, e.Other = dB(pw), dB(po)
	e.Noise = dB(power(samples) - pw - po)
	var run int
	for i := 0; i+frameSamples <= len(samples); i += frameSamples {
		if dB(goertzel(samples[i:i+frameSamples], wanted)) > e.Level-gapDetect {
			run = 0
			continue
		}
		run++
		e.Gap = max(e.Gap, time.Duration(run)*20*time.Millisecond)
	}
	return e
}
