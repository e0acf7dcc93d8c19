package phonesim

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// codec is a way to send sound or pictures, by the word that asterisk uses.
type codec struct {
	name    string
	payload uint8  // of RFC 3551 table 4, or ours of the dynamic ones
	rtpmap  string // RFC 8866 6.6, in capitals
	fmtp    string
}

// The codecs that agents may offer.
var (
	soundCodecs = []codec{{name: "alaw", payload: payloadAlaw, rtpmap: "PCMA/8000"}, {name: "ulaw", payload: 0, rtpmap: "PCMU/8000"},
		{name: "g722", payload: 9, rtpmap: "G722/8000"},      // RFC 3551 4.5.2: its clock is said to be 8000
		{name: "opus", payload: 107, rtpmap: "OPUS/48000/2"}} // RFC 7587 4.1
	videoCodecs = []codec{{name: "h264", payload: 97, rtpmap: "H264/90000", fmtp: "profile-level-id=42e01f;packetization-mode=1"},
		{name: "vp8", payload: 98, rtpmap: "VP8/90000"}}
)

// codecsOf gives the codecs of that name, in their order.
func codecsOf(names []string, known []codec) ([]codec, error) {
	var out []codec
	for _, n := range names {
		i := slices.IndexFunc(known, func(c codec) bool { return c.name == n })
		if i < 0 {
			return nil, fmt.Errorf("codec %q is unknown to this virtual phone", n)
		}
		out = append(out, known[i])
	}
	return out, nil
}

// ourKeys is the payload type that we offer for telephone-event (RFC 4733).
const ourKeys = 101

// medium is one m= section of a session (RFC 8866 5.14).
type medium struct {
	kind      string // "audio", "video"
	at        netip.AddrPort
	proto     string  // "RTP/AVP", "RTP/SAVP"
	codecs    []codec // in their order; payload is the writer's
	keys      uint8   // payload type of telephone-event, 0 for none
	direction string  // "sendrecv", "sendonly", "recvonly", "inactive"
	crypto    string  // SDES key, "inline:…" (RFC 4568)
}

// off reports a medium that is refused or not wanted.
func (m medium) off() bool { return m.at.Port() == 0 }

// describe writes the SDP of media.
func describe(id uint64, version int, here netip.Addr, media ...medium) []byte {
	b := fmt.Appendf(nil, "v=0\r\no=- %d %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n", id, version, here, here)
	for _, m := range media {
		b = fmt.Appendf(b, "m=%s %d %s", m.kind, m.at.Port(), m.proto)
		for _, c := range m.codecs {
			b = fmt.Appendf(b, " %d", c.payload)
		}
		if m.keys > 0 {
			b = fmt.Appendf(b, " %d", m.keys)
		}
		b = append(b, "\r\n"...)
		if m.off() {
			continue
		}
		for _, c := range m.codecs {
			b = fmt.Appendf(b, "a=rtpmap:%d %s\r\n", c.payload, c.rtpmap)
			if c.fmtp != "" {
				b = fmt.Appendf(b, "a=fmtp:%d %s\r\n", c.payload, c.fmtp)
			}
		}
		if m.keys > 0 {
			b = fmt.Appendf(b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", m.keys, m.keys)
		}
		if m.kind == "audio" {
			b = append(b, "a=ptime:20\r\n"...)
		}
		if m.crypto != "" {
			b = fmt.Appendf(b, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 %s\r\n", m.crypto)
		}
		b = fmt.Appendf(b, "a=%s\r\n", m.direction)
	}
	return b
}

// maxMedia bounds what a far side may describe.
const maxMedia = 8

// readMedia reads the m= sections of an SDP, with the codecs that we know.
func readMedia(body []byte) ([]medium, error) {
	var out []medium
	var host string // of the session
	hosts, ports, maps := []string{}, []string{}, []map[string]string{}
	direction := "sendrecv"
	for line := range strings.SplitSeq(string(body), "\n") {
		line = strings.TrimRight(line, "\r")
		n := len(out) - 1
		switch {
		case strings.HasPrefix(line, "m="):
			f := strings.Fields(strings.TrimPrefix(line, "m="))
			if len(f) < 4 || len(out) == maxMedia {
				return nil, fmt.Errorf("the far side's SDP: %q is no medium", clip(line))
			}
			m := medium{kind: f[0], proto: f[2], direction: direction}
			for _, p := range f[3:] {
				v, err := strconv.ParseUint(p, 10, 7)
				if err != nil {
					return nil, fmt.Errorf("the far side's SDP: %q is no payload type", clip(p))
				}
				m.codecs = append(m.codecs, codec{payload: uint8(v)})
			}
			out, ports, hosts, maps = append(out, m), append(ports, f[1]), append(hosts, ""), append(maps, map[string]string{})
		case strings.HasPrefix(line, "c=IN IP4 ") && n < 0:
			host = strings.TrimPrefix(line, "c=IN IP4 ")
		case strings.HasPrefix(line, "c=IN IP4 "):
			hosts[n] = strings.TrimPrefix(line, "c=IN IP4 ")
		case line == "a=sendrecv" || line == "a=sendonly" || line == "a=recvonly" || line == "a=inactive":
			if direction = line[2:]; n >= 0 {
				out[n].direction, direction = direction, "sendrecv"
			}
		case strings.HasPrefix(line, "a=rtpmap:") && n >= 0:
			if p, name, ok := strings.Cut(strings.TrimPrefix(line, "a=rtpmap:"), " "); ok {
				maps[n][p] = strings.ToUpper(strings.TrimSpace(name))
			}
		case strings.HasPrefix(line, "a=crypto:") && n >= 0 && out[n].crypto == "":
			if f := strings.Fields(line); len(f) >= 3 && f[1] == "AES_CM_128_HMAC_SHA1_80" {
				out[n].crypto = f[2]
			}
		}
	}
	for i := range out {
		at := hosts[i]
		if at == "" {
			at = host
		}
		addr, err := netip.ParseAddrPort(at + ":" + ports[i])
		if err != nil {
			return nil, fmt.Errorf("the far side's SDP: %w", err)
		}
		out[i].at = addr
		out[i].know(maps[i])
	}
	return out, nil
}

// know keeps the codecs that we know, by their rtpmap or their static payload type.
func (m *medium) know(maps map[string]string) {
	var ours []codec
	known := soundCodecs
	if m.kind == "video" {
		known = videoCodecs
	}
	for _, c := range m.codecs {
		name := maps[strconv.Itoa(int(c.payload))]
		if strings.HasPrefix(name, "TELEPHONE-EVENT/8000") {
			m.keys = c.payload
			continue
		}
		for _, k := range known {
			if name == k.rtpmap || name == k.rtpmap+"/1" || name == "" && c.payload == k.payload && c.payload < 96 {
				k.payload = c.payload
				ours = append(ours, k)
			}
		}
	}
	m.codecs = ours
}

// errNoSound is a session without sound.
var errNoSound = errors.New("the far side offers no sound")

// mediumOf finds the first medium of a kind that is on.
func mediumOf(media []medium, kind string) (medium, bool) {
	for _, m := range media {
		if m.kind == kind && !m.off() {
			return m, true
		}
	}
	return medium{}, false
}
