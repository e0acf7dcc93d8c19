//go:build lab

package emergency_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/emergency"
	"autocom/pbx/pbxtest"
	"autocom/pbx/route"
	"autocom/pbx/trunk"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// alerts collects what the dialplan tells autocomd.
type alerts struct {
	mu   sync.Mutex
	list []string
}

func (a *alerts) hear(e ami.Event) {
	if e.Name == "UserEvent" && e.Get("UserEvent") == "Alert" {
		a.mu.Lock()
		a.list = append(a.list, fmt.Sprintf("%s: %s by %s to %s", e.Get("Kind"), e.Get("Why"), e.Get("By"), e.Get("Number")))
		a.mu.Unlock()
	}
}

func (a *alerts) has(want string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.list {
		if s == want {
			return nil
		}
	}
	return fmt.Errorf("no alert %q among %q", want, a.list)
}

// alarmed waits until somebody rings at a, answers and hears a voice.
func alarmed(t *testing.T, a *phonesim.Agent) *phonesim.Call {
	t.Helper()
	ctx := within(t, 30*time.Second)
	in, err := a.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c, err := in.Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	loud := false
	for range 4 {
		if db, err := c.Loudness(ctx, time.Second); err == nil && db > -50 {
			loud = true
			break
		}
	}
	if !loud {
		t.Error("nothing is said to who is told")
	}
	return c
}

