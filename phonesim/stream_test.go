package phonesim

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestStreamPutsPacketsInTheirPlace(t *testing.T) {
	one := func(v float64) []float64 {
		out := make([]float64, frameSamples)
		for i := range out {
			out[i] = v
		}
		return out
	}
	for name, c := range map[string]struct {
		numbers []uint16
		want    []float64 // first sample of each frame; 0 is silence
		lost    int
	}{
		"in order":                 {[]uint16{10, 11, 12}, []float64{10, 11, 12}, 0},
		"around zero":              {[]uint16{65535, 0, 1}, []float64{65535, 0, 1}, 0},
		"two lost in a run":        {[]uint16{10, 13}, []float64{10, 0, 0, 13}, 2},
		"late":                     {[]uint16{10, 12, 11, 13}, []float64{10, 11, 12, 13}, 0},
		"twice":                    {[]uint16{10, 10, 11}, []float64{10, 11}, 0},
		"another stream's numbers": {[]uint16{10, 11, 40000, 40001}, []float64{10, 11, 40000, 40001}, 0},
	} {
		var s stream
		for _, n := range c.numbers {
			s.take(1, n, one(float64(n)))
		}
		var got []float64
		for i := 0; i < len(s.sound); i += frameSamples {
			got = append(got, s.sound[i])
		}
		if len(got) != len(c.want) || s.lost != c.lost {
			t.Errorf("%s: %v with %d lost, want %v with %d", name, got, s.lost, c.want, c.lost)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	}
}

// Loss in a run used to vanish: the sound before and after it was put together.
func TestEarNoticesLossAndStrangers(t *testing.T) {
	frames := said(440, 100)
	for name, c := range map[string]struct {
		drop  func(i int) bool
		clear bool
	}{
		"nothing lost":         {func(i int) bool { return false }, true},
		"one in fifty":         {func(i int) bool { return i%50 == 7 }, true},
		"a run of twelve":      {func(i int) bool { return i >= 30 && i < 42 }, false},
		"every eighth, spread": {func(i int) bool { return i%8 == 3 }, false},
	} {
		var s stream
		for i := range 100 {
			if !c.drop(i) {
				s.take(1, uint16(i), frames[i*frameSamples:(i+1)*frameSamples])
			}
		}
		e := hear(s.sound, 440, 660)
		e.Packets, e.Lost = s.packets, s.lost
		if e.Clear() != c.clear {
			t.Errorf("%s: clear = %v, want %v (%s)", name, e.Clear(), c.clear, e)
		}
	}
}

func TestVoiceHearsOnlyTheFarSide(t *testing.T) {
	at := netip.MustParseAddr("127.0.47.1")
	ear, err := openVoice(at)
	if err != nil {
		t.Fatal(err)
	}
	defer ear.close()
	far, err := openVoice(at)
	if err != nil {
		t.Fatal(err)
	}
	defer far.close()
	stranger, err := openVoice(at)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.close()
	ear.reach(far.local())
	for i, from := range []*voice{far, stranger, far} {
		b, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: payloadAlaw, SequenceNumber: uint16(i)}, Payload: newTone(440).frame()}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := from.conn.WriteToUDPAddrPort(b, ear.local()); err != nil {
			t.Fatal(err)
		}
	}
	var got point
	for range 100 {
		if _, got = ear.after(point{}); got.packets+got.foreign == 3 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if want := (point{samples: 3 * frameSamples, packets: 2, lost: 1, foreign: 1}); got != want {
		t.Errorf("heard %+v, want %+v", got, want)
	}
}
