//go:build lab

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"autocom/pbx/ami"
	"autocom/pbx/conference"
	"autocom/pbx/pbxtest"
	"autocom/portal"
)

// The API and a real Asterisk: who is in a room, and who may call.
func TestRoomsFromAPage(t *testing.T) {
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	for _, a := range []string{pbxtest.Box + "/24"} {
		address, err := netlink.ParseAddr(a)
		must(t, err)
		must(t, netlink.AddrAdd(lo, address))
		t.Cleanup(func() { netlink.AddrDel(lo, address) })
	}
	plan := pbxtest.Plan("201", "202", "203")
	pbxtest.Put(&plan, conference.Kind, "open", "600", "Salle", map[string]any{"announce": "none"})
	pbxtest.Trunk(&plan, "201")
	w := pbxtest.Open(t, plan)
	e := &exchange{log: slog.New(slog.NewTextHandler(t.Output(), nil)), plan: w.Plan}
	if _, err := e.Room(t.Context(), "open"); !errors.Is(err, portal.ErrConflict) {
		t.Errorf("without a manager: %v", err)
	}
	e.client = &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: plan.ManagerSecret, Log: e.log}
	go e.client.Run(t.Context())
	pbxtest.Eventually(t, 10*time.Second, func() error { _, err := e.Room(t.Context(), "open"); return err })

	people := func(t *testing.T, n int) portal.Room {
		t.Helper()
		var room portal.Room
		pbxtest.Eventually(t, 10*time.Second, func() (err error) {
			if room, err = e.Room(t.Context(), "open"); err == nil && len(room.Members) != n {
				err = fmt.Errorf("%d people, not %d: %+v", len(room.Members), n, room)
			}
			return err
		})
		return room
	}

	pbxtest.Scenario(t, "a page shows who is in a room, mutes one, locks the door and throws one out", func(t *testing.T) {
		ctx := t.Context()
		people(t, 0)
		if err := e.TellRoom(ctx, "open", "lock", ""); !errors.Is(err, portal.ErrConflict) {
			t.Errorf("locks an empty room: %v", err)
		}
		a, err := w.Agent("201").Call(ctx, "600")
		must(t, err)
		_, err = w.Agent("202").Call(ctx, "600")
		must(t, err)
		room := people(t, 2)
		one := room.Members[0]
		if one.Number != "201" {
			one = room.Members[1]
		}
		if one.Number != "201" || one.Name != "Poste 201" || one.Leader || one.Muted || one.Waiting {
			t.Errorf("%+v", one)
		}
		must(t, e.TellRoom(ctx, "open", "mute", one.ID))
		must(t, e.TellRoom(ctx, "open", "lock", ""))
		room = people(t, 2)
		if !room.Locked || room.Members[0].Muted == room.Members[1].Muted {
			t.Errorf("%+v", room)
		}
		if c, err := w.Agent("203").Call(ctx, "600"); err == nil { // hears that it is locked
			<-c.Done()
		}
		people(t, 2)
		must(t, e.TellRoom(ctx, "open", "unlock", ""))
		must(t, e.TellRoom(ctx, "open", "unmute", one.ID))
		if room = people(t, 2); room.Locked || room.Members[0].Muted || room.Members[1].Muted {
			t.Errorf("%+v", room)
		}
		for _, nobody := range []string{"all", "PJSIP/", "participants"} {
			if err := e.TellRoom(ctx, "open", "kick", nobody); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", nobody, err)
			}
		}
		must(t, e.TellRoom(ctx, "open", "kick", one.ID))
		select {
		case <-a.Done():
		case <-time.After(20 * time.Second):
			t.Error("201 is still there")
		}
		people(t, 1)
	})

	pbxtest.Scenario(t, "a page refuses a caller, and lets him in again", func(t *testing.T) {
		ctx := t.Context()
		world := w.Outside("677000009")
		pbxtest.Rings(t, world, "222334455", w.Agent("201"))
		if list, err := e.Blacklisted(ctx); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
		must(t, e.Blacklist(ctx, "237677000009"))
		list, err := e.Blacklisted(ctx)
		if err != nil || len(list) != 1 || list[0].Number != "237677000009" || time.Since(list[0].Added) > time.Minute {
			t.Errorf("%v %v", list, err)
		}
		pbxtest.Refuses(t, world, "222334455", 486)
		must(t, e.Forgive(ctx, "237677000009"))
		if err := e.Forgive(ctx, "237677000009"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("twice: %v", err)
		}
		pbxtest.Rings(t, world, "222334455", w.Agent("201"))
	})
}
