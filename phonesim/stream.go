package phonesim

// stream is sound as it was sent: packets in the order of their numbers, and silence
// where one never came, so that a run of lost packets is as long as it would sound.
type stream struct {
	sound   []float64
	packets int // that came
	lost    int // that did not, so far
	foreign int // of somebody else: not from the far address, or no sound

	begun  bool
	source uint32         // SSRC
	next   uint16         // number of the packet that should come now
	gaps   map[uint16]int // where the sound of a lost packet belongs
}

// maxDropout is how many packets may be missing before it is another stream (RFC 3550 A.1).
const maxDropout = 3000

// take puts one packet in its place.
func (s *stream) take(source uint32, number uint16, sound []float64) {
	s.packets++
	ahead := int(int16(number - s.next))
	if !s.begun || source != s.source || ahead > maxDropout || ahead < -maxDropout {
		s.begun, s.source, s.next, ahead, s.gaps = true, source, number, 0, map[uint16]int{}
	}
	if ahead < 0 { // late, or a second time
		if at, missing := s.gaps[number]; missing {
			delete(s.gaps, number)
			s.lost--
			copy(s.sound[at:], sound)
		}
		return
	}
	for ; ahead > 0 && len(s.sound) < maxHeard; ahead-- {
		s.gaps[s.next] = len(s.sound)
		s.sound = append(s.sound, make([]float64, frameSamples)...)
		s.lost++
		s.next++
	}
	if len(s.sound) < maxHeard {
		s.sound = append(s.sound, sound...)
	}
	s.next = number + 1
}
