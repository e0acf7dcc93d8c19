package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Format tags of WAVE files (RFC 2361).
const (
	formatPCM        = 1
	formatALaw       = 6
	formatMuLaw      = 7
	formatExtensible = 0xFFFE // the tag stands at the beginning of the sub-format
)

// wav is the sound of a WAVE file.
type wav struct {
	format, channels, bits int
	rate                   int
	data                   []byte
}

// parse reads a file. Everything in it may be a lie.
func parse(file []byte) (wav, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return wav{}, foreign(file)
	}
	var w wav
	rest := file[12:]
	for len(rest) >= 8 {
		name, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:8]))
		body := rest[8:]
		// Who records into a pipe does not know the size: 0 or all ones.
		if name == "data" && (size == 0 || size > uint64(len(body))) {
			size = uint64(len(body))
		}
		if size > uint64(len(body)) {
			break
		}
		switch name {
		case "fmt ":
			if err := w.read(body[:size]); err != nil {
				return wav{}, err
			}
		case "data":
			if w.rate == 0 {
				return wav{}, errors.New("the WAV file does not say its format before its sound: save it again")
			}
			frame := w.channels * w.bits / 8
			w.data = body[:int(size)/frame*frame]
			return w, nil
		}
		rest = body[min(size+size%2, uint64(len(body))):] // chunks begin at even places
	}
	return wav{}, errors.New("the WAV file is cut off or holds no sound: save it again")
}

// read takes the format.
func (w *wav) read(b []byte) error {
	if len(b) < 16 {
		return errors.New("the WAV file is damaged: save it again")
	}
	u16 := func(i int) int { return int(binary.LittleEndian.Uint16(b[i:])) }
	w.format, w.channels, w.bits = u16(0), u16(2), u16(14)
	rate := binary.LittleEndian.Uint32(b[4:])
	if w.format == formatExtensible && len(b) >= 26 {
		w.format = u16(24)
	}
	bits := map[int][]int{formatPCM: {8, 16, 24, 32}, formatALaw: {8}, formatMuLaw: {8}}[w.format]
	switch {
	case bits == nil:
		return fmt.Errorf("the WAV file is compressed in a way that is not read here (format %#x): save it as PCM, 16 bits", w.format)
	case !slices.Contains(bits, w.bits):
		return fmt.Errorf("the WAV file has %d bits a sample: save it with 16", w.bits)
	case w.channels != 1 && w.channels != 2:
		return fmt.Errorf("the WAV file has %d channels: save it in mono", w.channels)
	case rate < 6000 || rate > 48000:
		return fmt.Errorf("the WAV file has %d samples a second: save it with 8000 to 48000, best 16000", rate)
	}
	w.rate = int(rate)
	return nil
}

// foreign says what a file is that is no WAVE file, and the way out.
func foreign(file []byte) error {
	for _, k := range []struct {
		at    int
		magic string
		name  string
	}{
		{0, "ID3", "an MP3"}, {0, "\xff\xfb", "an MP3"}, {0, "\xff\xf3", "an MP3"}, {0, "\xff\xf2", "an MP3"},
		{0, "OggS", "an Ogg (Vorbis or Opus)"}, {0, "fLaC", "a FLAC"}, {4, "ftyp", "an M4A or MP4"},
		{0, "FORM", "an AIFF"}, {0, "caff", "a CAF"}, {0, "#!AMR", "an AMR"}, {0, "\x1aE\xdf\xa3", "a WebM"},
		{0, "0&\xb2u", "a WMA"}, {0, "RF64", "a WAV of more than 4 GB, RF64"},
	} {
		if len(file) >= k.at && bytes.HasPrefix(file[k.at:], []byte(k.magic)) {
			return fmt.Errorf("this is %s file: save it as WAV first (in Audacity: File, Export, WAV) and upload that", k.name)
		}
	}
	return errors.New("this is no WAV file: save the sound as WAV (in Audacity: File, Export, WAV) and upload that")
}

// length is how long it plays.
func (w wav) length() time.Duration {
	return time.Duration(len(w.data)/(w.channels*w.bits/8)) * time.Second / time.Duration(w.rate)
}

// mono are the samples between -1 and 1, both channels as one.
func (w wav) mono() []float32 {
	step := w.bits / 8
	out := make([]float32, len(w.data)/(step*w.channels))
	for i := range out {
		var sum float32
		for c := range w.channels {
			sum += w.sample(w.data[(i*w.channels+c)*step:])
		}
		out[i] = sum / float32(w.channels)
	}
	return out
}

// sample reads one.
func (w wav) sample(b []byte) float32 {
	switch {
	case w.format == formatALaw:
		return float32(aLaw(b[0])) / 32768
	case w.format == formatMuLaw:
		return float32(muLaw(b[0])) / 32768
	case w.bits == 8: // without a sign, alone among all
		return (float32(b[0]) - 128) / 128
	case w.bits == 16:
		return float32(int16(binary.LittleEndian.Uint16(b))) / 32768
	case w.bits == 24:
		return float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
	}
	return float32(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
}

// aLaw decodes ITU-T G.711 A-law: every second bit is inverted, three bits of exponent,
// four of mantissa.
func aLaw(b byte) int16 {
	b ^= 0x55
	exponent, mantissa := b>>4&7, int16(b&15)
	v := mantissa<<4 + 8
	if exponent > 0 {
		v = (v + 0x100) << (exponent - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}

// muLaw decodes ITU-T G.711 µ-law: all bits are inverted, and a bias is added.
func muLaw(b byte) int16 {
	b = ^b
	v := (int16(b&15)<<3+0x84)<<(b>>4&7) - 0x84
	if b&0x80 != 0 {
		return -v
	}
	return v
}
