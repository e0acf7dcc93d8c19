package phonesim

import (
	"fmt"
	"net/netip"
	"slices"
)

// offer describes what we would like: all our codecs before the first agreement, the one
// in use after it.
func (v *voice) offer() []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	direction := "sendrecv"
	if v.holding {
		direction = "sendonly" // RFC 3264 8.4
	}
	if v.theirs == nil {
		media := []medium{v.ours(v.sounds, direction)}
		if v.picture != nil {
			media = append(media, v.picture.ours(v.picture.codecs, direction))
		}
		return v.write(media)
	}
	return v.write(v.mirror(func(string) string { return direction }))
}

// answer describes what we take of the far side's offer.
func (v *voice) answer() []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.write(v.mirror(func(theirs string) string {
		switch theirs { // RFC 3264 6.1
		case "sendonly":
			return "recvonly"
		case "recvonly":
			return "sendonly"
		case "inactive":
			return theirs
		}
		if v.holding {
			return "sendonly"
		}
		return "sendrecv"
	}))
}

// mirror gives our media in the order of the far side's (RFC 3264 6: none may be left out).
func (v *voice) mirror(direction func(theirs string) string) []medium {
	var out []medium
	sound, seen := false, false
	for _, m := range v.theirs {
		switch {
		case m.kind == "audio" && !m.off() && !sound:
			sound = true
			out = append(out, v.ours([]codec{v.codec}, direction(m.direction)))
		case m.kind == "video" && !m.off() && !seen && v.picture != nil && v.picture.agreed():
			seen = true
			out = append(out, v.picture.ours([]codec{v.picture.codec}, direction(m.direction)))
		default:
			out = append(out, medium{kind: m.kind, proto: m.proto, codecs: []codec{{}}, at: netip.AddrPortFrom(v.local().Addr(), 0)})
		}
	}
	return out
}

func (v *voice) ours(codecs []codec, direction string) medium {
	return medium{kind: "audio", at: v.local(), proto: "RTP/AVP", codecs: codecs, keys: ourKeys, direction: direction}
}

func (v *voice) write(media []medium) []byte {
	v.version++
	return describe(v.id, v.version, v.local().Addr(), media...)
}

// agree takes the far side's SDP: of its codecs the first that we have too.
func (v *voice) agree(body []byte) error {
	media, err := readMedia(body)
	if err != nil {
		return err
	}
	m, ok := mediumOf(media, "audio")
	if !ok {
		return errNoSound
	}
	if m.proto != "RTP/AVP" {
		return fmt.Errorf("the far side offers sound over %s, which is not RTP/AVP", clip(m.proto))
	}
	at := slices.IndexFunc(m.codecs, func(c codec) bool { return v.takes(c.name) })
	if at < 0 {
		return fmt.Errorf("the far side offers no codec of ours")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.codec, v.events, v.theirs = m.codecs[at], m.keys, media
	v.reachNow(m.at)
	if v.picture != nil {
		p, _ := mediumOf(media, "video")
		v.picture.agree(p)
	}
	return nil
}

func (v *voice) takes(name string) bool {
	return slices.ContainsFunc(v.sounds, func(c codec) bool { return c.name == name })
}

// quiet reports whether nothing is to be sent now: we hold, or the far side does not listen.
func (v *voice) quiet() bool {
	if v.holding || !v.far.IsValid() {
		return true
	}
	m, _ := mediumOf(v.theirs, "audio")
	return m.direction == "sendonly" || m.direction == "inactive"
}
