//go:build lab

package pbxtest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// request is one outside of any call.
type request struct {
	method, to, body string
	headers          []string
}

// requests are what SIP has besides calls and registrations: each would do something for
// whom Asterisk trusts.
var requests = []request{
	{"SUBSCRIBE", "201", "", []string{"Event: dialog", "Accept: application/dialog-info+xml", "Expires: 600"}},
	{"SUBSCRIBE", "201", "", []string{"Event: presence", "Accept: application/pidf+xml", "Expires: 600"}},
	{"SUBSCRIBE", "201", "", []string{"Event: message-summary", "Accept: application/simple-message-summary", "Expires: 600"}},
	{"MESSAGE", "201", "call me", []string{"Content-Type: text/plain"}},
	{"MESSAGE", "*43", "call me", []string{"Content-Type: text/plain"}},
	{"REFER", "201", "", []string{"Refer-To: <sip:202@" + pbxtest.Box + ">"}},
	{"PUBLISH", "201", "", []string{"Event: presence", "Content-Type: application/pidf+xml"}},
	{"NOTIFY", "201", "", []string{"Event: check-sync"}},
}

// What SIP can do besides calls, asked for by whom it is none of their business, and what
// phones write into calls that the called would believe.
func TestHostileRequests(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204")
	guest := plan.Endpoints[3]
	guest.Right, guest.Number = pbx.RightGuest, ""
	plan.Endpoints[3] = guest
	pbxtest.Trunk(&plan, "201")
	w := pbxtest.Open(t, plan)
	w.Expect("No registered publish handler", "Subscriptions not permitted", "target does not exist")
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
	waiting := w.AgentOf(pbxtest.Account(guest), w.Free(), phonesim.AgentOptions{})
	if err := waiting.Register(w.Context()); err != nil {
		t.Fatal(err)
	}
	everybody := []*phonesim.Agent{one, two, three}
	still := func(t *testing.T, before []int) {
		t.Helper()
		for i, a := range everybody {
			if n := a.Rang(); n != before[i] {
				t.Errorf("%s rang %d times", a, n-before[i])
			}
		}
	}
	rang := func() (out []int) {
		for _, a := range everybody {
			out = append(out, a.Rang())
		}
		return out
	}

	turnedAway := func(t *testing.T, a *phonesim.Agent) {
		t.Helper()
		before := rang()
		for _, r := range requests {
			code, err := a.Ask(within(t, 10*time.Second), r.method, r.to, r.body, r.headers...)
			if err != nil || code < 400 {
				t.Errorf("%s %s %q: %d, %v", r.method, r.to, r.headers, code, err)
			}
		}
		still(t, before)
	}

	pbxtest.Scenario(t, "a stranger watches no lamp, reads no mailbox, sends no text and transfers nobody", func(t *testing.T) {
		account := pbxtest.Account(w.Plan().Endpoints[0])
		account.User, account.Auth, account.Password = "attacker", "attacker", "guessed"
		stranger := w.AgentOf(account, w.Free(), phonesim.AgentOptions{})
		turnedAway(t, stranger)
	})
	pbxtest.Scenario(t, "a phone that nobody approved watches no lamp, reads no mailbox, sends no text and transfers nobody", func(t *testing.T) {
		turnedAway(t, waiting)
	})
	pbxtest.Scenario(t, "a caller from outside watches no lamp, sends no text and transfers nobody", func(t *testing.T) {
		outside := w.Outside("677000111")
		turnedAway(t, outside)
	})
	// Asterisk asks only who sends it, not what they may do (res_pjsip_refer.c): who is known
	// here and knows the marks can take a call over. They are random, and in no message but
	// those of the call itself.
	pbxtest.Scenario(t, "a stranger takes no call over, not even one whose marks they know", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		a, b := connect(ctx, t, one, two, "202")
		talk(ctx, t, a, b)
		before := rang()
		account := pbxtest.Account(w.Plan().Endpoints[0])
		account.User, account.Auth = "attacker", "attacker"
		for side, c := range map[string]*phonesim.Call{"the caller's": a, "the called's": b} {
			replaces, err := c.Replaces()
			if err != nil {
				t.Fatal(err)
			}
			thief := w.AgentOf(account, w.Free(), phonesim.AgentOptions{Headers: []string{"Replaces: " + replaces}})
			for _, number := range []string{"202", "201", "*43"} {
				_, err := thief.Call(ctx, number)
				var no *phonesim.Refused
				if !errors.As(err, &no) || no.Code != 401 {
					t.Errorf("they take %s leg of the call by %s: %v, want 401", side, number, err)
				}
			}
		}
		still(t, before)
		talk(ctx, t, a, b)
		a.Hangup(ctx)
		b.Hangup(ctx)
	})
	pbxtest.Scenario(t, "a transfer to another exchange's address goes to that extension here, or nowhere", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		for _, to := range []string{"sip:666@203.0.113.9", "sip:203.0.113.9", "tel:+33612345678", "http://203.0.113.9/", "sips:0033612345678@" + pbxtest.Box} {
			a, b := connect(ctx, t, one, two, "202")
			talk(ctx, t, a, b)
			var no *phonesim.Refused
			if err := b.ReferURI(ctx, to); !errors.As(err, &no) {
				t.Errorf("to %s: %v, want a refusal", to, err)
			}
			talk(ctx, t, a, b) // the call goes on
			a.Hangup(ctx)
			b.Hangup(ctx)
		}
		a, b := connect(ctx, t, one, two, "202")
		talk(ctx, t, a, b)
		done := make(chan error, 1)
		go func() { done <- b.ReferURI(ctx, "sip:203@203.0.113.9") }()
		in, err := three.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		talk(ctx, t, a, c)
		a.Hangup(ctx)
		c.Hangup(ctx)
	})
	pbxtest.Scenario(t, "what a phone writes into its call makes no other answer by itself, and a phone shows no other's number", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		// In two portions: a packet holds no more.
		lies := [][]string{{
			"Call-Info: <sip:x>;answer-after=0", "Alert-Info: <http://x>;info=alert-autoanswer", "Answer-Mode: Auto", "X-Autocom: yes", "Privacy: none",
		}, {
			`P-Asserted-Identity: "D" <sip:299@` + pbxtest.Box + ">", "Remote-Party-ID: <sip:299@" + pbxtest.Box + ">;party=calling;privacy=off",
			"P-Preferred-Identity: <sip:299@" + pbxtest.Box + ">", "History-Info: <sip:298@" + pbxtest.Box + ">;index=1",
		}}
		account := pbxtest.Account(w.Plan().Endpoints[2])
		account.Name = "Direction"
		type lie struct {
			from   *phonesim.Agent
			shows  string
			number string
		}
		var told []lie
		for i, headers := range lies {
			o := phonesim.AgentOptions{Headers: headers}
			told = append(told, lie{w.AgentOf(account, w.Free(), o), "203", "202"})
			if i == 0 { // who calls is for the provider to say (RFC 3325)
				told = append(told, lie{w.OutsideWith("677000113", o), "677000113", "201"})
			}
		}
		for _, c := range told {
			who := c.from.String()
			to := two
			if c.number == "201" {
				to = one
			}
			called := make(chan error, 1)
			calling, stop := context.WithCancel(ctx)
			go func() {
				call, err := c.from.Call(calling, c.number)
				if call != nil {
					call.Hangup(ctx)
				}
				called <- err
			}()
			in, err := to.Ring(within(t, 10*time.Second))
			if err != nil {
				stop()
				t.Fatalf("%s: it did not ring: %v; %v", who, err, <-called)
			}
			if in.FromNumber != c.shows {
				t.Errorf("%s shows the number %q, want %s", who, in.FromNumber, c.shows)
			}
			for _, name := range []string{"Call-Info", "Alert-Info", "Answer-Mode", "History-Info", "X-Autocom", "P-Asserted-Identity", "Remote-Party-ID"} {
				v := in.Header(name)
				if slices.ContainsFunc([]string{"answer", "Auto", "299", "298", "yes"}, func(bad string) bool { return strings.Contains(v, bad) }) {
					t.Errorf("%s: the called gets %s: %s", who, name, v)
				}
			}
			in.Decline(ctx, 486)
			<-called
			stop()
		}
	})
}
