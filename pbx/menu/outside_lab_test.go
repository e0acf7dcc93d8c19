//go:build lab

package menu_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/hours"
	"autocom/pbx/inbound"
	"autocom/pbx/menu"
	"autocom/pbx/pbxtest"
	"autocom/pbx/prompt"
	"autocom/pbx/route"
	"autocom/pbx/trunk"
	"autocom/phonesim"
)

// A stranger who calls the office's number from outside and knows everything about it.
func TestStrangersInMenus(t *testing.T) {
	line := pbxtest.Address(245)
	plan := pbxtest.Plan("201", "209")
	pbxtest.Person(&plan, "boss", "La chef", func(p *pbx.Person) { p.Class, p.Supervisor = pbx.RightInternational, true }, "201")
	pbxtest.Put(&plan, trunk.Kind, "line", "", "Ligne", map[string]any{"mode": "address", "server": line.String(), "ask": 0})
	pbxtest.Put(&plan, route.Kind, "all", "", "", route.Route{
		Classes: []pbx.Right{pbx.RightNational, pbx.RightMobile, pbx.RightInternational}, Trunks: []string{"line"}})
	pbxtest.Put(&plan, route.KindOutside, "mobile", "650", "Portable", route.Outside{Number: "699000000", Person: "boss"})
	pbxtest.Put(&plan, hours.Kind, "day", "660", "Jour", hours.Hours{
		Week: []hours.Range{{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, From: "00:00", To: "24:00"}},
		Open: to("209"), Closed: pbx.Destination{Kind: pbx.ToHangup}})
	pbxtest.Put(&plan, prompt.Kind, "welcome", "901", "Accueil", prompt.Prompt{})
	pbxtest.Put(&plan, menu.Kind, "main", "600", "Accueil", menu.Menu{
		Direct: true, Digits: 1, Wait: 5, Tries: 1, Keys: map[string]pbx.Destination{}, Invalid: to("209"), Silent: to("209")})
	pbxtest.Put(&plan, inbound.Kind, "main", "", "", inbound.Inbound{Trunk: "line", DID: "+237222000000", To: pbx.Destination{Kind: menu.Kind, ID: "main"}})
	w := pbxtest.Open(t, plan)
	operator := w.Agent("209")
	stranger := w.AgentOf(phonesim.Account{User: "+237677111111", Auth: "x", Password: "x", Name: "x", Server: pbxtest.Box, Port: 5060, Transport: "udp"},
		line, phonesim.AgentOptions{})

	out := make(chan string, 10) // what we send to the provider
	go func() {
		for {
			in, err := stranger.Ring(context.WithoutCancel(t.Context()))
			if err != nil {
				return
			}
			out <- in.FromNumber
		}
	}()
	enter := func(t *testing.T, digits string) *phonesim.Call {
		t.Helper()
		c, err := stranger.Call(within(t, 20*time.Second), "+237222000000")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Press(within(t, 20*time.Second), ","+digits); err != nil {
			t.Fatal(err)
		}
		return c
	}
	pbxtest.Scenario(t, "a caller from outside reaches an extension by the menu", func(t *testing.T) {
		at := w.Agent("201")
		rings(t, enter(t, "201"), at)
	})
	refused := func(digits string) func(*testing.T) {
		return func(t *testing.T) {
			rings(t, enter(t, digits), operator)
			select {
			case n := <-out:
				t.Errorf("a call left the house, from %s", n)
			default:
			}
		}
	}
	pbxtest.Scenario(t, "a caller from outside cannot dial abroad in a menu", refused("00441234567890"))
	pbxtest.Scenario(t, "a caller from outside cannot dial a mobile phone in a menu", refused("677222222"))
	pbxtest.Scenario(t, "a caller from outside cannot dial an emergency number in a menu", refused("0112"))
	pbxtest.Scenario(t, "a caller from outside cannot dial a stored outside number in a menu", refused("650"))
	pbxtest.Scenario(t, "a caller from outside cannot switch day and night in a menu", refused("*28660*2"))
	pbxtest.Scenario(t, "a caller from outside cannot record a prompt in a menu", refused("*77901"))
	pbxtest.Scenario(t, "a caller from outside cannot take calls in a menu", refused("*8209"))
	pbxtest.Scenario(t, "a caller from outside cannot forward anybody in a menu", refused("*21699000000"))
	pbxtest.Scenario(t, "a caller from outside cannot listen to anybody in a menu", refused(plan.Code("spy-listen")+"209"))
	if out := w.CLI("dialplan eval function DB(ac/hours/day)"); strings.Contains(out, "open") || strings.Contains(out, "closed") {
		t.Errorf("the switch was turned: %s", out)
	}
}
