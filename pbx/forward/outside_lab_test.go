//go:build lab

package forward_test

import (
	"context"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// mobile is a telephone in the world outside.
const mobile = "677123456"

func TestForwardsToTheOutside(t *testing.T) {
	no := false
	bob := func(p *pbx.Plan, class, forward pbx.Right) {
		pbxtest.Person(p, "bob", "Bob", func(x *pbx.Person) {
			x.Voicemail, x.Ring, x.Class, x.Forward = &no, 5, class, forward
		}, "202")
	}
	p := pbxtest.Plan("201", "202", "203")
	pbxtest.Person(&p, "a", "Aïcha", func(x *pbx.Person) { x.Voicemail = &no }, "201")
	pbxtest.Trunk(&p, "202")
	bob(&p, pbx.RightMobile, pbx.RightMobile)
	w := pbxtest.Open(t, p)
	a, b, world := w.Agent("201"), w.Agent("202"), w.Outside(mobile)

	pbxtest.Scenario(t, "calls are forwarded to a mobile by who may, for a caller who may not call there", func(t *testing.T) {
		code(t, w, b, "*21"+mobile)
		pbxtest.Rings(t, a, "202", world)
		quiet(t, w, b)
		pbxtest.Refuses(t, a, mobile, 403)
	})
	pbxtest.Scenario(t, "a forward further than the right that has shrunk since is not followed", func(t *testing.T) {
		q := w.Plan()
		bob(&q, pbx.RightMobile, pbx.RightInternal)
		w.Apply(q)
		reach(t, w, a, "202", b)
		code(t, w, b, "*22"+mobile) // refused: nobody answers
		if got := refused(t, w, a, "202"); got != 480 {
			t.Errorf("%d, want 480", got)
		}
		bob(&q, pbx.RightNational, pbx.RightMobile) // may not call there either
		w.Apply(q)
		reach(t, w, a, "202", b)
		pbxtest.Silent(t, world, 300*time.Millisecond)
		bob(&q, pbx.RightMobile, pbx.RightMobile)
		w.Apply(q)
		pbxtest.Rings(t, a, "202", world)
		code(t, w, b, "*20")
	})
}

func TestFollowMeOutside(t *testing.T) {
	no := false
	p := pbxtest.Plan("201", "202")
	pbxtest.Trunk(&p, "202")
	pbxtest.Person(&p, "bob", "Bob", func(x *pbx.Person) {
		x.Voicemail, x.Ring, x.Class, x.Forward = &no, 20, pbx.RightMobile, pbx.RightMobile
		x.Follow = pbx.Follow{Numbers: []string{mobile}, Ring: 20}
	}, "202")
	w := pbxtest.Open(t, p)
	a, b, world := w.Agent("201"), w.Agent("202"), w.Outside(mobile)

	pbxtest.Scenario(t, "a person's mobile rings too, and takes the call when 1 is pressed there", func(t *testing.T) {
		out, own, other := followed(t, w, a, b, world)
		select {
		case <-own.Gone():
			t.Error("the own phone rings no more before anybody confirmed")
		default:
		}
		if err := other.Press(w.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		call, err := out.Wait(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		call.Speak(440)
		other.Speak(660)
		pbxtest.Hears(t, call, 660, 440)
		pbxtest.Hears(t, other, 440, 660)
		call.Hangup(w.Context())
	})
	pbxtest.Scenario(t, "the mailbox of a person's mobile does not take the call", func(t *testing.T) {
		out, own, other := followed(t, w, a, b, world)
		other.Speak(880)
		select {
		case <-other.Done():
		case <-time.After(20 * time.Second):
			t.Fatal("the exchange waits for the mailbox for ever")
		}
		take, err := own.Answer(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		call, err := out.Wait(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		call.Speak(440)
		take.Speak(660)
		pbxtest.Hears(t, call, 660, 440)
	})
}

// followed calls 202 and answers at the mobile, where the question is heard.
func followed(t *testing.T, w *pbxtest.World, a, b, world *phonesim.Agent) (*phonesim.Outgoing, *phonesim.Incoming, *phonesim.Call) {
	t.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 40*time.Second)
	defer cancel()
	out, err := a.Dial(ctx, "202")
	if err != nil {
		t.Fatal(err)
	}
	own := rings(t, w, b)
	other, err := rings(t, w, world).Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	pbxtest.Eventually(t, 10*time.Second, func() error { return speaks(w, other) })
	return out, own, other
}
