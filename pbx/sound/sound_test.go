package sound

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"
)

// file makes a WAVE file of a tone.
func file(format, channels, bits, rate int, hz float64, d time.Duration) []byte {
	n := int(d.Seconds() * float64(rate))
	var data bytes.Buffer
	for i := range n {
		x := 0.5 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
		for range channels {
			switch {
			case format == formatALaw:
				data.WriteByte(nearest(aLaw, x))
			case format == formatMuLaw:
				data.WriteByte(nearest(muLaw, x))
			case bits == 8:
				data.WriteByte(byte(math.Round(128 + 127*x)))
			default:
				v := uint32(int32(x * (1<<31 - 1)))
				var b [4]byte
				binary.LittleEndian.PutUint32(b[:], v)
				data.Write(b[4-bits/8:])
			}
		}
	}
	var b bytes.Buffer
	for _, v := range []any{
		[]byte("RIFF"), uint32(0), []byte("WAVE"), []byte("LIST"), uint32(3), []byte("abc\x00"), []byte("fmt "), uint32(18),
		uint16(format), uint16(channels), uint32(rate), uint32(rate * channels * bits / 8), uint16(channels * bits / 8), uint16(bits), uint16(0),
		[]byte("data"), uint32(data.Len()), data.Bytes(),
	} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	return b.Bytes()
}

// nearest is the byte whose value comes closest: an encoder that shares nothing with the decoder's sums.
func nearest(decode func(byte) int16, x float64) byte {
	best, far := byte(0), math.Inf(1)
	for b := range 256 {
		if d := math.Abs(float64(decode(byte(b)))/32768 - x); d < far {
			best, far = byte(b), d
		}
	}
	return best
}

// samples of a file made by WAV.
func samples(t *testing.T, f []byte) []float64 {
	t.Helper()
	w, err := parse(f)
	if err != nil {
		t.Fatal(err)
	}
	if w.rate != Rate || w.channels != 1 || w.bits != 16 || w.format != formatPCM {
		t.Fatalf("made %+v", w)
	}
	var out []float64
	for _, x := range w.mono() {
		out = append(out, float64(x))
	}
	return out
}

// at is the level of a tone in dB of full scale, and that of all the rest.
func at(x []float64, hz float64) (tone, rest float64) {
	x = x[Rate/10 : len(x)-Rate/10] // where the filter begins and ends is no tone
	var re, im, all float64
	for i, v := range x {
		re += v * math.Cos(2*math.Pi*hz*float64(i)/Rate)
		im += v * math.Sin(2*math.Pi*hz*float64(i)/Rate)
		all += v * v
	}
	n := float64(len(x))
	p := 2 * (re*re + im*im) / (n * n)
	return 10 * math.Log10(p), 10 * math.Log10(math.Max(all/n-p, 1e-12))
}

