//go:build lab

package trunk_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/inbound"
	"autocom/pbx/pbxtest"
	"autocom/pbx/route"
	"autocom/pbx/trunk"
)

// What somebody tries who has found a cable, or a phone of the house.
func TestAttacksOnTrunks(t *testing.T) {
	one := pbxtest.NewProvider(t, 240, "account-1", "pass-word-1")
	two := pbxtest.NewProvider(t, 241, "", "")
	stranger := pbxtest.NewProvider(t, 242, "", "")
	plan := pbxtest.Plan("201", "202")
	may(&plan, "p1", pbx.RightMobile, "201")
	pbxtest.Put(&plan, trunk.Kind, "orange", "", "", map[string]any{"server": one.Addr.Addr().String(), "user": "account-1", "password": "pass-word-1", "ask": 0})
	pbxtest.Put(&plan, trunk.Kind, "gsm", "", "", map[string]any{"preset": "gateway", "server": two.Addr.Addr().String(), "ask": 0})
	pbxtest.Put(&plan, trunk.Kind, "box", "", "", map[string]any{"preset": "goip", "password": "a-long-password-1"})
	pbxtest.Put(&plan, route.Kind, "all", "", "", route.Route{Classes: []pbx.Right{pbx.RightNational, pbx.RightMobile}, Trunks: []string{"gsm"}})
	for _, id := range []string{"orange", "gsm", "box"} {
		pbxtest.Put(&plan, inbound.Kind, "in-"+id, "", "", inbound.Inbound{Trunk: id, To: pbx.Destination{Kind: pbx.ToNumber, ID: "202"}})
	}
	w := pbxtest.Open(t, plan)

	pbxtest.Scenario(t, "a stranger who takes the name of a trunk is asked for a password", func(t *testing.T) {
		for _, name := range []string{"trunk-orange", "trunk-gsm", "trunk-box"} {
			if _, code := stranger.Call(within(t, 10*time.Second), "222000000", name); code != 401 {
				t.Errorf("as %s: %d", name, code)
			}
		}
	})
	pbxtest.Scenario(t, "a phone that makes many calls at the same moment has two outside and no more", func(t *testing.T) {
		two.AnswersWith(0)
		two.Forget()
		a := w.Agent("201")
		ctx, stop := context.WithTimeout(t.Context(), 8*time.Second)
		defer stop()
		var all sync.WaitGroup
		var refusals atomic.Int32
		for i := range 12 {
			all.Go(func() {
				o, err := a.Dial(ctx, "6991122"+strconv.Itoa(10+i))
				if err != nil {
					refusals.Add(1)
					return
				}
				if _, err := o.Wait(ctx); err != nil && ctx.Err() == nil {
					refusals.Add(1)
				}
			})
		}
		all.Wait()
		if n := len(two.Carried()); n != 2 {
			t.Errorf("%d calls went out, %d were refused", n, refusals.Load())
		}
	})
}
