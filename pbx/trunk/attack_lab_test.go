//go:build lab

package trunk_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/inbound"
	"autocom/pbx/pbxtest"
	"autocom/pbx/route"
	"autocom/pbx/trunk"
	"autocom/phonesim"
)

// What somebody tries who has found a cable, or a phone of the house.
func TestAttacksOnTrunks(t *testing.T) {
	one := pbxtest.NewProvider(t, 240, "account-1", "pass-word-1")
	two := pbxtest.NewProvider(t, 241, "", "")
	stranger := pbxtest.NewProvider(t, 242, "", "")
	plan := pbxtest.Plan("201", "202", "203")
	for _, n := range []string{"201", "202", "203"} {
		may(&plan, "p"+n, pbx.RightMobile, n)
	}
	pbxtest.Put(&plan, trunk.Kind, "orange", "", "", map[string]any{"server": one.Addr.Addr().String(), "user": "account-1", "password": "pass-word-1", "ask": 0})
	pbxtest.Put(&plan, trunk.Kind, "gsm", "", "", map[string]any{"preset": "gateway", "server": two.Addr.Addr().String(), "ask": 0})
	pbxtest.Put(&plan, trunk.Kind, "box", "", "", map[string]any{"preset": "goip", "password": "a-long-password-1"})
	pbxtest.Put(&plan, route.Kind, "all", "", "", route.Route{Classes: []pbx.Right{pbx.RightNational, pbx.RightMobile}, Trunks: []string{"gsm"}})
	for _, id := range []string{"orange", "gsm", "box"} {
		pbxtest.Put(&plan, inbound.Kind, "in-"+id, "", "", inbound.Inbound{Trunk: id, To: pbx.Destination{Kind: pbx.ToNumber, ID: "202"}})
	}
	w := pbxtest.Open(t, plan)

	pbxtest.Scenario(t, "a stranger who takes the name of a provider is asked for a password", func(t *testing.T) {
		for _, name := range []string{"trunk-orange", "trunk-gsm", "trunk-box"} {
			if _, code := stranger.Call(within(t, 10*time.Second), "222000000", name); code != 401 {
				t.Errorf("as %s: %d", name, code)
			}
		}
	})
	pbxtest.Scenario(t, "a phone that makes many calls at the same moment has two outside and no more", func(t *testing.T) {
		if n := burst(t, two, w.Agent("201")); n != 2 {
			t.Errorf("%d calls went out", n)
		}
	})
	pbxtest.Scenario(t, "phones that call at the same moment take no more lines of a provider than it has", func(t *testing.T) {
		p := w.Plan()
		pbxtest.Put(&p, trunk.Kind, "gsm", "", "", map[string]any{"preset": "gateway", "server": two.Addr.Addr().String(), "ask": 0, "channels": 1})
		w.Apply(p)
		if n := burst(t, two, w.Agent("202"), w.Agent("203")); n != 1 {
			t.Errorf("%d calls went out by one line", n)
		}
	})
}

// burst has agents call outside twelve times each at the same moment and gives how many
// calls reached the provider, which lets them ring.
func burst(t *testing.T, provider *pbxtest.Provider, agents ...*phonesim.Agent) int {
	provider.AnswersWith(0)
	provider.Forget()
	ctx, stop := context.WithTimeout(t.Context(), 8*time.Second)
	defer stop()
	var all sync.WaitGroup
	for _, a := range agents {
		for i := range 12 {
			all.Go(func() {
				if o, err := a.Dial(ctx, "6991122"+strconv.Itoa(10+i)); err == nil {
					o.Wait(ctx)
				}
			})
		}
	}
	all.Wait()
	return len(provider.Carried())
}

// What somebody tries who calls from outside, or has taken over a phone that others call.
func TestAttacksOfCallers(t *testing.T) {
	world := pbxtest.NewProvider(t, 240, "", "")
	plan := pbxtest.Plan("201", "202", "203")
	no := false
	for id, class := range map[string]pbx.Right{"201": pbx.RightInternational, "202": pbx.RightInternal, "203": pbx.RightInternational} {
		pbxtest.Person(&plan, "p"+id, "", func(x *pbx.Person) { x.Class, x.Voicemail = class, &no }, id)
	}
	pbxtest.Put(&plan, trunk.Kind, "gsm", "", "", map[string]any{"preset": "gateway", "server": world.Addr.Addr().String(), "ask": 0})
	pbxtest.Put(&plan, route.Kind, "all", "", "", route.Route{Classes: []pbx.Right{pbx.RightNational, pbx.RightMobile, pbx.RightInternational}, Trunks: []string{"gsm"}})
	pbxtest.Put(&plan, inbound.Kind, "a", "", "", inbound.Inbound{Trunk: "gsm", DID: "222000000", To: pbx.Destination{Kind: pbx.ToNumber, ID: "201"}})
	pbxtest.Put(&plan, inbound.Kind, "b", "", "", inbound.Inbound{Trunk: "gsm", DID: "222000002", To: pbx.Destination{Kind: pbx.ToNumber, ID: "202"}})
	pbxtest.Put(&plan, pbx.KindSettings, "fraud", "", "", map[string]any{"new": "allow", "night": ""})
	w := pbxtest.Open(t, plan)
	one, two := w.Agent("201"), w.Agent("202")

	pbxtest.Scenario(t, "a caller who shows an emergency number, one of the house or a slot is nobody to call back", func(t *testing.T) {
		for _, shown := range []string{"112", "17", "202", "701", "anonymous"} {
			ctx := within(t, 20*time.Second)
			done := make(chan struct{})
			go func() {
				defer close(done)
				world.Call(ctx, "222000000", shown)
			}()
			in, err := one.Ring(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := in.Decline(ctx, 486); err != nil {
				t.Error(err)
			}
			<-done
			last := w.CLI("database get ac/201 last")
			if _, value, found := strings.Cut(last, "Value: "); found && strings.TrimSpace(value) != "" {
				t.Errorf("%q is called back by %q", shown, strings.TrimSpace(value))
			}
		}
	})
	pbxtest.Scenario(t, "a phone that sends its callers elsewhere sends nobody outside", func(t *testing.T) {
		for _, to := range []string{"699112233", "0033612345678", "112", "PJSIP/0033612345678%40trunk-gsm", "Local/112%40ac-emergency", "Local/*43%40ac-echo"} {
			world.Forget()
			for _, call := range []func(ctx context.Context){
				func(ctx context.Context) { world.Call(ctx, "222000002", "677112233") },
				func(ctx context.Context) { w.Agent("203").Call(ctx, "202") },
			} {
				ctx := within(t, 10*time.Second)
				done := make(chan struct{})
				go func() {
					defer close(done)
					call(ctx)
				}()
				in, err := two.Ring(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if err := in.Redirect(ctx, to); err != nil {
					t.Error(err)
				}
				<-done
			}
			if got := world.Carried(); len(got) > 0 {
				t.Errorf("to %s: %+v", to, got)
			}
		}
	})
}
