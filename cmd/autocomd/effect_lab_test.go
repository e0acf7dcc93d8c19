//go:build lab

package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"autocom/office"
	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/pbxtest"
	"autocom/pbx/trunk"
	"autocom/portal"
)

// What a page says before a change and of a trunk, by a real Asterisk.
func TestWhatAPageAsksOfTheExchange(t *testing.T) {
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	address, err := netlink.ParseAddr(pbxtest.Box + "/24")
	must(t, err)
	must(t, netlink.AddrAdd(lo, address))
	t.Cleanup(func() { netlink.AddrDel(lo, address) })

	one := pbxtest.NewProvider(t, 240, "account-1", "pass-word-1")
	plan := pbxtest.Plan("201", "202", "203")
	two := pbxtest.NewProvider(t, 241, "account-2", "pass-word-2")
	o := newOffice(t)
	put := func(id string, body map[string]any) {
		pbxtest.Put(&plan, trunk.Kind, id, "", "", body)
		x, _ := plan.Object(trunk.Kind, id)
		_, err := o.Apply(t.Context(), office.PutObject{Object: x})
		must(t, err)
	}
	put("orange", map[string]any{"mode": "register", "server": one.Addr.Addr().String(), "user": "account-1", "password": "pass-word-1", "ask": 60})
	put("refused", map[string]any{"mode": "register", "server": two.Addr.Addr().String(), "user": "account-2", "password": "not-the-one-2", "ask": 60})
	put("silent", map[string]any{"mode": "register", "server": "192.168.77.247", "user": "account-3", "password": "pass-word-3", "ask": 60})
	put("gone", map[string]any{"preset": "gateway", "mode": "address", "server": "192.168.77.249", "ask": 60})
	put("off", map[string]any{"mode": "address", "server": "192.168.77.248", "off": true})
	put("nameless", map[string]any{"mode": "address", "server": "no-such-name.invalid", "off": true})
	w := pbxtest.Open(t, plan)
	w.Expect("registration attempt")
	w.Expect("refused")
	on, _ := plan.Object(trunk.Kind, "nameless") // known to autocomd alone: Asterisk would wait for its name
	on.Body = []byte(strings.Replace(string(on.Body), `"off":true`, `"off":false`, 1))
	_, err = o.Apply(t.Context(), office.PutObject{Object: on})
	must(t, err)

	e := &exchange{office: o, log: slog.New(slog.NewTextHandler(t.Output(), nil)), plan: w.Plan}
	e.client = &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: plan.ManagerSecret, Log: e.log}
	go e.client.Run(t.Context())
	pbxtest.Eventually(t, 10*time.Second, func() error {
		_, err := e.Trunk(t.Context(), "orange")
		return err
	})

	pbxtest.Scenario(t, "the button that tests a trunk says what failed: the name, the password, the other end, or nothing", func(t *testing.T) {
		one.Registered(20 * time.Second)
		for id, want := range map[string]portal.TrunkLive{
			"orange":   {State: "up", Text: "it is ready"},
			"refused":  {State: "down", Text: "refuses the user name or the password"},
			"silent":   {State: "down", Text: "it does not answer"},
			"gone":     {State: "down", Text: "it does not answer"},
			"off":      {State: "off", Text: "it is switched off"},
			"nameless": {State: "down", Text: "the name no-such-name.invalid is not found"},
		} {
			pbxtest.Eventually(t, 60*time.Second, func() error {
				live, err := e.Test(t.Context(), id)
				if err != nil {
					return err
				}
				if live.State != want.State || !strings.Contains(live.Text, want.Text) {
					return fmt.Errorf("%s: %+v, want %+v", id, live, want)
				}
				return nil
			})
		}
	})

	pbxtest.Scenario(t, "before a change the page counts the calls that are up, and those that it touches", func(t *testing.T) {
		ctx := t.Context()
		count := func(numbers ...string) string {
			x := e.onThePhone(ctx, portal.Effect{Calls: -1, Numbers: numbers}, pbx.KindPerson, "awa", plan)
			return fmt.Sprint(x.Calls, " ", x.Touched)
		}
		if got := count("201"); got != "0 0" {
			t.Errorf("nobody calls: %s", got)
		}
		two, called := w.Agent("202"), make(chan error, 1)
		go func() {
			_, err := w.Agent("201").Call(ctx, "202")
			called <- err
		}()
		in, err := two.Ring(ctx)
		must(t, err)
		call, err := in.Answer(ctx)
		must(t, err)
		must(t, <-called)
		for _, tt := range []struct{ number, want string }{{"201", "1 1"}, {"202", "1 1"}, {"203", "1 0"}} {
			pbxtest.Eventually(t, 10*time.Second, func() error {
				if got := count(tt.number); got != tt.want {
					return fmt.Errorf("a call of 201 and 202, a change of %s: %s, want %s", tt.number, got, tt.want)
				}
				return nil
			})
		}
		call.Hangup(ctx)
		pbxtest.Eventually(t, 10*time.Second, func() error {
			if got := count("201"); got != "0 0" {
				return fmt.Errorf("%s calls", got)
			}
			return nil
		})
	})
}
