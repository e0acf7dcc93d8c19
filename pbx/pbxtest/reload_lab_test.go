//go:build lab

package pbxtest_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/conference"
	"autocom/pbx/menu"
	"autocom/pbx/parking"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/pbx/voicemail"
	"autocom/phonesim"
)

type fields = map[string]any

// Who administers an exchange changes the very things that people use at that moment.
func TestAPlanChangesUnderThoseWhoUseIt(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204", "205", "206", "207")
	use := func(p *pbx.Plan, changed bool) {
		members, strategy, seconds, max, key := []queue.Member{{Number: "202"}}, queue.RingAll, 120, 10, "1"
		if changed {
			members, strategy, seconds, max, key = []queue.Member{{Number: "202"}, {Number: "206"}}, queue.RoundRobin, 90, 20, "2"
		}
		pbxtest.Put(p, queue.Kind, "help", "600", "Aide", fields{"members": members, "strategy": strategy, "agents": []queue.Agent{{Person: "p207"}},
			"retry": 1, "leave_empty": queue.EmptyNever, "join_empty": queue.EmptyNever, "position": changed})
		pbxtest.Put(p, queue.Kind, "short", "601", "", fields{"members": members})
		pbxtest.Put(p, conference.Kind, "room", "610", "Salle", fields{"max": max})
		pbxtest.Put(p, menu.Kind, "desk", "620", "Accueil", fields{"keys": map[string]pbx.Destination{key: {Kind: pbx.ToNumber, ID: "206"}}, "wait": 20})
		pbxtest.Put(p, pbx.KindSettings, parking.Setting, "", "", parking.Parking{First: 701, Last: 720, Seconds: seconds, Prefix: "P"})
		no := false
		pbxtest.Person(p, "p206", "", func(x *pbx.Person) { x.Voicemail = &no }, "206")
		pbxtest.Person(p, "p207", "Agent", func(x *pbx.Person) { x.Agent = true }, "207")
	}
	use(&plan, false)
	w := pbxtest.Open(t, plan)
	a := map[string]*phonesim.Agent{}
	for _, n := range []string{"201", "203", "204", "205", "206", "207"} {
		a[n] = w.Agent(n)
	}

	pbxtest.Scenario(t, "a queue, a menu, a room, the parking and a box are changed while they are used, and nobody is lost", func(t *testing.T) {
		ctx := within(t, 120*time.Second)
		call := func(from, to string) *phonesim.Call {
			t.Helper()
			c, err := a[from].Call(ctx, to)
			if err != nil {
				t.Fatalf("%s calls %s: %v", from, to, err)
			}
			return c
		}
		shown := func(command string, wanted ...string) {
			t.Helper()
			pbxtest.Eventually(t, 10*time.Second, func() error {
				out := w.CLI(command)
				for _, s := range wanted {
					if !strings.Contains(out, s) {
						return fmt.Errorf("%s: no %q: %s", command, s, out)
					}
				}
				return nil
			})
		}
		call("207", "*45") // an agent logs in, and pauses
		shown("queue show help", queue.Interface("207"))
		pbxtest.Eventually(t, 10*time.Second, func() error {
			_, err := w.Manager().Do(ctx, ami.Action{Name: "QueuePause", Fields: []ami.Field{{Key: "Interface", Value: queue.Interface("207")}, {Key: "Paused", Value: "true"}}})
			return err
		})
		lamp, err := a["204"].Mailbox(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer lamp.Close()
		message := call("206", "*99204")
		message.Speak(440)
		pbxtest.Eventually(t, 20*time.Second, func() error { // the greeting is cut short
			if err := message.Press(ctx, "#"); err != nil {
				return err
			}
			begun, err := filepath.Glob(filepath.Join(w.Data(), "asterisk-state/spool", voicemail.Spool, "204/tmp/*"))
			if err == nil && len(begun) == 0 {
				err = errors.New("no message is recorded")
			}
			return err
		})
		time.Sleep(3 * time.Second) // the length of the message
		if err := message.Hangup(ctx); err != nil {
			t.Fatal(err)
		}
		if err := lamp.WaitMessages(ctx, 1); err != nil {
			t.Fatal(err)
		}
		waits, parked, talks1, talks2, chooses := call("201", "600"), call("203", "700"), call("204", "610"), call("205", "610"), call("206", "620")
		shown("queue show help", "1. PJSIP/")
		shown("parking show default", "Space")
		hears := func(t *testing.T, c *phonesim.Call, hz, other float64) {
			t.Helper()
			pbxtest.Eventually(t, 15*time.Second, func() error { // a voice says first how many they are
				e, err := c.Hear(ctx, 400*time.Millisecond, hz, other)
				if err == nil && !e.Clear() {
					err = errors.New(e.String())
				}
				return err
			})
		}

		p := w.Plan()
		use(&p, true)
		pbxtest.Person(&p, "p204", "Un autre nom", func(x *pbx.Person) { x.Email = "204@example.org" }, "204")
		r := w.Apply(p)
		t.Logf("reloaded: %v", r.Reloaded)

		for who, c := range map[string]*phonesim.Call{"in the queue": waits, "parked": parked, "in the room": talks1, "in the menu": chooses} {
			if !c.Up() {
				t.Errorf("who is %s is lost", who)
			}
		}
		talks1.Speak(440)
		talks2.Speak(660)
		hears(t, talks1, 660, 440)
		hears(t, talks2, 440, 660)
		if new, _ := lamp.Messages(); new != 1 {
			t.Errorf("%d messages are shown, want 1", new)
		}
		shown("voicemail show users", "Un autre nom")
		shown("queue show help", "rrmemory", "paused", "1. PJSIP/")
		rung := make(chan *phonesim.Incoming, 1)
		go func() {
			in, err := w.Agent("202").Ring(ctx) // the member comes only now
			if err != nil {
				t.Errorf("the queue does not ring its member: %v", err)
			}
			rung <- in
		}()
		in := <-rung
		if in == nil {
			return
		}
		served, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		served.Speak(660)
		waits.Speak(440)
		hears(t, waits, 660, 440)
		if err := waits.Hangup(ctx); err != nil {
			t.Error(err)
		}
		taken := call("201", "701")
		taken.Speak(660)
		parked.Speak(440)
		hears(t, taken, 440, 660)
		if err := chooses.Hangup(ctx); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a queue is taken away while somebody waits in it: they hear that nobody can come", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		w.Agent("202")
		waits, err := a["201"].Call(ctx, "601")
		if err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error {
			if !strings.Contains(w.CLI("queue show short"), "1. PJSIP/") {
				return errors.New("nobody waits")
			}
			return nil
		})
		p := w.Plan()
		p.Objects = slices.DeleteFunc(p.Objects, func(o pbx.Object) bool { return o.Kind == queue.Kind && o.ID == "short" })
		w.Apply(p)
		select {
		case <-waits.Done():
		case <-time.After(40 * time.Second):
			t.Errorf("the caller still waits: %s", w.CLI("core show channels"))
		}
	})
}
