package phonesim

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// offer is the SDP of a phone that speaks A-law and knows RFC 4733 keys (RFC 8866).
func offer(at netip.AddrPort) []byte {
	return fmt.Appendf(nil, "v=0\r\no=- %d 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
		at.Port(), at.Addr(), at.Addr(), at.Port())
}

// readSDP gives where the far side listens; it must listen for A-law over plain RTP.
func readSDP(body []byte) (netip.AddrPort, error) {
	var host, port string
	inAudio := false
	for line := range strings.SplitSeq(string(body), "\n") {
		line = strings.TrimRight(line, "\r")
		switch {
		case strings.HasPrefix(line, "m="):
			inAudio = strings.HasPrefix(line, "m=audio ")
			if f := strings.Fields(line); inAudio {
				if len(f) < 4 || f[2] != "RTP/AVP" || !slices.Contains(f[3:], strconv.Itoa(payloadAlaw)) {
					return netip.AddrPort{}, fmt.Errorf("the far side offers %q, which is not A-law over RTP/AVP", clip(line))
				}
				port = f[1]
			}
		case strings.HasPrefix(line, "c=IN IP4 ") && (inAudio || host == ""):
			host = strings.TrimPrefix(line, "c=IN IP4 ")
		}
	}
	if port == "" || port == "0" {
		return netip.AddrPort{}, fmt.Errorf("the far side offers no sound")
	}
	at, err := netip.ParseAddrPort(host + ":" + port)
	if err != nil {
		return at, fmt.Errorf("the far side's SDP: %w", err)
	}
	return at, nil
}
