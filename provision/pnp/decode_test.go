package pnp

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

// The layouts are those of messages published by their makers' users; addresses
// and the last bytes of the MACs are replaced.
const (
	yealinkSubscribe = `SUBSCRIBE sip:MAC001565aabb01@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.50:5059;branch=z9hG4bK1536537630
From: <sip:MAC001565aabb01@224.0.1.75>;tag=1536537630
To: <sip:MAC001565aabb01@224.0.1.75>
Call-ID: 1536537630@192.0.2.50
CSeq: 1 SUBSCRIBE
Contact: <sip:MAC001565aabb01@192.0.2.50:5059>
Max-Forwards: 70
User-Agent: Yealink W52P 25.81.0.10
Expires: 0
Event: ua-profile;profile-type="device";vendor="yealink";model="W52P";version="25.81.0.10"
Accept: application/url
Content-Length: 0

`
	// No branch in Via (RFC 2543), the phone's own domain as host.
	snomSubscribe = `SUBSCRIBE sip:MAC%3a000413AABB02@intern.example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.67:5060;rport
From: <sip:MAC%3a000413AABB02@intern.example.com>;tag=1234
To: <sip:MAC%3a000413AABB02@intern.example.com>
Call-ID: 566667@192.0.2.67
CSeq: 1 SUBSCRIBE
Contact: <sip:192.0.2.67:5060>
User-Agent: snomD120/10.1.39.11
Event: ua-profile;profile-type="device";vendor="snom";model="snomD120";version="10.1.39.11"
Expires: 0
Content-Length: 0

`
	grandstreamSubscribe = `SUBSCRIBE sip:MAC%3AC074ADAABB03@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5080;branch=z9hG4bK1;rport
From: <sip:MAC%3AC074ADAABB03@224.0.1.75>;tag=77
To: <sip:MAC%3AC074ADAABB03@224.0.1.75>
Call-ID: 5@192.0.2.2
CSeq: 20000 SUBSCRIBE
Contact: <sip:192.0.2.2:5080>
Supported: replaces, path
Event: ua-profile;profile-type="device";vendor="Grandstream";model="GRP2612W";version="1.0.5.67"
Expires: 0
Content-Length: 0

`
	// From without a tag, MAC=, no blank after "Event:".
	planetSubscribe = `SUBSCRIBE sip:MAC=00304faabb04@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.3:5060;branch=z9hG4bK9
From: <sip:MAC=00304faabb04@224.0.1.75>
To: <sip:MAC=00304faabb04@224.0.1.75>
Call-ID: 9@192.0.2.3
CSeq: 1 SUBSCRIBE
Event:ua-profile;profile-type="device";vendor="PLANET";model="VIP-2140PT";version="2.0.3.2991"
User-Agent: PLANET VIP-2140PT
Expires: 0
Content-Length: 0

`
	// Neither vendor nor MAC.
	audiocodesSubscribe = `SUBSCRIBE sip:224.0.1.75:5060 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bK4
From: <sip:00000001@192.0.2.4>;tag=4
To: <sip:224.0.1.75:5060>
Call-ID: 4@192.0.2.4
CSeq: 1 SUBSCRIBE
Contact: <sip:00000001@192.0.2.4:5060>
Event: ua-profile;profile-type="application";model="420HD";version="1.2.1_build_6"
Expires: 0
Content-Length: 0

`
)

var captured = map[string]string{
	"yealink": yealinkSubscribe, "snom": snomSubscribe, "grandstream": grandstreamSubscribe,
	"planet": planetSubscribe, "audiocodes": audiocodesSubscribe,
}

