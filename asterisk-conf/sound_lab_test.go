//go:build lab

package asteriskconf

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"regexp"
	"testing"
	"time"
)

// sound is one side's RTP: G.711 µ-law (RFC 3551), 20 ms a packet. The tone is a
// square wave, so no codec is needed: the first bit of a sample is its sign, and
// the other seven are 0 when it is loudest.
type sound struct {
	conn net.PacketConn
	host string
	far  *net.UDPAddr
}

const (
	rate    = 8000 // samples a second
	frame   = 160  // samples of 20 ms
	high    = 0x90
	low     = 0x10
	quietly = 0x50 // of the seven bits: softer than this is silence
)

func newSound(t testing.TB, host string) *sound {
	t.Helper()
	conn, err := net.ListenPacket("udp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &sound{conn: conn, host: host}
}

func (s *sound) sdp() []byte {
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
		s.host, s.conn.LocalAddr().(*net.UDPAddr).Port)
}

var audio = regexp.MustCompile(`(?s)c=IN IP4 ([0-9.]+).*m=audio ([0-9]+) `)

// reach reads where the other side listens.
func (s *sound) reach(sdp []byte) {
	if m := audio.FindSubmatch(sdp); m != nil {
		s.far, _ = net.ResolveUDPAddr("udp", net.JoinHostPort(string(m[1]), string(m[2])))
	}
}

// play sends a tone of hz until ctx ends.
func (s *sound) play(ctx context.Context, hz int) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	packet := make([]byte, 12+frame)
	packet[0] = 0x80
	for n := 0; s.far != nil; n++ {
		binary.BigEndian.PutUint16(packet[2:], uint16(n))
		binary.BigEndian.PutUint32(packet[4:], uint32(n*frame))
		binary.BigEndian.PutUint32(packet[8:], uint32(hz)) // a source of its own
		for i := range frame {
			packet[12+i] = high
			if (n*frame+i)*2*hz/rate%2 == 1 {
				packet[12+i] = low
			}
		}
		if _, err := s.conn.WriteTo(packet, s.far); err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// listen is the frequency of the next second of sound, by counting how often the
// wave changes its sign; 0 when the second does not come within three.
func (s *sound) listen() float64 {
	s.conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	buf := make([]byte, 2048)
	samples, changes, last := 0, 0, byte(1)
	for drop := 5; samples < rate; drop-- { // the first packets came while nobody listened
		n, _, err := s.conn.ReadFrom(buf)
		if err != nil {
			return 0
		}
		if n != 12+frame || drop > 0 {
			continue
		}
		for _, b := range buf[12:n] {
			sign := b & 0x80
			if b&0x7f < quietly && sign != last {
				changes++
				last = sign
			}
		}
		samples += frame
	}
	return float64(changes) / 2 * rate / float64(samples)
}
