//go:build lab

package asteriskconf

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
	"autocom/pbx/ami"
)

// manager is a client of the running Asterisk, up.
func manager(t testing.TB, plan pbx.Plan, onEvent func(ami.Event)) *ami.Client {
	t.Helper()
	up := make(chan struct{}, 1)
	c := &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: plan.ManagerSecret,
		Log: slog.New(slog.DiscardHandler), OnEvent: onEvent,
		OnUp: func(context.Context) {
			select {
			case up <- struct{}{}:
			default:
			}
		}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case <-up:
	case <-time.After(10 * time.Second):
		t.Fatal("the manager does not come up")
	}
	return c
}

// In words: autocomd hears at once that a phone has logged in.
func TestManagerSeesARegistration(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	seen := make(chan ami.Contact, 16)
	c := manager(t, plan, func(e ami.Event) {
		if contact, ok := ami.DecodeContact(e); ok {
			seen <- contact
		}
	})
	ctx := within(t, 20*time.Second)
	if got, err := c.Contacts(ctx); err != nil || len(got) != 0 {
		t.Errorf("contacts before: %v, %v", got, err)
	}
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	if err := one.register(ctx); err != nil {
		t.Fatal(err)
	}
	first := next(ctx, t, seen)
	if first.AOR != "001565000001-1" || !first.Registered() || !strings.Contains(first.URI, alice) {
		t.Errorf("event says %+v", first)
	}
	got, err := c.Contacts(ctx)
	if err != nil || len(got) != 1 || got[0].AOR != "001565000001-1" || !got[0].Registered() {
		t.Errorf("contacts: %+v, %v", got, err)
	}
	t.Logf("%+v %+v", first, got)
	endpoints, err := c.Endpoints(ctx)
	if err != nil || len(endpoints) != 4 {
		t.Errorf("endpoints: %v, %v", endpoints, err)
	}
	if n, err := c.Channels(ctx); err != nil || n != 0 {
		t.Errorf("channels: %d, %v", n, err)
	}
	if err := c.Reload(ctx, "pbx_config.so"); err != nil {
		t.Error(err)
	}
	if err := c.Reload(ctx, "no_such.so"); err == nil {
		t.Error("reload of no_such.so is no error")
	}
	if err := c.Notify(ctx, "001565000001-1", ami.Field{Key: "Event", Value: "check-sync;reboot=false"}); err != nil {
		t.Error(err)
	}
	if _, err := c.Do(ctx, ami.Action{Name: "Command", Fields: []ami.Field{{Key: "Command", Value: "core show version"}}}); err == nil {
		t.Error("autocomd may run commands")
	}
	clean(t, a, "no_such")
}
