//go:build lab

package asteriskconf

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"autocom/asterisk-conf/asterisktest"
)

// A phone that loses its power in a call says no BYE: the call ends all the same, but
// one on hold, which is as silent, does not. The minute is shortened.
//
// In words: a call from which no sound comes for a minute ends, one on hold does not.
func TestACallWithoutSoundEnds(t *testing.T) {
	const timeout = 3 * time.Second
	plan := labPlan()
	files, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	const inFile = "rtp_timeout = 60\n"
	if !bytes.Contains(files["pjsip.conf"], []byte(inFile)) {
		t.Fatalf("pjsip.conf does not say %q", inFile)
	}
	files["pjsip.conf"] = bytes.Replace(files["pjsip.conf"], []byte(inFile), []byte("rtp_timeout = 3\n"), 1)
	data := t.TempDir()
	stateDirs(t, data)
	asterisktest.Install(t, data, files)
	asterisktest.Start(t, asterisktest.Options{DataDir: data})
	ctx := within(t, 60*time.Second)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, func(incoming) {})
	heard := make(chan float64, 2)
	over := make(chan time.Time, 2)
	two := newPhone(t, plan.Endpoints[1], bob, 5060, func(d incoming) {
		accept(t, 880, heard)(d)
		over <- time.Now()
	})
	for _, p := range []*phone{one, two} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, held := range []bool{false, true} {
		call, status, _, err := one.call(ctx, "202")
		if err != nil {
			t.Fatalf("%v, status %d", err, status)
		}
		speaking, fallSilent := context.WithCancel(ctx)
		go call.play(speaking, 440)
		next(ctx, t, heard)
		if held {
			if err := call.hold(ctx); err != nil {
				t.Fatal(err)
			}
		}
		fallSilent()
		silent := time.Now()
		select {
		case at := <-over:
			if held {
				t.Errorf("a held call ended after %v", at.Sub(silent))
			} else {
				t.Logf("the silent call ended after %v", at.Sub(silent))
			}
		case <-time.After(3 * timeout):
			if !held {
				t.Errorf("a call without sound goes on after %v", 3*timeout)
			}
			if err := call.Bye(ctx); err != nil {
				t.Fatal(err)
			}
			next(ctx, t, over)
		}
	}
}

// hold is what the key does: another INVITE, with which the phone only sends.
func (o *outgoing) hold(ctx context.Context) error {
	for {
		req := sip.NewRequest(sip.INVITE, o.InviteResponse.Contact().Address)
		req.SetBody(append(o.sdp(), "a=sendonly\r\n"...))
		req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		req.AppendHeader(o.InviteRequest.Contact())
		resp, err := o.Do(ctx, req)
		switch {
		case err != nil:
			return err
		case resp.StatusCode == sip.StatusRequestPending: // both at once: again later (RFC 3261 14.1)
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		case resp.StatusCode != sip.StatusOK:
			return refused(resp.StatusCode)
		default:
			return o.WriteRequest(sip.NewRequest(sip.ACK, req.Recipient))
		}
	}
}
