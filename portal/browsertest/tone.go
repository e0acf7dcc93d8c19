package browsertest

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Tone writes a WAV file with a sine of hz for Options.Speaks and gives its path. It
// lasts a second and whole periods, so that played again and again it has no seam.
func Tone(t testing.TB, hz int) string {
	t.Helper()
	const rate = 48000 // what the microphone runs at: nothing is resampled
	var b bytes.Buffer
	head := func(x ...any) {
		for _, v := range x {
			if s, ok := v.(string); ok {
				b.WriteString(s)
				continue
			}
			binary.Write(&b, binary.LittleEndian, v) // never fails in memory
		}
	}
	head("RIFF", uint32(36+2*rate), "WAVE", "fmt ", uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2*rate), uint16(2), uint16(16), "data", uint32(2*rate))
	for i := range rate {
		head(int16(8000 * math.Sin(2*math.Pi*float64(hz)*float64(i)/rate)))
	}
	path := filepath.Join(t.TempDir(), "tone.wav")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
