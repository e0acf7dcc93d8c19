package phonesim

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// pair opens two agents that ring each other without a server between.
func pair(t *testing.T, a, b string, o AgentOptions) (*Agent, *Agent) {
	t.Helper()
	var out []*Agent
	for _, p := range [][2]string{{a, b}, {b, a}} {
		one, err := OpenAgent(account("phone", p[1]), netip.AddrPortFrom(netip.MustParseAddr(p[0]), sipPort), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { one.Close() })
		out = append(out, one)
	}
	return out[0], out[1]
}

// connected is an answered call between two agents.
func connected(t *testing.T, a, b *Agent) (caller, callee *Call) {
	t.Helper()
	ctx := patient(t)
	out, err := a.Dial(ctx, "201")
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if callee, err = in.Answer(ctx); err != nil {
		t.Fatal(err)
	}
	if caller, err = out.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	return caller, callee
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestARefusalTellsItsCode(t *testing.T) {
	a, b := pair(t, "127.0.60.1", "127.0.60.2", AgentOptions{})
	ctx := patient(t)
	out, err := a.Dial(ctx, "201")
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Decline(ctx, 603); err != nil {
		t.Fatal(err)
	}
	_, err = out.Wait(ctx)
	var no *Refused
	if !errors.As(err, &no) || no.Code != 603 {
		t.Errorf("error %v, want 603", err)
	}
}

func TestACallerWhoGivesUpIsNoticed(t *testing.T) {
	a, b := pair(t, "127.0.61.1", "127.0.61.2", AgentOptions{})
	ctx := patient(t)
	out, err := a.Dial(ctx, "201")
	if err != nil {
		t.Fatal(err)
	}
	in, err := b.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Cancel(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-in.Gone():
	case <-ctx.Done():
		t.Error("it rings on")
	}
}

func TestKeysAreHeardAsEvents(t *testing.T) {
	a, b := pair(t, "127.0.62.1", "127.0.62.2", AgentOptions{})
	ca, cb := connected(t, a, b)
	if err := ca.Press(patient(t), "1*#,D"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if got := cb.Keys(); got != "1*#D" {
		t.Errorf("keys %q", got)
	}
	if err := ca.Press(patient(t), "1x"); err == nil {
		t.Error("x is a key")
	}
}

func TestACodecThatBothHave(t *testing.T) {
	a, b := pair(t, "127.0.63.1", "127.0.63.2", AgentOptions{Codecs: []string{"g722", "ulaw"}})
	ca, cb := connected(t, a, b)
	if ca.Codec() != "g722" || cb.Codec() != "g722" {
		t.Errorf("codecs %s, %s", ca.Codec(), cb.Codec())
	}
	ca.Speak(440)
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end) && (len(cb.Raw()) == 0 || cb.Raw()[0] != RawMark(440)); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := cb.Raw(); len(got) != frameSamples || got[0] != RawMark(440) {
		t.Errorf("payload %x", got)
	}
}

func TestUlawIsHeard(t *testing.T) {
	a, b := pair(t, "127.0.64.1", "127.0.64.2", AgentOptions{Codecs: []string{"ulaw"}})
	ca, cb := connected(t, a, b)
	if quiet, err := cb.Loudness(patient(t), 200*time.Millisecond); err != nil || quiet > -50 {
		t.Errorf("silence of %.0f dB, %v", quiet, err)
	}
	ca.Speak(440)
	time.Sleep(100 * time.Millisecond)
	e, err := cb.Hear(patient(t), 400*time.Millisecond, 440, 660)
	if err != nil || !e.Clear() {
		t.Errorf("%s, %v", e, err)
	}
	if loud, err := cb.Loudness(patient(t), 200*time.Millisecond); err != nil || loud < -50 {
		t.Errorf("a tone of %.0f dB, %v", loud, err)
	}
}

func TestHoldStopsTheSound(t *testing.T) {
	a, b := pair(t, "127.0.65.1", "127.0.65.2", AgentOptions{})
	ca, cb := connected(t, a, b)
	ca.Speak(440)
	cb.Speak(660)
	ctx := patient(t)
	if err := ca.Hold(ctx); err != nil {
		t.Fatal(err)
	}
	if !ca.Held() {
		t.Error("not held")
	}
	time.Sleep(100 * time.Millisecond)
	if e, err := ca.Hear(ctx, 200*time.Millisecond, 660, 440); err != nil || e.Packets > 0 {
		t.Errorf("who holds hears %s, %v", e, err)
	}
	if err := ca.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if e, err := ca.Hear(ctx, 200*time.Millisecond, 660, 440); err != nil || !e.Clear() {
		t.Errorf("after resuming: %s, %v", e, err)
	}
	// The other side of the same dialog may hold too: its requests have tags turned round.
	if err := cb.Hold(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestVideoArrivesAsItWasSent(t *testing.T) {
	for i, codec := range []string{"h264", "vp8"} {
		a, b := pair(t, "127.0.66."+string(rune('1'+2*i)), "127.0.66."+string(rune('2'+2*i)), AgentOptions{Video: []string{codec}})
		ca, cb := connected(t, a, b)
		ca.Show(7)
		s, err := cb.Seen(patient(t), 5)
		if err != nil || s.Broken > 0 || s.Pattern != 7 || s.Codec != codec {
			t.Errorf("%s: %+v, %v", codec, s, err)
		}
	}
}

func TestAPhoneWithoutVideoRefusesOnlyThat(t *testing.T) {
	a, _ := pair(t, "127.0.67.1", "127.0.67.2", AgentOptions{Video: []string{"h264"}})
	b, err := OpenAgent(account("phone", "127.0.67.1"), netip.MustParseAddrPort("127.0.67.3:5060"), AgentOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ca, cb := connected(t, b, a)
	if ca.Video() != "" || cb.Video() != "" {
		t.Errorf("video %q, %q", ca.Video(), cb.Video())
	}
}

func TestItAnswersByItselfWhenAsked(t *testing.T) {
	for name, c := range map[string]struct {
		header, value string
		want          bool
	}{
		"answer-after":    {"Call-Info", "<sip:192.168.1.1>;answer-after=0", true},
		"an alert's info": {"Alert-Info", "<http://127.0.0.1/>;info=alert-autoanswer", true},
		"in words":        {"Alert-Info", "Auto Answer", true},
		"another ring":    {"Alert-Info", "<http://127.0.0.1/bell.wav>", false},
		"later":           {"Call-Info", "<sip:192.168.1.1>;answer-after=5", false},
	} {
		req := sip.NewRequest(sip.INVITE, sip.Uri{Host: "x"})
		req.AppendHeader(sip.NewHeader(c.header, c.value))
		if got := intercom(req); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDialogInfo(t *testing.T) {
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:202@192.168.1.1">`
	for body, want := range map[string]string{
		head + `</dialog-info>`: "terminated",
		head + `<dialog id="202"><state>terminated</state></dialog></dialog-info>`:                                          "terminated",
		head + `<dialog id="202" direction="recipient"><state>early</state></dialog></dialog-info>`:                         "early",
		head + `<dialog id="a"><state>early</state></dialog><dialog id="b"><state>confirmed</state></dialog></dialog-info>`: "confirmed",
		head + `<dialog id="202"><state>asleep</state></dialog></dialog-info>`:                                              "",
		head + `<dialog><state>early</state></dialog></dialog-info>`:                                                        "",
		head + `</dialog-info><more/>`:                                         "",
		strings.Replace(head, "full", "partial", 1) + `</dialog-info>`:         "",
		strings.Replace(head, "urn:ietf", "urn:other", 1) + `</dialog-info>`:   "",
		strings.Replace(head, "sip:202@192.168.1.1", "", 1) + `</dialog-info>`: "",
		``: "",
	} {
		d, err := readDialogInfo([]byte(body))
		got := ""
		if err == nil {
			got = d.busiest()
			if d.user() != "202" {
				t.Errorf("%s: about %q", body, d.user())
			}
		}
		if got != want {
			t.Errorf("%s: %q, %v, want %q", body, got, err, want)
		}
	}
}

func TestMessageSummary(t *testing.T) {
	for body, want := range map[string][3]int{
		"Messages-Waiting: yes\r\nMessage-Account: sip:*98@192.168.1.1\r\nVoice-Message: 2/8 (0/0)\r\n": {2, 8, 1},
		"Messages-Waiting: no\r\nVoice-Message: 0/3 (0/0)\r\n":                                          {0, 3, 1},
		"Messages-Waiting: no\r\n":                             {0, 0, 1},
		"Messages-Waiting: no\r\nVoice-Message: 1/3\r\n":       {},
		"Messages-Waiting: yes\r\nVoice-Message: many\r\n":     {},
		"Voice-Message: 1/3\r\n":                               {},
		"nonsense\r\n":                                         {},
		"Messages-Waiting: perhaps\r\nVoice-Message: 1/3\r\n":  {},
		"Messages-Waiting: yes\r\nVoice-Message: 1/-x (0/0)\r": {},
	} {
		a, b, err := readWaits([]byte(body))
		got := [3]int{a, b, 0}
		if err == nil {
			got[2] = 1
		} else {
			got = [3]int{}
		}
		if got != want {
			t.Errorf("%q: %v, %v, want %v", body, got, err, want)
		}
	}
}
