//go:build lab

package trunk_test

import (
	"fmt"
	"testing"
	"time"

	"autocom/pbx/ami"
	"autocom/pbx/pbxtest"
	"autocom/pbx/trunk"
)

// What autocomd reads of a trunk's state (cmd/autocomd/trunks.go), as Asterisk says it.
func TestStateOfTrunks(t *testing.T) {
	one := pbxtest.NewProvider(t, 240, "account-1", "pass-word-1")
	plan := pbxtest.Plan("201")
	pbxtest.Put(&plan, trunk.Kind, "orange", "", "", map[string]any{"server": one.Addr.Addr().String(), "user": "account-1", "password": "pass-word-1", "ask": 10})
	pbxtest.Put(&plan, trunk.Kind, "wrong", "", "", map[string]any{"server": one.Addr.Addr().String(), "port": 5060, "user": "account-2", "password": "not-it-at-all", "ask": 0, "mode": "register", "off": true})
	pbxtest.Put(&plan, trunk.Kind, "gone", "", "", map[string]any{"preset": "gateway", "server": "192.168.77.249", "ask": 10})
	w := pbxtest.Open(t, plan)
	w.Expect("registration attempt")
	registry := make(chan string, 20)
	w.Listen(func(e ami.Event) {
		if e.Name == "Registry" {
			registry <- e.Get("Username") + " " + e.Get("Status")
		}
	})
	pbxtest.Scenario(t, "whether a provider has let the box in, and answers, can be asked", func(t *testing.T) {
		one.Registered(20 * time.Second)
		pbxtest.Eventually(t, 20*time.Second, func() error {
			r, err := w.Manager().Do(within(t, 5*time.Second), ami.Action{Name: "PJSIPShowRegistrationsOutbound"})
			if err != nil {
				return err
			}
			return state(r.Items, "trunk-orange", "Registered")
		})
		pbxtest.Eventually(t, 40*time.Second, func() error {
			seen := map[string]string{}
			for _, name := range []string{"trunk-orange", "trunk-gone"} {
				r, err := w.Manager().Do(within(t, 5*time.Second), ami.Action{Name: "PJSIPShowEndpoint", Fields: []ami.Field{{Key: "Endpoint", Value: name}}})
				if err != nil {
					return err
				}
				for _, e := range r.Items {
					if e.Name == "ContactStatusDetail" {
						seen[name] = e.Get("Status")
					}
				}
			}
			return want(seen, map[string]string{"trunk-orange": "Reachable", "trunk-gone": "Unreachable"})
		})
		select {
		case s := <-registry:
			t.Log(s)
		default:
			t.Log("no Registry event")
		}
	})
}

func state(items []ami.Event, name, status string) error {
	seen := map[string]string{}
	for _, e := range items {
		if e.Name == "OutboundRegistrationDetail" { // its auth comes with it, by the same name
			seen[e.Get("ObjectName")] = e.Get("Status")
		}
	}
	return want(seen, map[string]string{name: status})
}

func want(seen, wanted map[string]string) error {
	for name, status := range wanted {
		if seen[name] != status {
			return fmt.Errorf("%s is %q among %v, want %q", name, seen[name], seen, status)
		}
	}
	return nil
}