func TestEveryFormBecomesTheSameTone(t *testing.T) {
	for _, c := range []struct {
		name                         string
		format, channels, bits, rate int
		hz, rest                     float64 // rest: dB that noise may have
	}{
		{"8 bits, 8 kHz, mono", formatPCM, 1, 8, 8000, 700, -45},
		{"16 bits, 8 kHz, mono", formatPCM, 1, 16, 8000, 700, -70},
		{"16 bits, 16 kHz, mono", formatPCM, 1, 16, 16000, 3000, -85},
		{"16 bits, 44.1 kHz, stereo", formatPCM, 2, 16, 44100, 3000, -75},
		{"16 bits, 22.05 kHz, mono", formatPCM, 1, 16, 22050, 1000, -75},
		{"24 bits, 48 kHz, stereo", formatPCM, 2, 24, 48000, 5000, -75},
		{"32 bits, 32 kHz, mono", formatPCM, 1, 32, 32000, 6500, -75},
		{"16 bits, 11.025 kHz, mono", formatPCM, 1, 16, 11025, 2000, -70},
		{"A-law", formatALaw, 1, 8, 8000, 700, -40},
		{"µ-law", formatMuLaw, 2, 8, 8000, 700, -40},
	} {
		t.Run(c.name, func(t *testing.T) {
			made, err := Convert(bytes.NewReader(file(c.format, c.channels, c.bits, c.rate, c.hz, time.Second)), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			x := samples(t, made)
			if len(x) < Rate-2 || len(x) > Rate {
				t.Errorf("a second became %d samples", len(x))
			}
			// Half of full scale is 9 dB below a full-scale square.
			if tone, rest := at(x, c.hz); math.Abs(tone+9.03) > 0.3 || rest > c.rest {
				t.Errorf("the tone is at %.1f dB, the rest at %.1f", tone, rest)
			}
		})
	}
}

func TestWhatIsTooHighToBeHeardDoesNotComeBackAsATone(t *testing.T) {
	made, err := Convert(bytes.NewReader(file(formatPCM, 1, 16, 48000, 10000, time.Second)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	// 10 kHz would be folded to 6 kHz.
	if _, rest := at(samples(t, made), 100); rest > -75 {
		t.Errorf("10 kHz leaves %.1f dB", rest)
	}
}

// ITU-T G.711, tables 1 and 2: values of known codes, on 16 bits.
func TestG711(t *testing.T) {
	for code, want := range map[byte]int16{0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0xC5: 264, 0xF5: 528} {
		if got := aLaw(code); got != want {
			t.Errorf("A-law %#x is %d, want %d", code, got, want)
		}
	}
	for code, want := range map[byte]int16{0xFF: 0, 0x7F: 0, 0x80: 32124, 0x00: -32124, 0xFE: 8, 0xEF: 132} {
		if got := muLaw(code); got != want {
			t.Errorf("µ-law %#x is %d, want %d", code, got, want)
		}
	}
}

func TestWhatIsRefusedAndWhy(t *testing.T) {
	good := file(formatPCM, 1, 16, 8000, 440, time.Second)
	edit := func(offset int, b ...byte) []byte {
		out := bytes.Clone(good)
		copy(out[offset:], b)
		return out
	}
	const format = 12 + 12 + 8 // of the fields after "fmt "
	for _, c := range []struct {
		name string
		file []byte
		says string
	}{
		{"nothing", nil, "this is no WAV file: save the sound as WAV"},
		{"an MP3 with a tag", []byte("ID3\x04\x00"), "this is an MP3 file: save it as WAV first"},
		{"an MP3 without", []byte("\xff\xfb\x90\x00"), "this is an MP3 file"},
		{"a voice memo", []byte("\x00\x00\x00\x20ftypM4A "), "this is an M4A or MP4 file"},
		{"an Ogg", []byte("OggS\x00"), "this is an Ogg"},
		{"a picture", []byte("\x89PNG\r\n\x1a\n"), "this is no WAV file"},
		{"a video in RIFF", []byte("RIFF\x00\x00\x00\x00AVI LIST"), "this is no WAV file"},
		{"compressed", edit(format, 0x55, 0), "compressed in a way that is not read here (format 0x55): save it as PCM"},
		{"six channels", edit(format+2, 6, 0), "6 channels: save it in mono"},
		{"no channel", edit(format+2, 0, 0), "0 channels"},
		{"12 bits", edit(format+14, 12, 0), "12 bits a sample: save it with 16"},
		{"192 kHz", edit(format+4, 0, 0xEE, 2, 0), "192000 samples a second: save it with 8000 to 48000"},
		{"cut off before the sound", good[:40], "cut off or holds no sound"},
		{"only a header", good[:len(good)-16000], "the file holds no sound"},
		{"too long", file(formatPCM, 1, 16, 8000, 440, 61*time.Second), "the sound lasts 1m1s: at most 1m0s are allowed"},
		{"too large", append(good, make([]byte, MaxBytes)...), "the file is larger than 30 MB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Convert(bytes.NewReader(c.file), time.Minute); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

func TestASizeThatNobodyKnewIsTheRestOfTheFile(t *testing.T) {
	f := file(formatPCM, 1, 16, 8000, 440, time.Second)
	at := bytes.Index(f, []byte("data")) + 4
	for _, size := range []uint32{0, 0xFFFFFFFF} {
		binary.LittleEndian.PutUint32(f[at:], size)
		made, err := Convert(bytes.NewReader(f), time.Minute)
		if err != nil || Length(made) != time.Second {
			t.Errorf("size %#x: %v, %v", size, Length(made), err)
		}
	}
}

func FuzzConvert(f *testing.F) {
	f.Add(file(formatPCM, 2, 24, 44100, 440, 100*time.Millisecond))
	f.Add(file(formatALaw, 1, 8, 8000, 440, 100*time.Millisecond))
	f.Fuzz(func(t *testing.T, b []byte) {
		if made, err := Convert(bytes.NewReader(b), 10*time.Second); err == nil && len(made) <= 44 {
			t.Error("nothing was made of something")
		}
	})
}
