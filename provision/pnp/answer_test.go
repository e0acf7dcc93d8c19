package pnp

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"
)

func TestAnswerToAYealink(t *testing.T) {
	s, err := Decode(wire(yealinkSubscribe))
	if err != nil {
		t.Fatal(err)
	}
	d := dialog{
		subscribe: s,
		source:    netip.MustParseAddrPort("192.0.2.50:5059"),
		local:     netip.MustParseAddrPort("192.0.2.10:40000"),
		tag:       "ourtag", branch: "z9hG4bKours",
	}
	want := `SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.50:5059;branch=z9hG4bK1536537630;received=192.0.2.50
From: <sip:MAC001565aabb01@224.0.1.75>;tag=1536537630
To: <sip:MAC001565aabb01@224.0.1.75>;tag=ourtag
Call-ID: 1536537630@192.0.2.50
CSeq: 1 SUBSCRIBE
Contact: <sip:192.0.2.10:40000>
Expires: 0
Content-Length: 0

`
	if diff := cmp.Diff(want, unwire(d.ok())); diff != "" {
		t.Errorf("200 (-want +got):\n%s", diff)
	}
	want = `NOTIFY sip:MAC001565aabb01@192.0.2.50:5059 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.10:40000;branch=z9hG4bKours;rport
Max-Forwards: 70
From: <sip:MAC001565aabb01@224.0.1.75>;tag=ourtag
To: <sip:MAC001565aabb01@224.0.1.75>;tag=1536537630
Call-ID: 1536537630@192.0.2.50
CSeq: 1 NOTIFY
Contact: <sip:192.0.2.10:40000>
Event: ua-profile;profile-type="device";vendor="yealink";model="W52P";version="25.81.0.10"
Subscription-State: terminated;reason=timeout
Content-Type: application/url
Content-Length: 26

http://192.0.2.10/p/token/`
	if diff := cmp.Diff(want, unwire(d.notify("http://192.0.2.10/p/token/"))); diff != "" {
		t.Errorf("NOTIFY (-want +got):\n%s", diff)
	}
}

func unwire(b []byte) string { return strings.ReplaceAll(string(b), "\r\n", "\n") }

func TestAnswersAreSIPToAStrictParser(t *testing.T) {
	source := netip.MustParseAddrPort("192.0.2.50:5059")
	for name, text := range captured {
		s, err := Decode(wire(text))
		if err != nil {
			t.Fatal(err)
		}
		d := newDialog(s, source, netip.MustParseAddrPort("192.0.2.10:40000"))
		response, err := sip.ParseMessage(d.ok())
		if err != nil {
			t.Fatalf("%s: 200: %v", name, err)
		}
		notify, err := sip.ParseMessage(d.notify("http://192.0.2.10/"))
		if err != nil {
			t.Fatalf("%s: NOTIFY: %v", name, err)
		}
		to, _ := response.To().Params.Get("tag")
		from, _ := notify.From().Params.Get("tag")
		want := []string{s.CallID, s.CallID, d.tag, d.tag, "http://192.0.2.10/"}
		got := []string{response.CallID().Value(), notify.CallID().Value(), to, from, string(notify.Body())}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWhereAnswersGo(t *testing.T) {
	source := netip.MustParseAddrPort("192.0.2.50:6000")
	for name, tc := range map[string]struct {
		via, contact  string
		reply, notify string
	}{
		"the port in Via":            {"SIP/2.0/UDP 192.0.2.50:5059;branch=x", "sip:a@192.0.2.50:5070", "192.0.2.50:5059", "192.0.2.50:5070"},
		"no port is 5060":            {"SIP/2.0/UDP 192.0.2.50;branch=x", "sip:a@192.0.2.50", "192.0.2.50:5060", "192.0.2.50:5060"},
		"rport is the source":        {"SIP/2.0/UDP 192.0.2.50:5059;rport", "sip:192.0.2.50:5080", "192.0.2.50:6000", "192.0.2.50:5080"},
		"no Contact":                 {"SIP/2.0/UDP 192.0.2.50:5059", "", "192.0.2.50:5059", "192.0.2.50:5059"},
		"a Contact of somebody else": {"SIP/2.0/UDP 198.51.100.1:5059", "sip:a@198.51.100.1:25", "192.0.2.50:5059", "192.0.2.50:5059"},
		"a name as Contact":          {"SIP/2.0/UDP 192.0.2.50:5059", "sip:a@victim.example:25", "192.0.2.50:5059", "192.0.2.50:5059"},
	} {
		s := Subscribe{Via: []string{tc.via}, Contact: tc.contact}
		got := [2]string{s.replyTo(source).String(), s.notifyTo(source).String()}
		if diff := cmp.Diff([2]string{tc.reply, tc.notify}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestToWithoutBracketsOrWithATag(t *testing.T) {
	for to, want := range map[string]string{
		"<sip:a@b>":         "<sip:a@b>;tag=T",
		"sip:a@b":           "<sip:a@b>;tag=T",
		"<sip:a@b>;tag=x":   "<sip:a@b>;tag=x",
		`"x" <sip:a@b>;q=1`: `"x" <sip:a@b>;q=1;tag=T`,
	} {
		if got := tagged(to, "T"); got != want {
			t.Errorf("%s: %s, want %s", to, got, want)
		}
	}
}
