//go:build lab

package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/pbxtest"
	"autocom/portal"
)

// A real Asterisk's database and spool while a number goes from phone to phone.
func TestNumberChangesHands(t *testing.T) {
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	address, err := netlink.ParseAddr(pbxtest.Box + "/24")
	must(t, err)
	must(t, netlink.AddrAdd(lo, address))
	t.Cleanup(func() { netlink.AddrDel(lo, address) })

	plan := pbxtest.Plan("201", "202", "203")
	w := pbxtest.Open(t, plan)
	e := &exchange{log: slog.New(slog.NewTextHandler(t.Output(), nil)), plan: w.Plan}
	e.forwards, e.tenants = newForwards(e), newTenants(e, w.Data())
	up := make(chan struct{}, 8)
	e.client = &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: plan.ManagerSecret, Log: e.log,
		OnUp: func(context.Context) { up <- struct{}{} }, OnEvent: e.forwards.event}
	go e.client.Run(t.Context())
	<-up
	ctx := t.Context()

	// held is the plan in which a phone has 202; "" no phone has.
	held := func(device string) pbx.Plan {
		p := plan
		p.Endpoints = slices.DeleteFunc(slices.Clone(plan.Endpoints), func(x pbx.Endpoint) bool { return x.Number == "202" })
		if device != "" {
			p.Endpoints = append(p.Endpoints, pbx.Endpoint{ID: device + "-1", Number: "202", Right: pbx.RightInternal})
		}
		return p
	}
	box := filepath.Join(e.tenants.boxes.Dir, "202")
	message := filepath.Join(box, "INBOX", "msg0000.txt")
	leave := func(t *testing.T) {
		must(t, e.forwards.SetForwards(ctx, "202", portal.Forwarding{Always: "203", DND: true}))
		must(t, os.MkdirAll(filepath.Dir(message), 0o770))
		must(t, os.WriteFile(message, []byte("[message]\n"), 0o660))
		must(t, os.WriteFile(filepath.Join(box, "secret.conf"), []byte("[general]\npassword = 4711\n"), 0o660))
	}
	settle := func(t *testing.T, devices ...string) {
		for _, d := range devices {
			e.tenants.markers = nil // as after a restart of autocomd
			must(t, e.tenants.settle(ctx, held(d)))
		}
	}
	kept := func(t *testing.T) {
		if got, err := e.forwards.Forwards(ctx, "202"); err != nil || got != (portal.Forwarding{Always: "203", DND: true}) {
			t.Errorf("forwards %+v, %v", got, err)
		}
		_, err := os.Stat(message)
		must(t, err)
	}

	settle(t, "000000000001")
	leave(t)
	pbxtest.Scenario(t, "a phone that takes over a number has what the number had", func(t *testing.T) {
		settle(t, "000000000002")
		kept(t)
	})
	pbxtest.Scenario(t, "a phone that is given its released number back finds all of it", func(t *testing.T) {
		settle(t, "", "000000000002")
		kept(t)
	})
	pbxtest.Scenario(t, "who is given a released number has no forward, message or PIN of the last one", func(t *testing.T) {
		settle(t, "", "000000000003")
		if got, err := e.forwards.Forwards(ctx, "202"); err != nil || got != (portal.Forwarding{}) {
			t.Errorf("forwards %+v, %v", got, err)
		}
		if _, err := os.Stat(box); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the box is there: %v", err)
		}
		l, err := w.Agent("203").Watch(ctx, "*25*202")
		must(t, err)
		defer l.Close()
		must(t, l.Wait(ctx, "terminated"))
		settle(t, "", "000000000004") // nothing to erase is no error
	})
}