func TestEmergency(t *testing.T) {
	gsm := pbxtest.NewProvider(t, 240, "", "")
	sip := pbxtest.NewProvider(t, 241, "", "")
	plan := pbxtest.Plan("201", "202", "203")
	plan.Endpoints = append(plan.Endpoints, pbx.Endpoint{ID: "zz-guest-1", Secret: "secret-of-the-guest-1234", Name: "Attente", Lang: "fr", Right: pbx.RightGuest})
	// The provider is the first by its id; gateways come before providers for emergency calls.
	pbxtest.Put(&plan, trunk.Kind, "a-sip", "", "", map[string]any{"preset": "provider-address", "server": sip.Addr.Addr().String(), "callerid": "+237222000000", "channels": 1, "ask": 0})
	pbxtest.Put(&plan, trunk.Kind, "gsm", "", "", map[string]any{"preset": "dinstar", "server": gsm.Addr.Addr().String(), "callerid": "699000000", "channels": 1, "ask": 0})
	pbxtest.Put(&plan, route.Kind, "all", "", "", route.Route{Classes: []pbx.Right{pbx.RightNational, pbx.RightMobile}, Trunks: []string{"gsm", "a-sip"}})
	pbxtest.Put(&plan, pbx.KindSettings, "emergency", "", "", emergency.Settings{Members: []string{"203"}})
	pbxtest.Put(&plan, pbx.KindSettings, "fraud", "", "", map[string]any{"calls": 1, "night": "00:00-23:59"})
	pbxtest.Person(&plan, "p2", "", func(x *pbx.Person) { x.Class = pbx.RightMobile }, "202")
	w := pbxtest.Open(t, plan)
	w.Expect("emergency call to", "Abnormal 'Gosub(ac-sos-say") // who is told may hang up before the end
	told := &alerts{}
	w.Listen(told.hear)

	reaches := func(t *testing.T, a *phonesim.Agent, number, short, from string, p *pbxtest.Provider) *phonesim.Call {
		t.Helper()
		gsm.Forget()
		sip.Forget()
		c, err := a.Call(within(t, 30*time.Second), number)
		if err != nil {
			t.Fatalf("%s: %v", number, err)
		}
		got, err := p.Next(within(t, 5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if got.Number != short || got.From != from && got.Identity != from {
			t.Errorf("%s: the provider sees %+v", number, got)
		}
		return c
	}
	over := func(t *testing.T, c *phonesim.Call) {
		t.Helper()
		if err := c.Hangup(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
	}
	pbxtest.Scenario(t, "112 goes out by the gateway from a phone that may call nobody, and the site's number is shown", func(t *testing.T) {
		alarm := w.Agent("203")
		c := reaches(t, w.Agent("201"), "112", "112", "699000000", gsm)
		over(t, alarmed(t, alarm))
		over(t, c)
		pbxtest.Eventually(t, 5*time.Second, func() error { return told.has("emergency: called by 201 to 112") })
		pbxtest.Eventually(t, 5*time.Second, func() error { return told.has("emergency: answered by 201 to 112") })
	})
	pbxtest.Scenario(t, "with the 0 for an outside line too", func(t *testing.T) {
		over(t, reaches(t, w.Agent("201"), "0112", "112", "699000000", gsm))
	})
	pbxtest.Scenario(t, "from a phone that waits for approval", func(t *testing.T) {
		guest := w.AgentOf(pbxtest.Account(plan.Endpoints[3]), pbxtest.Address(60), phonesim.AgentOptions{})
		if err := guest.Register(within(t, 10*time.Second)); err != nil {
			t.Fatal(err)
		}
		over(t, reaches(t, guest, "117", "117", "699000000", gsm))
		for _, number := range []string{"201", "699112233", "*21201", "*98"} {
			_, err := guest.Call(within(t, 10*time.Second), number)
			var r *phonesim.Refused
			if !errors.As(err, &r) || r.Code != 404 {
				t.Errorf("such a phone calls %s: %v", number, err)
			}
		}
		if err := guest.Unregister(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
	})
	pbxtest.Scenario(t, "while every channel and every limit is used up, and the call that uses them goes on", func(t *testing.T) {
		gsm.Forget()
		busy, err := w.Agent("202").Call(within(t, 10*time.Second), "699112233")
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Agent("202").Call(within(t, 30*time.Second), "699112234")
		var r *phonesim.Refused
		if !errors.As(err, &r) {
			t.Errorf("the cap of the site does not hold: %v", err)
		}
		pbxtest.Eventually(t, 5*time.Second, func() error { return told.has("fraud: calls at once by 202 to 699112234") })
		c := reaches(t, w.Agent("201"), "112", "112", "699000000", gsm)
		if !busy.Up() {
			t.Error("the call that was there is gone")
		}
		over(t, c)
		over(t, busy)
	})
	pbxtest.Scenario(t, "a gateway that refuses, or is busy, is replaced by a provider", func(t *testing.T) {
		for _, code := range []int{503, 486, 404} {
			gsm.AnswersWith(code)
			over(t, reaches(t, w.Agent("201"), "112", "112", "+237222000000", sip))
		}
		gsm.AnswersWith(200)
	})
	pbxtest.Scenario(t, "when no line outside takes it, who is to be told hears it, in spite of do not disturb, and the caller speaks with them", func(t *testing.T) {
		gsm.AnswersWith(503)
		sip.AnswersWith(503)
		caller, alarm := w.Agent("201"), w.Agent("203")
		w.CLI("database put ac/203 dnd 1")
		ctx := within(t, 60*time.Second)
		o, err := caller.Dial(ctx, "112")
		if err != nil {
			t.Fatal(err)
		}
		early, err := o.Early(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if db, err := early.Loudness(ctx, time.Second); err != nil || db < -50 {
			t.Errorf("the caller hears nothing: %v dB, %v", db, err)
		}
		b := alarmed(t, alarm)
		a, err := o.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		a.Speak(440)
		b.Speak(660)
		for _, x := range []struct {
			c         *phonesim.Call
			hz, other float64
		}{{b, 440, 660}, {a, 660, 440}} {
			if e, err := x.c.Hear(within(t, 10*time.Second), 400*time.Millisecond, x.hz, x.other); err != nil || !e.Clear() {
				t.Errorf("heard %s, %v", e, err)
			}
		}
		over(t, a)
		w.CLI("database del ac/203 dnd")
		pbxtest.Eventually(t, 5*time.Second, func() error { return told.has("emergency: no line by 201 to 112") })
	})
	pbxtest.Scenario(t, "with no line outside at all the lowest numbers of the house ring", func(t *testing.T) {
		p := w.Plan()
		var kept []pbx.Object
		for _, o := range p.Objects {
			if o.Kind != trunk.Kind && o.Kind != route.Kind && !(o.Kind == pbx.KindSettings && o.ID == "emergency") {
				kept = append(kept, o)
			}
		}
		p.Objects = kept
		w.Apply(p)
		caller, alarm := w.Agent("202"), w.Agent("201")
		ctx := within(t, 60*time.Second)
		o, err := caller.Dial(ctx, "0112")
		if err != nil {
			t.Fatal(err)
		}
		b := alarmed(t, alarm)
		a, err := o.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		over(t, a)
		<-b.Done()
	})
}
