package pnp

import (
	"encoding/binary"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"autocom/provision"
)

// framed is a SIP message on the wire, from another box to a phone.
func framed(text []byte) []byte {
	b := make([]byte, 14+20+8, 14+20+8+len(text))
	copy(b[6:], []byte{0x02, 0, 0, 0, 0, 0x66})
	binary.BigEndian.PutUint16(b[12:], 0x0800)
	ip := b[14:]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(28+len(text)))
	copy(ip[12:], []byte{192, 0, 2, 66})
	copy(ip[16:], []byte{192, 0, 2, 50})
	return append(b, text...)
}

func TestAnotherResponderIsHeard(t *testing.T) {
	s, err := Decode(wire(yealinkSubscribe))
	if err != nil {
		t.Fatal(err)
	}
	d := newDialog(s, netip.MustParseAddrPort("192.0.2.50:5059"), netip.MustParseAddrPort("192.0.2.66:5060"))
	vm, err := bpf.NewVM(answers)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text []byte
		want bool
	}{
		"a NOTIFY with an address":   {d.notify("http://192.0.2.66/"), true},
		"the 200 to a phone":         {d.ok(), true},
		"a NOTIFY of a lamp":         {wire("NOTIFY sip:201@192.0.2.50 SIP/2.0\nEvent: dialog\nContent-Type: application/dialog-info+xml\n\n"), false},
		"the 200 of a lamp":          {wire("SIP/2.0 200 OK\nFrom: <sip:201@192.0.2.66>\nCSeq: 1 SUBSCRIBE\n\n"), false},
		"the 200 to a REGISTER":      {wire("SIP/2.0 200 OK\nFrom: <sip:MAC001565aabb01@192.0.2.66>\nCSeq: 1 REGISTER\n\n"), false},
		"the refusal of a SUBSCRIBE": {wire("SIP/2.0 489 Bad Event\nFrom: <sip:MAC001565aabb01@x>\nCSeq: 1 SUBSCRIBE\n\n"), false},
		"the phone's own question":   {wire(yealinkSubscribe), false},
		"sound":                      {[]byte("\x80\x08\x00\x01application/url"), false},
	} {
		frame := framed(tc.text)
		ip, mac, got := answer(frame)
		n, err := vm.Run(frame)
		if err != nil {
			t.Fatal(err)
		}
		if got != tc.want || tc.want && (n == 0 || ip.String() != "192.0.2.66" || mac != (provision.MAC{0x02, 0, 0, 0, 0, 0x66})) {
			t.Errorf("%s: %v from %v %v, filter %d", name, got, ip, mac, n)
		}
		if strings.HasPrefix(string(tc.text), "SUBSCRIBE") && n != 0 {
			t.Errorf("%s passes the filter", name)
		}
	}
}

func TestARivalIsReportedOnce(t *testing.T) {
	var told []netip.Addr
	r := &Rivals{
		Local: func() netip.Addr { return netip.MustParseAddr("192.0.2.10") }, Log: slog.New(slog.DiscardHandler),
		Rival: func(ip netip.Addr, _ provision.MAC) { told = append(told, ip) },
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i := range 10 {
		r.heard(netip.MustParseAddr("192.0.2.66"), provision.MAC{}, now.Add(time.Duration(i)*time.Second))
		r.heard(netip.MustParseAddr("192.0.2.10"), provision.MAC{}, now) // ours
	}
	r.heard(netip.MustParseAddr("192.0.2.66"), provision.MAC{}, now.Add(rivalAgain+10*time.Second))
	if len(told) != 2 || r.Seen() != 11 {
		t.Errorf("told %v, seen %d", told, r.Seen())
	}
	ip := netip.MustParseAddr("10.0.0.0")
	for range 10 * maxRivals {
		ip = ip.Next()
		r.heard(ip, provision.MAC{}, now)
	}
	if len(r.known) > maxRivals {
		t.Errorf("%d are remembered", len(r.known))
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(framed([]byte("NOTIFY sip:x SIP/2.0\r\nEvent: ua-profile\r\n\r\n")))
	f.Add([]byte{})
	f.Fuzz(func(_ *testing.T, b []byte) { answer(b) })
}