// wire gives a message the line ends of the wire.
func wire(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

func TestPhonesAskInTheirOwnSpelling(t *testing.T) {
	want := map[string]provision.Sighting{
		"yealink": {Sensor: provision.SensorPnP, MAC: mac("00:15:65:aa:bb:01"), Fields: map[string]string{
			"event":      `ua-profile;profile-type="device";vendor="yealink";model="W52P";version="25.81.0.10"`,
			"user-agent": "Yealink W52P 25.81.0.10", "vendor": "yealink", "model": "W52P", "firmware": "25.81.0.10",
		}},
		"snom": {Sensor: provision.SensorPnP, MAC: mac("00:04:13:aa:bb:02"), Fields: map[string]string{
			"event":      `ua-profile;profile-type="device";vendor="snom";model="snomD120";version="10.1.39.11"`,
			"user-agent": "snomD120/10.1.39.11", "vendor": "snom", "model": "snomD120", "firmware": "10.1.39.11",
		}},
		"grandstream": {Sensor: provision.SensorPnP, MAC: mac("c0:74:ad:aa:bb:03"), Fields: map[string]string{
			"event":  `ua-profile;profile-type="device";vendor="Grandstream";model="GRP2612W";version="1.0.5.67"`,
			"vendor": "Grandstream", "model": "GRP2612W", "firmware": "1.0.5.67",
		}},
		"planet": {Sensor: provision.SensorPnP, MAC: mac("00:30:4f:aa:bb:04"), Fields: map[string]string{
			"event":      `ua-profile;profile-type="device";vendor="PLANET";model="VIP-2140PT";version="2.0.3.2991"`,
			"user-agent": "PLANET VIP-2140PT", "vendor": "PLANET", "model": "VIP-2140PT", "firmware": "2.0.3.2991",
		}},
		"audiocodes": {Sensor: provision.SensorPnP, Fields: map[string]string{
			"event": `ua-profile;profile-type="application";model="420HD";version="1.2.1_build_6"`,
			"model": "420HD", "firmware": "1.2.1_build_6",
		}},
	}
	got := map[string]provision.Sighting{}
	for name, text := range captured {
		s, err := Decode(wire(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got[name] = s.Sighting()
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("sightings (-want +got):\n%s", diff)
	}
}

func TestMACSpellings(t *testing.T) {
	want := mac("00:15:65:aa:bb:01")
	for _, text := range []string{
		"sip:MAC001565aabb01@224.0.1.75", "sip:MAC%3a001565aabb01@x", "sip:MAC%3A001565AABB01@x",
		"sip:MAC:001565aabb01@x", "sip:MAC=001565aabb01@x", "<sip:mac00-15-65-aa-bb-01@x>",
		"sip:MAC%3a00%3a15%3a65%3aaa%3abb%3a01@x",
	} {
		if got, ok := findMAC(text); !ok || got != want {
			t.Errorf("%s: %v %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"sip:201@x", "sip:MAC001565aabb@x", "sip:MAC001565aabb0102@x", "sip:MAC000000000000@x",
		"sip:MACffffffffffff@x", "sip:IMAC001565aabb01@x",
	} {
		if got, ok := findMAC(text); ok {
			t.Errorf("%s was read as %v", text, got)
		}
	}
}

// The lenient reader must see what a strict one sees.
func TestReadsWhatSipgoReads(t *testing.T) {
	for name, text := range captured {
		msg, err := sip.ParseMessage(wire(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		req := msg.(*sip.Request)
		s, err := Decode(wire(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := []string{req.CallID().Value(), req.CSeq().Value(), req.GetHeader("Event").Value()}
		if diff := cmp.Diff(want, []string{s.CallID, s.CSeq, s.Event}); diff != "" {
			t.Errorf("%s (-sipgo +ours):\n%s", name, diff)
		}
	}
}

func TestWhatIsNotAPhonesQuestion(t *testing.T) {
	for name, tc := range map[string]struct {
		text  string
		other bool
	}{
		"another method":      {strings.ReplaceAll(yealinkSubscribe, "SUBSCRIBE", "OPTIONS"), true},
		"another event":       {strings.Replace(yealinkSubscribe, "ua-profile", "presence", 1), true},
		"a response":          {"SIP/2.0 200 OK\nVia: x\n\n", true},
		"no Call-ID":          {strings.Replace(yealinkSubscribe, "Call-ID", "X-ID", 1), false},
		"empty":               {"", false},
		"noise":               {"\x00\xff\x01", false},
		"a header of 2000":    {strings.Replace(yealinkSubscribe, "1536537630@", strings.Repeat("1", 2000)+"@", 1), false},
		"a bare CR in a name": {strings.Replace(yealinkSubscribe, "1536537630@", "15\r36@", 1), false},
		"a hundred headers":   {strings.Replace(yealinkSubscribe, "Accept:", strings.Repeat("X: y\n", 100)+"Accept:", 1), false},
	} {
		_, err := Decode(wire(tc.text))
		if err == nil || errors.Is(err, ErrOther) != tc.other {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLineEndsAndCompactNames(t *testing.T) {
	want, err := Decode(wire(yealinkSubscribe))
	if err != nil {
		t.Fatal(err)
	}
	short := strings.NewReplacer("\nVia:", "\nv:", "\nFrom:", "\nf:", "\nTo:", "\nt :", "\nCall-ID:", "\ni:",
		"\nContact:", "\nm:", "\nEvent: ua-profile;", "\no: ua-profile;\n ").Replace(yealinkSubscribe)
	for name, b := range map[string][]byte{
		"line feeds alone": []byte(yealinkSubscribe),
		"no blank line":    []byte(strings.TrimRight(yealinkSubscribe, "\n")),
		"leading CRLF":     wire("\n\n" + yealinkSubscribe),
	} {
		got, err := Decode(b)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	want.Event = strings.Replace(want.Event, "ua-profile;", "ua-profile; ", 1)
	got, err := Decode(wire(short))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("compact names and a folded line: %v (-want +got):\n%s", err, diff)
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range captured {
		f.Add(wire(text))
		f.Add([]byte(text))
	}
	f.Add(wire("SUBSCRIBE sip:x SIP/2.0\nv: \nf: x\nt: x\ni: x\nCSeq: 1\no: ua-profile;=;;\"\n\n"))
	source := netip.MustParseAddrPort("192.0.2.50:5059")
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(b)
		if err != nil {
			return
		}
		for field, value := range s.Sighting().Fields {
			if value != provision.Clean(value) {
				t.Errorf("%s is not clean: %q", field, value)
			}
		}
		for _, to := range []netip.AddrPort{s.replyTo(source), s.notifyTo(source)} {
			if to.Addr() != source.Addr() {
				t.Errorf("the answer goes to %v, the question came from %v", to, source)
			}
		}
		d := newDialog(s, source, netip.MustParseAddrPort("192.0.2.10:40000"))
		for _, m := range [][]byte{d.ok(), d.notify("http://192.0.2.10/")} {
			head, _, _ := strings.Cut(string(m), "\r\n\r\n")
			if strings.ContainsAny(strings.ReplaceAll(head, "\r\n", ""), "\r\n") {
				t.Errorf("a header was injected: %q", m)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	packet := wire(yealinkSubscribe)
	for b.Loop() {
		if _, err := Decode(packet); err != nil {
			b.Fatal(err)
		}
	}
}

func mac(s string) provision.MAC {
	m, err := provision.ParseMAC(s)
	if err != nil {
		panic(err)
	}
	return m
}
