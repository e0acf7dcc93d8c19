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
	Lost     int           `json:"lost"`    // packets that never came, by their numbers
	Foreign  int           `json:"foreign"` // packets of somebody else than the far side, not listened to
	Window   time.Duration `json:"window"`  // sound received, not time passed
}

// Bounds for a call that a person would call clear.
const (
	minLevel  = -25                    // dB; the tone is spoken at -15
	minAbove  = 20                     // dB over our own tone and over noise
	maxGap    = 200 * time.Millisecond // ten packets
	maxLost   = 0.05                   // of the packets; more is heard as crackling
	gapDetect = 10                     // dB under the mean at which a frame counts as lost
)

// Clear reports whether the far side's tone was heard, alone and without breaks.
func (e Ear) Clear() bool {
	return e.Level >= minLevel && e.Level-e.Other >= minAbove && e.Level-e.Noise >= minAbove && e.Gap <= maxGap &&
		float64(e.Lost) <= maxLost*float64(e.Lost+e.Packets)
}

func (e Ear) String() string {
	if e.Packets == 0 && e.Window == 0 {
		return fmt.Sprintf("%.0f Hz: nothing received", e.WantedHz)
	}
	return fmt.Sprintf("%.0f Hz at %.1f dB, %.0f Hz at %.1f dB, noise %.1f dB, longest gap %v, %d packets, %d lost, %d foreign",
		e.WantedHz, e.Level, e.OtherHz, e.Other, e.Noise, e.Gap, e.Packets, e.Lost, e.Foreign)
}

// hear measures samples for the wanted and the unwanted tone.
func hear(samples []float64, wanted, other float64) Ear {
	e := Ear{WantedHz: wanted, OtherHz: other}
	e.Window = time.Duration(len(samples)) * time.Second / sampleRate
	// Level and noise are those of the sound that came: lost packets are counted by
	// themselves, and their silence only makes the sums smaller. A-law has no true zero.
	came := 0
	for _, x := range samples {
		if x != 0 {
			came++
		}
	}
	share := max(float64(came), 1) / max(float64(len(samples)), 1)
	pw, po := goertzel(samples, wanted)/(share*share), goertzel(samples, other)/(share*share)
	e.Level, e.Other = dB(pw), dB(po)
	e.Noise = dB(power(samples)/share - pw - po)
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
