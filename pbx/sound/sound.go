// Package sound turns sound files that people upload into the form in which the exchange
// plays them: a WAV of 16 kHz, one channel, 16 bits, which Asterisk knows by the ending
// .wav16. It is the rate of G.722; for a phone with 8 kHz Asterisk halves it while it plays.
package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Rate is the samples a second of what is made.
const Rate = 16000

// MaxBytes is the largest file that is read: 3 minutes of stereo in CD quality. Converting
// takes three times as much memory, which a small board has not much of.
const MaxBytes = 30 << 20

// minimum is the shortest sound that anybody can hear.
const minimum = 100 * time.Millisecond

// Convert reads a WAV file of any usual form (PCM of 8 to 32 bits, A-law or µ-law, 8 to 48
// kHz, mono or stereo) of at most max and gives the file to be played. An error says what
// to do with the file.
func Convert(r io.Reader, max time.Duration) ([]byte, error) {
	file, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the sound: %w", err)
	}
	if len(file) > MaxBytes {
		return nil, fmt.Errorf("the file is larger than %d MB: shorten it, or save it in mono with 16 kHz", MaxBytes>>20)
	}
	w, err := parse(file)
	if err != nil {
		return nil, err
	}
	switch length := w.length(); {
	case length > max:
		return nil, fmt.Errorf("the sound lasts %s: at most %s are allowed", length.Round(time.Second), max)
	case length < minimum:
		return nil, errors.New("the file holds no sound: record it again")
	}
	return WAV(whole(resample(w.mono(), w.rate, Rate))), nil
}

// WAV is the file of samples at Rate.
func WAV(samples []int16) []byte {
	var b bytes.Buffer
	size := uint32(2 * len(samples))
	for _, v := range []any{
		[]byte("RIFF"), 36 + size, []byte("WAVEfmt "), uint32(16),
		uint16(formatPCM), uint16(1), uint32(Rate), uint32(2 * Rate), uint16(2), uint16(16),
		[]byte("data"), size, samples,
	} {
		binary.Write(&b, binary.LittleEndian, v) // a buffer takes everything
	}
	return b.Bytes()
}

// Length is how long a file made by WAV or by Asterisk's own recording plays.
func Length(file []byte) time.Duration {
	w, err := parse(file)
	if err != nil {
		return 0
	}
	return w.length()
}

// whole rounds samples between -1 and 1, and cuts what is louder.
func whole(samples []float32) []int16 {
	out := make([]int16, len(samples))
	for i, x := range samples {
		v := x * 32767
		switch {
		case v >= 32767:
			out[i] = 32767
		case v <= -32768:
			out[i] = -32768
		case v < 0:
			out[i] = int16(v - 0.5)
		default:
			out[i] = int16(v + 0.5)
		}
	}
	return out
}
