//go:build lab

package trunk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/inbound"
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

// answered calls number and hangs up, or fails.
func answered(t *testing.T, a *phonesim.Agent, number string) *phonesim.Call {
	t.Helper()
	c, err := a.Call(within(t, 20*time.Second), number)
	if err != nil {
		t.Fatalf("%s: %v", number, err)
	}
	return c
}

// refused gives the code with which a call ends, 0 when it is answered.
func refused(t *testing.T, a *phonesim.Agent, number string) int {
	t.Helper()
	c, err := a.Call(within(t, 30*time.Second), number)
	var r *phonesim.Refused
	if errors.As(err, &r) {
		return r.Code
	}
	if err != nil {
		t.Errorf("%s: %v", number, err)
		return -1
	}
	c.Hangup(within(t, 5*time.Second))
	return 0
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

// may gives numbers to a person of a class.
func may(p *pbx.Plan, id string, class pbx.Right, numbers ...string) {
	pbxtest.Person(p, id, "", func(x *pbx.Person) { x.Class = class }, numbers...)
}

func TestTrunks(t *testing.T) {
	one := pbxtest.NewProvider(t, 240, "account-1", "pass-word-1")
	two := pbxtest.NewProvider(t, 241, "", "")
	plan := pbxtest.Plan("201", "202", "203", "204")
	may(&plan, "p1", pbx.RightInternal, "201")
	may(&plan, "p2", pbx.RightNational, "202")
	may(&plan, "p3", pbx.RightMobile, "203")
	may(&plan, "p4", pbx.RightInternational, "204")
	pbxtest.Put(&plan, trunk.Kind, "orange", "", "Orange", map[string]any{
		"server": one.Addr.Addr().String(), "user": "account-1", "password": "pass-word-1", "callerid": "+237222000000", "ask": 60})
	pbxtest.Put(&plan, trunk.Kind, "gsm", "", "GSM", map[string]any{
		"preset": "dinstar", "server": two.Addr.Addr().String(), "callerid": "699000000", "ask": 60})
	pbxtest.Put(&plan, route.Kind, "all", "", "", route.Route{
		Classes: []pbx.Right{pbx.RightNational, pbx.RightMobile, pbx.RightInternational}, Trunks: []string{"orange", "gsm"}})
	pbxtest.Put(&plan, inbound.Kind, "main", "", "", inbound.Inbound{Trunk: "orange", DID: "+237 222 000 000", To: pbx.Destination{Kind: pbx.ToNumber, ID: "201"}, Prefix: "Orange"})
	pbxtest.Put(&plan, inbound.Kind, "vip", "", "", inbound.Inbound{Trunk: "orange", DID: "222000000", Caller: "+33", To: pbx.Destination{Kind: pbx.ToNumber, ID: "202"}})
	pbxtest.Put(&plan, inbound.Kind, "sim", "", "", inbound.Inbound{Trunk: "gsm", To: pbx.Destination{Kind: pbx.ToNumber, ID: "203"}})
	pbxtest.Put(&plan, pbx.KindSettings, "fraud", "", "", map[string]any{"countries": []string{"33"}, "night": ""})
	w := pbxtest.Open(t, plan)
	told := &alerts{}
	w.Listen(told.hear)

	pbxtest.Scenario(t, "the box registers with a provider that asks for a password", func(t *testing.T) {
		one.Registered(20 * time.Second)
	})
	one.Registered(20 * time.Second)

	ring := func(t *testing.T, p *pbxtest.Provider, number, from, at, shows string) {
		t.Helper()
		ctx := within(t, 20*time.Second)
		a := w.Agent(at)
		done := make(chan int, 1)
		var call *pbxtest.ProviderCall
		go func() {
			c, code := p.Call(ctx, number, from)
			call = c
			done <- code
		}()
		in, err := a.Ring(ctx)
		if err != nil {
			t.Fatalf("%s: %v; the provider was told %v", number, err, <-done)
		}
		if got := in.FromNumber + " " + in.FromName; got != shows {
			t.Errorf("%s shows %q, want %q", number, got, shows)
		}
		c, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if code := <-done; code != 200 {
			t.Fatalf("the provider gets %d", code)
		}
		if err := call.Hangup(ctx); err != nil {
			t.Error(err)
		}
		<-c.Done()
	}
	pbxtest.Scenario(t, "a call to the site's number rings the phone that it was given, however the provider writes the number", func(t *testing.T) {
		for _, number := range []string{"+237222000000", "237222000000", "00237222000000", "222000000"} {
			ring(t, one, number, "+237677112233", "201", "+237677112233 Orange +237677112233")
		}
	})
	pbxtest.Scenario(t, "callers of a country are sent to somebody of their own", func(t *testing.T) {
		ring(t, one, "+237222000000", "+33612345678", "202", "+33612345678 ")
	})
	pbxtest.Scenario(t, "every call of a gateway is sent to one phone, whatever number it names", func(t *testing.T) {
		ring(t, two, "1000", "677112233", "203", "677112233 ")
		ring(t, two, "s", "677112233", "203", "677112233 ")
	})
	pbxtest.Scenario(t, "a number that nobody has set up is refused as a wrong number, and so is what a caller makes up", func(t *testing.T) {
		for _, number := range []string{"+237222000001", "201", "112", "0112", "00033612345678", "699112233", "*43", "*21202", "201&PJSIP/trunk-gsm", "s", "h", "i", "t", "201,1,(T)"} {
			if _, code := one.Call(within(t, 10*time.Second), number, "+237677112233"); code != 404 {
				t.Errorf("%s gets %d", number, code)
			}
		}
	})
	pbxtest.Scenario(t, "a stranger's call is asked for a password, and never gets further", func(t *testing.T) {
		s := pbxtest.NewProvider(t, 242, "", "")
		for _, number := range []string{"201", "+237222000000", "0699112233", "112"} {
			if _, code := s.Call(within(t, 10*time.Second), number, "201"); code != 401 {
				t.Errorf("%s gets %d", number, code)
			}
		}
	})

	reaches := func(t *testing.T, at, number string, p *pbxtest.Provider, want pbxtest.Carried) {
		t.Helper()
		one.Forget()
		two.Forget()
		c := answered(t, w.Agent(at), number)
		got, err := p.Next(within(t, 5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		got.CallID = ""
		if got != want {
			t.Errorf("%s dials %s: the provider sees %+v, want %+v", at, number, got, want)
		}
		if err := c.Hangup(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
		if _, err := p.Ended(within(t, 10*time.Second)); err != nil {
			t.Error(err)
		}
	}
	account := func(number string) pbxtest.Carried {
		return pbxtest.Carried{Number: number, From: "account-1", Identity: "+237222000000"}
	}
	pbxtest.Scenario(t, "each person calls as far as their class, and the provider sees the site's number", func(t *testing.T) {
		reaches(t, "202", "222334455", one, account("+237222334455"))
		reaches(t, "203", "699334455", one, account("+237699334455"))
		reaches(t, "203", "+237699334455", one, account("+237699334455"))
		reaches(t, "204", "0033612345678", one, account("+33612345678"))
	})
	pbxtest.Scenario(t, "who may not call so far hears it, and nothing goes out", func(t *testing.T) {
		one.Forget()
		two.Forget()
		for _, c := range []struct{ at, number string }{
			{"201", "222334455"}, {"202", "+237699334455"}, {"203", "0033612345678"}, {"204", "00881612345678"},
		} {
			ctx := within(t, 20*time.Second)
			o, err := w.Agent(c.at).Dial(ctx, c.number)
			if err != nil {
				t.Fatal(err)
			}
			early, err := o.Early(ctx)
			if err != nil {
				t.Fatalf("%s dials %s: %v", c.at, c.number, err)
			}
			if db, err := early.Loudness(ctx, time.Second); err != nil || db < -50 {
				t.Errorf("%s dials %s: heard %v dB, %v", c.at, c.number, db, err)
			}
			_, err = o.Wait(ctx)
			var r *phonesim.Refused
			if !errors.As(err, &r) || r.Code != 403 && r.Code != 503 && r.Code != 603 {
				t.Errorf("%s dials %s: %v", c.at, c.number, err)
			}
		}
		if n := len(one.Carried()) + len(two.Carried()); n > 0 {
			t.Errorf("%d calls went out: %v %v", n, one.Carried(), two.Carried())
		}
	})
	pbxtest.Scenario(t, "numbers that do not exist outside are refused as wrong numbers", func(t *testing.T) {
		for _, number := range []string{"12345", "69933445", "6993344556", "0033", "abc", "699334455&PJSIP/201"} {
			if code := refused(t, w.Agent("204"), number); code != 404 && code != 484 {
				t.Errorf("%s gets %d", number, code)
			}
		}
	})
	pbxtest.Scenario(t, "a provider that fails is replaced by the next one at once", func(t *testing.T) {
		for _, code := range []int{503, 500, 403, 480} {
			one.AnswersWith(code)
			if code == 480 { // nobody answered: another trunk would not help
				continue
			}
			reaches(t, "203", "699334455", two, pbxtest.Carried{Number: "699334455", From: "699000000"})
			if n := len(one.Carried()); n != 1 {
				t.Errorf("%d: the first trunk was tried %d times", code, n)
			}
		}
		one.AnswersWith(200)
	})
	pbxtest.Scenario(t, "busy is busy: no second provider is tried", func(t *testing.T) {
		one.AnswersWith(486)
		one.Forget()
		two.Forget()
		if code := refused(t, w.Agent("203"), "699334455"); code != 486 {
			t.Errorf("the caller gets %d", code)
		}
		if len(one.Carried()) != 1 || len(two.Carried()) != 0 {
			t.Errorf("%v %v", one.Carried(), two.Carried())
		}
		one.AnswersWith(200)
	})
	pbxtest.Scenario(t, "when every provider fails the caller hears it", func(t *testing.T) {
		one.AnswersWith(503)
		two.AnswersWith(503)
		if code := refused(t, w.Agent("203"), "699334455"); code != 503 {
			t.Errorf("the caller gets %d", code)
		}
		one.AnswersWith(200)
		two.AnswersWith(200)
	})
	pbxtest.Scenario(t, "a country that nobody has approved is blocked, and it is told", func(t *testing.T) {
		one.Forget()
		if code := refused(t, w.Agent("204"), "0044207946000"); code == 0 {
			t.Error("it was answered")
		}
		if n := len(one.Carried()); n > 0 {
			t.Errorf("%d calls went out", n)
		}
		pbxtest.Eventually(t, 5*time.Second, func() error { return told.has("fraud: new country by 204 to 0044207946000") })
	})
	pbxtest.Scenario(t, "when all lines of a provider are in use the next one carries the call, and a person has two calls outside at once", func(t *testing.T) {
		p := w.Plan()
		pbxtest.Put(&p, trunk.Kind, "orange", "", "Orange", map[string]any{
			"server": one.Addr.Addr().String(), "user": "account-1", "password": "pass-word-1", "callerid": "+237222000000", "ask": 60, "channels": 1})
		w.Apply(p)
		one.Forget()
		two.Forget()
		a := w.Agent("203")
		first := answered(t, a, "699334455")
		second := answered(t, a, "699334456")
		if len(one.Carried()) != 1 || len(two.Carried()) != 1 {
			t.Errorf("%v %v", one.Carried(), two.Carried())
		}
		if code := refused(t, a, "699334457"); code != 503 {
			t.Errorf("a third call gets %d", code)
		}
		first.Hangup(within(t, 5*time.Second))
		second.Hangup(within(t, 5*time.Second))
		if _, err := two.Ended(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
		if _, err := one.Ended(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
		pbxtest.Eventually(t, 5*time.Second, func() error {
			if code := refused(t, a, "699334457"); code != 0 {
				return fmt.Errorf("afterwards a call gets %d", code)
			}
			return nil
		})
	})
	if strings.Contains(w.Log(), "pass-word-1") {
		t.Error("the log has a password")
	}
}

// Nobody answers for DNS in the test's network, as when the internet is down.
func TestTrunksWithoutDNS(t *testing.T) {
	one := pbxtest.NewProvider(t, 240, "account-1", "pass-word-1")
	other := pbxtest.NewProvider(t, 243, "", "")
	gsm := pbxtest.NewProvider(t, 241, "", "")
	plan := pbxtest.Plan("201", "202")
	may(&plan, "p1", pbx.RightMobile, "201")
	pbxtest.Put(&plan, trunk.Kind, "named", "", "", map[string]any{"server": "sip.provider.example", "user": "account-2", "password": "pass-word-2", "ask": 10})
	pbxtest.Put(&plan, trunk.Kind, "orange", "", "", map[string]any{"server": one.Addr.Addr().String(), "user": "account-1", "password": "pass-word-1", "ask": 0})
	pbxtest.Put(&plan, trunk.Kind, "gsm", "", "", map[string]any{"preset": "gateway", "server": gsm.Addr.Addr().String(), "ask": 0})
	pbxtest.Put(&plan, trunk.Kind, "box", "", "", map[string]any{"preset": "goip", "password": "a-long-password-1"})
	pbxtest.Put(&plan, route.Kind, "all", "", "", route.Route{Classes: []pbx.Right{pbx.RightNational, pbx.RightMobile}, Trunks: []string{"named", "gsm"}})
	pbxtest.Put(&plan, route.Kind, "box", "", "", route.Route{Patterns: []route.Pattern{{Match: "81XX", Class: pbx.RightNational}}, Trunks: []string{"box"}, Strip: 1, Prepend: "99"})
	for _, id := range []string{"orange", "gsm", "box"} {
		pbxtest.Put(&plan, inbound.Kind, "in-"+id, "", "", inbound.Inbound{Trunk: id, To: pbx.Destination{Kind: pbx.ToNumber, ID: "202"}})
	}
	w := pbxtest.Open(t, plan)
	w.Expect("sip.provider.example", "registration attempt", "Unable to")

	rings := func(t *testing.T, call func()) *phonesim.Call {
		t.Helper()
		ctx := within(t, 20*time.Second)
		b := w.Agent("202")
		go call()
		in, err := b.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	pbxtest.Scenario(t, "while no name server answers the house rings at once, and a call outside goes by the next provider", func(t *testing.T) {
		a := w.Agent("201")
		began := time.Now()
		c := rings(t, func() {
			c, err := a.Call(within(t, 10*time.Second), "202")
			if err != nil {
				t.Error(err)
				return
			}
			c.Hangup(within(t, 5*time.Second))
		})
		<-c.Done()
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("a call in the house took %s", took)
		}
		began = time.Now()
		out, err := a.Call(within(t, 60*time.Second), "699112233")
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("the next trunk answered after %s", time.Since(began).Round(time.Millisecond))
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("the next trunk answered after %s", took)
		}
		out.Hangup(within(t, 5*time.Second))
		got, err := gsm.Next(within(t, 5*time.Second))
		if err != nil || got.From == "201" || got.Identity != "" || strings.Contains(got.Name, "Poste") {
			t.Errorf("a trunk without a number of its own shows one of ours: %+v, %v", got, err)
		}
		t.Logf("it shows %+v", got)
	})
	pbxtest.Scenario(t, "a provider is added without a restart while no name server answers", func(t *testing.T) {
		p := w.Plan()
		pbxtest.Put(&p, trunk.Kind, "second", "", "", map[string]any{"server": "sip2.provider.example", "user": "x", "password": "y", "ask": 0})
		w.Expect("sip2.provider.example")
		began := time.Now()
		r := w.Apply(p)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		if r.Restart {
			t.Error("a restart is due")
		}
	})
	pbxtest.Scenario(t, "calls of a provider are known as its own, from whichever of its servers they come", func(t *testing.T) {
		one.Registered(30 * time.Second)
		if _, code := other.Call(within(t, 10*time.Second), "222000000", "677112233"); code != 401 {
			t.Errorf("without it: %d", code)
		}
		other.Borrow(one)
		up := make(chan int, 1)
		c := rings(t, func() {
			_, code := other.Call(within(t, 15*time.Second), "222000000", "677112233")
			up <- code
		})
		if code := <-up; code != 200 {
			t.Errorf("the provider gets %d", code)
		}
		c.Hangup(within(t, 5*time.Second))
	})
	pbxtest.Scenario(t, "a gateway that logs in here is called and calls", func(t *testing.T) {
		account := phonesim.Account{User: "trunk-box", Auth: "trunk-box", Password: "a-long-password-1", Name: "677112233", Label: "box", Server: pbxtest.Box, Port: 5060, Transport: "udp", Expiry: time.Minute}
		box := w.AgentOf(account, pbxtest.Address(190), phonesim.AgentOptions{})
		ctx := within(t, 20*time.Second)
		if err := box.Register(ctx); err != nil {
			t.Fatal(err)
		}
		a := w.Agent("201")
		up := make(chan error, 1)
		go func() {
			_, err := a.Call(ctx, "8155")
			up <- err
		}()
		in, err := box.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := <-up; err != nil {
			t.Error(err)
		}
		c.Hangup(ctx)
		at := rings(t, func() {
			_, err := box.Call(ctx, "1000")
			up <- err
		})
		if err := <-up; err != nil {
			t.Error(err)
		}
		at.Hangup(ctx)
		if err := box.Unregister(ctx); err != nil {
			t.Error(err)
		}
	})
}
