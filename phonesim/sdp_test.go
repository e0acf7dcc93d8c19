package phonesim

import (
	"net/netip"
	"testing"
)

// readSDP gives where a far side with this SDP listens for our sound.
func readSDP(t *testing.T, body string) (netip.AddrPort, error) {
	t.Helper()
	v, err := openVoice(netip.MustParseAddr("127.0.48.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	err = v.agree([]byte(body))
	return v.far, err
}

func TestSDPWithTheAddressBesideTheMedia(t *testing.T) {
	got, err := readSDP(t, "v=0\r\nc=IN IP4 10.0.0.1\r\nm=video 9 RTP/AVP 99\r\nc=IN IP4 10.0.0.2\r\nm=audio 6000 RTP/AVP 9 8\r\nc=IN IP4 10.0.0.3\r\n")
	if want := netip.MustParseAddrPort("10.0.0.3:6000"); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestSDPThatAPhoneCannotUse(t *testing.T) {
	for name, sdp := range map[string]string{
		"nothing":            "",
		"no A-law":           "c=IN IP4 10.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n",
		"encrypted":          "c=IN IP4 10.0.0.1\r\nm=audio 6000 RTP/SAVP 8\r\n",
		"sound switched off": "c=IN IP4 10.0.0.1\r\nm=audio 0 RTP/AVP 8\r\n",
		"no address":         "m=audio 6000 RTP/AVP 8\r\n",
		"a port too far":     "c=IN IP4 10.0.0.1\r\nm=audio 99999 RTP/AVP 8\r\n",
		"no medium":          "c=IN IP4 10.0.0.1\r\nm=audio 6000\r\n",
		"a payload too far":  "c=IN IP4 10.0.0.1\r\nm=audio 6000 RTP/AVP 8 300\r\n",
	} {
		if at, err := readSDP(t, sdp); err == nil {
			t.Errorf("%s: read as %v", name, at)
		}
	}
}
