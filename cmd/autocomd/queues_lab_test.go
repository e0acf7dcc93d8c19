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
	"autocom/pbx/queue"
	"autocom/portal"
)

// The API and a real Asterisk: what the codes of agents do can be done from a page.
func TestAgentsFromAPage(t *testing.T) {
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	address, err := netlink.ParseAddr(pbxtest.Box + "/24")
	must(t, err)
	must(t, netlink.AddrAdd(lo, address))
	t.Cleanup(func() { netlink.AddrDel(lo, address) })

	plan := pbxtest.Plan("201", "202", "203")
	pbxtest.Person(&plan, "bob", "Bob", func(x *pbx.Person) { x.Agent = true }, "202")
	sales := map[string]any{"agents": []map[string]any{{"person": "bob", "penalty": 3}}, "join_empty": "never", "leave_empty": "never"}
	pbxtest.Put(&plan, queue.Kind, "sales", "600", "Ventes", sales)
	pbxtest.Put(&plan, queue.Kind, "help", "601", "Aide", map[string]any{"members": []map[string]any{{"number": "203"}}})
	w := pbxtest.Open(t, plan)

	e := &exchange{log: slog.New(slog.NewTextHandler(t.Output(), nil)), plan: w.Plan}
	e.queues = newQueues(e)
	e.client = &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: plan.ManagerSecret, Log: e.log,
		OnUp: func(context.Context) { e.queues.refresh() }, OnDown: e.queues.forget, OnEvent: e.queues.event}
	running, stop := context.WithCancel(t.Context())
	go e.client.Run(running)
	go e.queues.Run(running)

	live := func(id string) queue.Live {
		l, _ := e.queues.mirror.Live(id)
		return l
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		pbxtest.Eventually(t, 15*time.Second, func() error {
			if ok() {
				return nil
			}
			return errors.New(what)
		})
	}
	until("the queues are not mirrored", func() bool { return len(live("help").Members) == 1 && live("sales").ID != "" })

	pbxtest.Scenario(t, "an agent is logged in from a page, paused for lunch, brought back and logged out", func(t *testing.T) {
		ctx := t.Context()
		must(t, e.queues.Agent(ctx, "login", "202", "", ""))
		must(t, e.queues.Agent(ctx, "login", "202", "sales", "")) // twice is once
		until("202 is not there", func() bool {
			m := live("sales").Members
			return len(m) == 1 && m[0].Number == "202" && m[0].Agent && m[0].Penalty == 3
		})
		if out := w.CLI("core show hint " + plan.Code("agent-login") + "202"); !strings.Contains(out, "InUse") {
			t.Errorf("the lamp: %s", out)
		}
		must(t, e.queues.Agent(ctx, "pause", "202", "", "2"))
		until("202 does not pause", func() bool { m := live("sales").Members; return m[0].Paused && m[0].Reason == "repas" })
		must(t, e.queues.Agent(ctx, "unpause", "202", "sales", ""))
		until("202 still pauses", func() bool { return !live("sales").Members[0].Paused })
		must(t, e.queues.Agent(ctx, "logout", "202", "", ""))
		until("202 is still there", func() bool { return len(live("sales").Members) == 0 })
		if out := w.CLI("core show hint " + plan.Code("agent-login") + "202"); strings.Contains(out, "InUse") {
			t.Errorf("the lamp: %s", out)
		}
	})

	pbxtest.Scenario(t, "a page can log in nobody who may not, and pause nobody who is not there", func(t *testing.T) {
		for _, c := range []struct{ verb, number, queue, reason string }{
			{"login", "203", "", ""}, {"login", "202", "help", ""}, {"login", "202", "none", ""}, {"logout", "203", "", ""},
			{"pause", "202", "", ""}, {"pause", "203", "help", "sleep"},
		} {
			if err := e.queues.Agent(t.Context(), c.verb, c.number, c.queue, c.reason); !errors.Is(err, portal.ErrConflict) {
				t.Errorf("%v: %v", c, err)
			}
		}
		if err := e.queues.Agent(t.Context(), "login", "201", "", ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("201: %v", err)
		}
	})

	pbxtest.Scenario(t, "who waits in a queue is on the page, and gone from it afterwards", func(t *testing.T) {
		call, err := w.Agent("201").Call(w.Context(), "600")
		must(t, err)
		until("the caller is not shown", func() bool { c := live("sales").Callers; return len(c) == 1 && c[0].Number == "201" })
		must(t, call.Hangup(w.Context()))
		until("the caller is still shown", func() bool { return len(live("sales").Callers) == 0 && live("sales").Abandoned == 1 })
	})

	pbxtest.Scenario(t, "an agent whom the plan no longer allows is logged out", func(t *testing.T) {
		must(t, e.queues.Agent(t.Context(), "login", "202", "", ""))
		p := w.Plan()
		delete(sales, "agents")
		sales["members"] = []map[string]any{{"number": "203"}}
		pbxtest.Put(&p, queue.Kind, "sales", "600", "Ventes", sales)
		w.Apply(p)
		e.queues.refresh() // the office has the plan before Asterisk does; this test the other way round
		until("202 is still there", func() bool { m := live("sales").Members; return len(m) == 1 && m[0].Number == "203" })
	})

	pbxtest.Scenario(t, "with autocomd stopped, callers wait and agents log in as before", func(t *testing.T) {
		stop()
		p := plan
		w.Apply(p)
		ctx := w.Context()
		bob := w.Agent("202")
		a, err := w.Agent("201").Call(ctx, "600")
		must(t, err)
		c, err := bob.Call(ctx, plan.Code("agent-login"))
		must(t, err)
		<-c.Done()
		in, err := bob.Ring(ctx)
		must(t, err)
		b, err := in.Answer(ctx)
		must(t, err)
		a.Speak(440)
		pbxtest.Hears(t, b, 440, 660)
	})
}
