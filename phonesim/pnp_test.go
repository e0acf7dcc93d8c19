package phonesim

import (
	"strings"
	"testing"
)

const goodNotify = `NOTIFY sip:MAC001565000001@192.168.1.50:5059 SIP/2.0
Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bKabc
Max-Forwards: 70
From: <sip:MAC001565000001@224.0.1.75>;tag=box
To: <sip:MAC001565000001@224.0.1.75>;tag=phone
Call-ID: 7@192.168.1.50
CSeq: 1 NOTIFY
Contact: <sip:192.168.1.10:5060>
Event: ua-profile;profile-type="device"
Subscription-State: terminated;reason=timeout
Content-Type: application/url
Content-Length: 27

http://192.168.1.10/p/abcd/`

const goodOK = `SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.168.1.50:5059;branch=z9hG4bK7
From: <sip:MAC001565000001@224.0.1.75>;tag=phone
To: <sip:MAC001565000001@224.0.1.75>;tag=box
Call-ID: 7@192.168.1.50
CSeq: 1 SUBSCRIBE
Content-Length: 0

`

func wired(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func TestPnPTakesTheAnswerAndTheURLInEitherOrder(t *testing.T) {
	for _, order := range [][]string{{goodOK, goodNotify}, {goodNotify, goodOK}} {
		d := pnpDialog{callID: "7@192.168.1.50"}
		for _, m := range order {
			answer, err := d.take(wired(m))
			if err != nil {
				t.Fatal(err)
			}
			if is := strings.HasPrefix(m, "NOTIFY"); is != strings.HasPrefix(string(answer), "SIP/2.0 200 OK") {
				t.Errorf("answer to %.20q is %q", m, answer)
			}
		}
		if !d.accepted || d.url != "http://192.168.1.10/p/abcd/" {
			t.Errorf("accepted %v, URL %q", d.accepted, d.url)
		}
	}
}

func TestPnPIsStrict(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"another content":        {"application/url", "text/plain", "application/url"},
		"no event":               {"Event: ua-profile;profile-type=\"device\"\n", "", "Event"},
		"no state":               {"Subscription-State: terminated;reason=timeout\n", "", "Subscription-State"},
		"a line end in the URL":  {"27\n\nhttp://192.168.1.10/p/abcd/", "28\n\nhttp://192.168.1.10/p/abcd/\n", "exact URL"},
		"a body that is no URL":  {"27\n\nhttp://192.168.1.10/p/abcd/", "5\n\nhello", "exact URL"},
		"a request of no NOTIFY": {"NOTIFY sip", "MESSAGE sip", "NOTIFY"},
	} {
		d := pnpDialog{callID: "7@192.168.1.50"}
		m := strings.Replace(goodNotify, c.from, c.to, 1)
		if m == goodNotify {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if _, err := d.take(wired(m)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	d := pnpDialog{callID: "7@192.168.1.50"}
	if _, err := d.take(wired(strings.Replace(goodOK, ";tag=box", "", 1))); err == nil {
		t.Error("a 200 without a tag in To was taken")
	}
	if _, err := d.take(wired(strings.Replace(goodOK, "200 OK", "489 Bad Event", 1))); err == nil || !strings.Contains(err.Error(), "489") {
		t.Errorf("a refusal gave %v", err)
	}
}

func TestPnPLeavesOtherPhonesAnswersAlone(t *testing.T) {
	d := pnpDialog{callID: "8@192.168.1.51"}
	for _, m := range []string{goodOK, goodNotify} {
		if answer, err := d.take(wired(m)); answer != nil || err != nil {
			t.Errorf("answer %q, error %v", answer, err)
		}
	}
	if d.accepted || d.url != "" {
		t.Errorf("accepted %v, URL %q", d.accepted, d.url)
	}
}
