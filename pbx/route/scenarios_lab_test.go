//go:build lab

package route_test

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
	"autocom/pbx/menu"
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

func (a *alerts) wait(t *testing.T, want string) {
	t.Helper()
	pbxtest.Eventually(t, 5*time.Second, func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, s := range a.list {
			if s == want {
				return nil
			}
		}
		return fmt.Errorf("no alert %q among %q", want, a.list)
	})
}

func class(p *pbx.Plan, right pbx.Right) {
	pbxtest.Person(p, "p1", "", func(x *pbx.Person) { x.Class, x.Minutes, x.Forward = right, 1, right }, "201")
}

func TestLimits(t *testing.T) {
	gsm := pbxtest.NewProvider(t, 240, "", "")
	plan := pbxtest.Plan("201", "202", "203")
	class(&plan, pbx.RightMobile)
	pbxtest.Person(&plan, "p2", "", func(x *pbx.Person) { x.Class, x.Outside = pbx.RightInternational, 1 }, "202")
	pbxtest.Put(&plan, trunk.Kind, "gsm", "", "", map[string]any{"preset": "gateway", "server": gsm.Addr.Addr().String(), "ask": 0})
	pbxtest.Put(&plan, route.Kind, "all", "", "", route.Route{Classes: []pbx.Right{pbx.RightNational, pbx.RightMobile, pbx.RightInternational}, Trunks: []string{"gsm"}})
	pbxtest.Put(&plan, route.KindOutside, "guard", "", "", route.Outside{Number: "699 11 22 33", Person: "p1"})
	pbxtest.Put(&plan, menu.Kind, "front", "600", "", map[string]any{"keys": map[string]any{"1": pbx.Destination{Kind: "outside", ID: "guard"}, "2": pbx.Destination{Kind: pbx.ToNumber, ID: "203"}}})
	pbxtest.Put(&plan, inbound.Kind, "direct", "", "", inbound.Inbound{Trunk: "gsm", DID: "1000", To: pbx.Destination{Kind: "outside", ID: "guard"}})
	pbxtest.Put(&plan, inbound.Kind, "menu", "", "", inbound.Inbound{Trunk: "gsm", DID: "2000", To: pbx.Destination{Kind: "menu", ID: "front"}})
	pbxtest.Put(&plan, inbound.Kind, "phone", "", "", inbound.Inbound{Trunk: "gsm", DID: "3000", To: pbx.Destination{Kind: pbx.ToNumber, ID: "201"}})
	pbxtest.Put(&plan, pbx.KindSettings, "fraud", "", "", map[string]any{"countries": []string{"33"}, "night": "", "world": 2})
	w := pbxtest.Open(t, plan)
	told := &alerts{}
	w.Listen(told.hear)
	today := func() string { return time.Now().UTC().Format("20060102") } // the plan has no time zone: UTC as the test's Asterisk

	carried := func(t *testing.T, want string) {
		t.Helper()
		c, err := gsm.Next(within(t, 10*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if c.Number != want {
			t.Errorf("the gateway is called for %s, not %s", c.Number, want)
		}
	}
	pbxtest.Scenario(t, "who has one call outside at a time is told so at the second", func(t *testing.T) {
		gsm.Forget()
		c, err := w.Agent("202").Call(within(t, 10*time.Second), "699112233")
		if err != nil {
			t.Fatal(err)
		}
		if code := refused(t, w.Agent("202"), "699112234"); code != 503 {
			t.Errorf("the second gets %d", code)
		}
		c.Hangup(within(t, 5*time.Second))
		if _, err := gsm.Ended(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
	})
	pbxtest.Scenario(t, "minutes of the day are counted, and who has used theirs up hears it", func(t *testing.T) {
		gsm.Forget()
		c, err := w.Agent("201").Call(within(t, 10*time.Second), "699112233")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2200 * time.Millisecond) // of talk, which is what is measured
		c.Hangup(within(t, 5*time.Second))
		pbxtest.Eventually(t, 5*time.Second, func() error {
			_, got, _ := strings.Cut(w.CLI("database get ac/spent person-p1"), "Value: ")
			var day, seconds int
			if _, err := fmt.Sscanf(got, "%8d:%d", &day, &seconds); err != nil || seconds < 2 || seconds > 10 {
				return fmt.Errorf("after 2 s of talk: %q, %v", got, err)
			}
			return nil
		})
		w.CLI("database put ac/spent person-p1 " + today() + ":60")
		gsm.Forget()
		if code := refused(t, w.Agent("201"), "699112233"); code == 0 {
			t.Error("it goes on")
		}
		told.wait(t, "fraud: minutes of a person by 201 to 699112233")
		w.CLI("database put ac/spent person-p1 20200101:9999")
		if code := refused(t, w.Agent("201"), "699112233"); code != 0 {
			t.Errorf("a new day gives %d", code)
		}
	})
	pbxtest.Scenario(t, "a call ends when the minutes end", func(t *testing.T) {
		w.CLI("database put ac/spent person-p1 " + today() + ":57")
		c, err := w.Agent("201").Call(within(t, 10*time.Second), "699112233")
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-c.Done():
		case <-time.After(15 * time.Second):
			t.Error("it goes on")
		}
		pbxtest.Eventually(t, 5*time.Second, func() error { // what it took is written when the leg has ended
			if got := w.CLI("database get ac/spent person-p1"); strings.Contains(got, ":57") {
				return fmt.Errorf("not counted: %s", got)
			}
			return nil
		})
		w.CLI("database del ac/spent person-p1")
	})
	pbxtest.Scenario(t, "two calls outside at once share what is left of the day, and never talk more than that", func(t *testing.T) {
		held := func() (seconds int) {
			for line := range strings.Lines(w.CLI("dialplan show globals")) {
				fmt.Sscanf(strings.TrimSpace(line), "AC_HELD_person-p1=%d", &seconds)
			}
			return seconds
		}
		one, err := w.Agent("201").Call(within(t, 10*time.Second), "699112233")
		if err != nil {
			t.Fatal(err)
		}
		if got := held(); got != 54 {
			t.Errorf("of 60 s the first may talk %d, not 54", got)
		}
		two, err := w.Agent("201").Call(within(t, 10*time.Second), "699112234")
		if err != nil {
			t.Fatal(err)
		}
		if got := held(); got <= 54 || got > 60 {
			t.Errorf("both may talk %d s of 60", got)
		}
		before := held()
		w.CLI("dialplan reload")
		if got := held(); got != before {
			t.Errorf("a reload makes %d s of the %d that calls hold", got, before)
		}
		one.Hangup(within(t, 5*time.Second))
		two.Hangup(within(t, 5*time.Second))
		pbxtest.Eventually(t, 5*time.Second, func() error {
			if got := held(); got != 0 {
				return fmt.Errorf("%d s are still held", got)
			}
			return nil
		})
		w.CLI("database del ac/spent person-p1")
	})
	pbxtest.Scenario(t, "international minutes of the site end, and it is told", func(t *testing.T) {
		w.CLI("database put ac/spent world " + today() + ":120")
		if code := refused(t, w.Agent("202"), "0033612345678"); code == 0 {
			t.Error("it goes on")
		}
		told.wait(t, "fraud: international minutes by 202 to 0033612345678")
		if code := refused(t, w.Agent("202"), "699112233"); code != 0 {
			t.Errorf("a call in the country gets %d", code)
		}
		w.CLI("database del ac/spent world")
	})
	pbxtest.Scenario(t, "a stored destination outside is reached by who calls from outside, at the cost of who stored it", func(t *testing.T) {
		gsm.Forget()
		c, code := gsm.Call(within(t, 10*time.Second), "1000", "677000000")
		if code != 200 {
			t.Fatalf("the caller gets %d", code)
		}
		carried(t, "699112233")
		c.Hangup(within(t, 5*time.Second))
		pbxtest.Eventually(t, 5*time.Second, func() error {
			if got := w.CLI("database show ac/spent"); !strings.Contains(got, "person-p1") {
				return fmt.Errorf("charged to %s", got)
			}
			return nil
		})
	})
	pbxtest.Scenario(t, "digits that an outside caller presses reach no line outside", func(t *testing.T) {
		gsm.Forget()
		provider := w.AgentOf(phonesim.Account{User: "677000000", Auth: "x", Password: "x", Name: "x", Server: pbxtest.Box, Port: 5060, Transport: "udp", Expiry: time.Minute}, pbxtest.Address(198), phonesim.AgentOptions{})
		p := w.Plan()
		pbxtest.Put(&p, trunk.Kind, "other", "", "", map[string]any{"preset": "gateway", "server": "192.168.77.198", "ask": 0})
		pbxtest.Put(&p, inbound.Kind, "other", "", "", inbound.Inbound{Trunk: "other", To: pbx.Destination{Kind: "menu", ID: "front"}})
		w.Apply(p)
		c, err := provider.Call(within(t, 10*time.Second), "5000")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Press(within(t, 10*time.Second), ",,699334455"); err != nil {
			t.Error(err)
		}
		if got, err := gsm.Next(within(t, 3*time.Second)); err == nil {
			t.Errorf("the gateway is called for %s", got.Number)
		}
		c.Hangup(within(t, 5*time.Second))
	})
	pbxtest.Scenario(t, "a key of a menu leads outside with the rights of who stored it", func(t *testing.T) {
		gsm.Forget()
		provider := w.AgentOf(phonesim.Account{User: "677000000", Auth: "x", Password: "x", Name: "x", Server: pbxtest.Box, Port: 5060, Transport: "udp", Expiry: time.Minute}, pbxtest.Address(199), phonesim.AgentOptions{})
		p := w.Plan()
		pbxtest.Put(&p, trunk.Kind, "other", "", "", map[string]any{"preset": "gateway", "server": "192.168.77.199", "ask": 0})
		w.Apply(p)
		c, err := provider.Call(within(t, 10*time.Second), "5000")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Press(within(t, 10*time.Second), ",,1"); err != nil {
			t.Error(err)
		}
		carried(t, "699112233")
		c.Hangup(within(t, 5*time.Second))
	})
	pbxtest.Scenario(t, "when that person may call less, the stored destination is refused", func(t *testing.T) {
		p := w.Plan()
		class(&p, pbx.RightNational)
		w.Apply(p)
		gsm.Forget()
		if _, code := gsm.Call(within(t, 20*time.Second), "1000", "677000000"); code == 200 {
			t.Error("it was answered")
		}
		if n := len(gsm.Carried()); n > 0 {
			t.Errorf("%v", gsm.Carried())
		}
		class(&p, pbx.RightMobile)
		w.Apply(p)
	})
	pbxtest.Scenario(t, "a forward to the outside takes callers from outside along, within the limits of who forwarded", func(t *testing.T) {
		w.CLI("database put ac/201 cfu 699112233")
		w.CLI("database del ac/spent person-p1")
		gsm.Forget()
		c, code := gsm.Call(within(t, 10*time.Second), "3000", "677000000")
		if code != 200 {
			t.Fatalf("the caller gets %d", code)
		}
		carried(t, "699112233")
		c.Hangup(within(t, 5*time.Second))
		if _, err := gsm.Ended(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
		w.CLI("database put ac/spent person-p1 " + today() + ":60")
		gsm.Forget()
		if _, code := gsm.Call(within(t, 30*time.Second), "3000", "677000000"); code == 200 {
			t.Error("over the limit it was answered")
		}
		if n := len(gsm.Carried()); n > 0 {
			t.Errorf("%v", gsm.Carried())
		}
		told.wait(t, "fraud: minutes of a person by 201 to 699112233")
		w.CLI("database del ac/201 cfu")
		w.CLI("database del ac/spent person-p1")
	})
	pbxtest.Scenario(t, "at night nobody calls abroad, and it is told", func(t *testing.T) {
		p := w.Plan()
		pbxtest.Put(&p, pbx.KindSettings, "fraud", "", "", map[string]any{"countries": []string{"33"}, "night": "00:00-23:59"})
		pbxtest.Put(&p, pbx.KindSettings, "outside", "", "", pbx.Outside{Prefix: "0"})
		pbxtest.Put(&p, route.KindOutside, "guard", "", "", route.Outside{Number: "0699 11 22 33", Person: "p1"})
		w.Apply(p)
		gsm.Forget()
		if code := refused(t, w.Agent("202"), "00033612345678"); code == 0 {
			t.Error("it goes on")
		}
		told.wait(t, "fraud: international at night by 202 to 0033612345678")
		if n := len(gsm.Carried()); n > 0 {
			t.Errorf("%v", gsm.Carried())
		}
	})
	pbxtest.Scenario(t, "with the habit of a 0 for an outside line the gateway gets the number without it", func(t *testing.T) {
		gsm.Forget()
		if code := refused(t, w.Agent("202"), "0699112233"); code != 0 {
			t.Errorf("the caller gets %d", code)
		}
		carried(t, "699112233")
		if code := refused(t, w.Agent("202"), "699112233"); code != 404 {
			t.Errorf("without the 0: %d", code)
		}
	})
}
