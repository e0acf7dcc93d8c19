//go:build lab

package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/pbxtest"
	"autocom/portal"
)

// The API and a real Asterisk: what is set on a phone is seen on the page, and the other way.
func TestForwardsFromAPage(t *testing.T) {
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	address, err := netlink.ParseAddr(pbxtest.Box + "/24")
	must(t, err)
	must(t, netlink.AddrAdd(lo, address))
	t.Cleanup(func() { netlink.AddrDel(lo, address) })

	plan := pbxtest.Plan("201", "202", "203")
	pbxtest.Person(&plan, "bob", "Bob", func(x *pbx.Person) { x.Class, x.Forward = pbx.RightMobile, pbx.RightMobile }, "202")
	pbxtest.Trunk(&plan, "201")
	w := pbxtest.Open(t, plan)
	e := &exchange{log: slog.New(slog.NewTextHandler(t.Output(), nil)), plan: w.Plan}
	e.forwards = newForwards(e)
	up := make(chan struct{}, 8)
	e.client = &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: plan.ManagerSecret, Log: e.log,
		OnUp: func(context.Context) { up <- struct{}{} }, OnEvent: e.forwards.event}
	go e.client.Run(t.Context())
	<-up
	f, ctx := e.forwards, t.Context()
	changes := f.ForwardChanges(ctx)
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")

	pbxtest.Scenario(t, "a forward set on the phone is seen on the page at once", func(t *testing.T) {
		c, err := two.Call(ctx, "*21203")
		must(t, err)
		must(t, c.Hangup(ctx))
		select {
		case n := <-changes:
			if n != "202" {
				t.Errorf("number %s", n)
			}
		case <-time.After(10 * time.Second):
			t.Error("nobody is told")
		}
		if got, err := f.Forwards(ctx, "202"); err != nil || got != (portal.Forwarding{Always: "203"}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
	pbxtest.Scenario(t, "what is set on the page holds at the phone, with its lamps", func(t *testing.T) {
		must(t, f.SetForwards(ctx, "202", portal.Forwarding{None: "677123456", DND: true}))
		l, err := two.Watch(ctx, "*25*202")
		must(t, err)
		defer l.Close()
		must(t, l.Wait(ctx, "confirmed"))
		m, err := two.Watch(ctx, "*21*202")
		must(t, err)
		defer m.Close()
		must(t, m.Wait(ctx, "terminated"))
		must(t, f.SetForwards(ctx, "202", portal.Forwarding{Always: "203"}))
		must(t, l.Wait(ctx, "terminated"))
		pbxtest.Rings(t, one, "202", three)
		must(t, f.SetForwards(ctx, "202", portal.Forwarding{}))
	})
	pbxtest.Scenario(t, "the page refuses what the phone would refuse", func(t *testing.T) {
		for _, c := range []struct{ number, to, says string }{
			{"202", "299", "no number of the house"},
			{"202", "202", "the number itself"},
			{"202", "112", "emergency"},
			{"202", "701", "parking slot"},
			{"202", "*25", "a code"},
			{"202", "*99299", "no mailbox"},
			{"201", "677123456", "raise the person's class"},
		} {
			err := f.SetForwards(ctx, c.number, portal.Forwarding{Always: c.to})
			if !errors.Is(err, portal.ErrConflict) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s to %s: %v does not say %q", c.number, c.to, err, c.says)
			}
		}
		if err := f.SetForwards(ctx, "299", portal.Forwarding{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
		if got, err := f.Forwards(ctx, "202"); err != nil || got != (portal.Forwarding{}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
