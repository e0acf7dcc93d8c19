//go:build lab

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/calls"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
	"autocom/portal"
	"autocom/store"

	"github.com/vishvananda/netlink"
)

// Real calls, and an autocomd that is there or not.
func TestHistoryOfRealCalls(t *testing.T) {
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	addr, err := netlink.ParseAddr(pbxtest.Box + "/24") // all of it is on the loopback
	must(t, err)
	must(t, netlink.AddrAdd(lo, addr))
	t.Cleanup(func() { must(t, netlink.AddrDel(lo, addr)) })
	plan := pbxtest.Plan("201", "202")
	no := false
	for _, n := range []string{"201", "202"} {
		pbxtest.Person(&plan, "p"+n, "Poste "+n, func(p *pbx.Person) { p.Voicemail = &no; p.Record = map[string]string{"202": "always"}[n] }, n)
	}
	pbxtest.Put(&plan, queue.Kind, "sav", "650", "SAV", map[string]any{"members": []map[string]any{{"number": "202"}}, "position": false})
	pbxtest.Put(&plan, pbx.KindSettings, "recording", "", "", map[string]any{"announce": false})
	w := pbxtest.Open(t, plan)
	ctx := w.Context()
	manager := w.Manager()
	if err := os.MkdirAll(filepath.Join(w.Data(), "autocom"), 0o755); err != nil {
		t.Fatal(err)
	}
	start := func() (archive, func()) {
		records, err := store.OpenRecords(ctx, filepath.Join(w.Data(), "autocom", store.RecordsName))
		if err != nil {
			t.Fatal(err)
		}
		h := newHistory(records, w.Data(), w.Plan, slog.New(slog.NewTextHandler(io.Discard, nil)))
		h.idle = func(ctx context.Context) bool { n, err := manager.Channels(ctx); return err == nil && n == 0 }
		h.reopen = func(ctx context.Context) error { return manager.Reload(ctx, "logger") }
		return archive{h}, func() { h.calls.close(); h.queues.close(); records.Close() }
	}
	list := func(a archive) []calls.Call {
		t.Helper()
		texts, _, err := a.Calls(ctx, portal.CallQuery{})
		if err != nil {
			t.Fatal(err)
		}
		var out []calls.Call
		for _, s := range texts {
			var c calls.Call
			if err := json.Unmarshal(s, &c); err != nil {
				t.Fatal(err)
			}
			out = append(out, c)
		}
		return out
	}
	waitFor := func(a archive, n int) []calls.Call {
		t.Helper()
		var got []calls.Call
		pbxtest.Eventually(t, 10*time.Second, func() error {
			if got = list(a); len(got) != n {
				return fmt.Errorf("%d calls are kept, want %d: %+v", len(got), n, got)
			}
			return nil
		})
		return got
	}
	talk := func(number string, during func()) {
		t.Helper()
		out, err := w.Agent("201").Dial(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		ring, err := w.Agent("202").Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		to, err := ring.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		from, err := out.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*phonesim.Call{from, to} {
			c.Speak(440)
		}
		pbxtest.Hears(t, to, 440, 660) // who hangs up before a queue has connected them has left it
		during()
		if err := from.Hangup(ctx); err != nil {
			t.Fatal(err)
		}
	}
	w.Agent("201")
	w.Agent("202")

	pbxtest.Scenario(t, "calls of the time when autocomd was stopped are in the records when it is back", func(t *testing.T) {
		talk("202", func() {})
		a, stop := start()
		talk("202", func() { list(a); stop() })
		a, stop = start()
		waitFor(a, 2)
		stop()
		a, stop = start() // what was read is not read again
		defer stop()
		for _, c := range waitFor(a, 2) {
			if c.Result != calls.Answered || c.AnsweredBy.Number != "202" {
				t.Errorf("%+v", c)
			}
		}
	})
	pbxtest.Scenario(t, "a recorded call is heard again from the records, and erased with them", func(t *testing.T) {
		a, stop := start()
		defer stop()
		talk("202", func() { time.Sleep(time.Second) })
		c := waitFor(a, 3)[0]
		f, err := a.Recording(ctx, c.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 12)
		_, err = io.ReadFull(f, head)
		f.Close()
		if err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
			t.Errorf("%q, %v", head, err)
		}
		file, _ := recordingFile(c.Recordings[0])
		if err := a.DropCall(ctx, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(recordingsDir(w.Data()), file)); !os.IsNotExist(err) {
			t.Error("the recording is there")
		}
		waitFor(a, 2)
	})
	pbxtest.Scenario(t, "a recording that is older than the site keeps them is erased, and its call stays in the records", func(t *testing.T) {
		a, stop := start()
		defer stop()
		shelf := newRecordings(w.Data(), func() pbx.Plan { return settings("recording", `{"days":10}`) }, slog.New(slog.DiscardHandler))
		var kept, old calls.Call
		for i, c := range []*calls.Call{&old, &kept} {
			talk("202", func() { time.Sleep(time.Second) })
			*c = waitFor(a, 3+i)[0]
		}
		dated := func(c calls.Call, days int) {
			t.Helper()
			file, _ := recordingFile(c.Recordings[0])
			at := time.Now().AddDate(0, 0, -days)
			must(t, os.Chtimes(filepath.Join(shelf.dir, file), at, at))
		}
		dated(old, 11)
		dated(kept, 9)
		must(t, shelf.tidy(ctx))
		if _, err := a.Recording(ctx, old.ID, 0); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the old recording: %v", err)
		}
		if got := waitFor(a, 4); got[0].ID != kept.ID || got[1].ID != old.ID {
			t.Errorf("the records: %+v", got)
		}
		f, err := a.Recording(ctx, kept.ID, 0)
		must(t, err)
		f.Close()
	})
	pbxtest.Scenario(t, "when recordings take too much of the card the oldest go, when it is nearly full no call is recorded, and later calls are again", func(t *testing.T) {
		w.Expect("a call is not recorded: the card is nearly full")
		a, stop := start()
		defer stop()
		shelf := newRecordings(w.Data(), func() pbx.Plan { return settings("recording", `{"max_mb":1,"min_free_mb":100}`) }, slog.New(slog.DiscardHandler))
		var free int64 = 500 << 20
		shelf.free = func() (int64, error) { return free, nil }
		shelf.tell = func(ctx context.Context, stop bool) error { return stopRecording(ctx, manager, stop) }
		old := waitFor(a, 4)[0]
		file, _ := recordingFile(old.Recordings[0])
		at := time.Now().AddDate(0, 0, -8)
		must(t, os.Truncate(filepath.Join(shelf.dir, file), 2<<20)) // two minutes of sound
		must(t, os.Chtimes(filepath.Join(shelf.dir, file), at, at))
		talk("202", func() { time.Sleep(time.Second) })
		recorded := waitFor(a, 5)[0]
		must(t, shelf.tidy(ctx))
		if _, err := a.Recording(ctx, old.ID, 0); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the oldest recording: %v", err)
		}
		f, err := a.Recording(ctx, recorded.ID, 0)
		must(t, err)
		f.Close()
		for i, mb := range []int64{99, 500} {
			free = mb << 20
			must(t, shelf.tidy(ctx))
			talk("202", func() { time.Sleep(time.Second) })
			if c := waitFor(a, 6+i)[0]; (len(c.Recordings) > 0) != (mb == 500) {
				t.Errorf("with %d MB free: %q", mb, c.Recordings)
			}
		}
	})
	pbxtest.Scenario(t, "logs that have grown are taken away, and no call or queue entry is lost", func(t *testing.T) {
		a, stop := start()
		defer stop()
		kept := len(waitFor(a, 7))
		talk("650", func() {
			list(a)
			for _, f := range []*feed{&a.history.calls, &a.history.queues} {
				if err := f.turn(); err != nil {
					t.Fatal(err)
				}
			}
			a.reopened = false
			list(a)
		})
		talk("650", func() {})
		waitFor(a, kept+2)
		pbxtest.Eventually(t, 20*time.Second, func() error {
			list(a)
			if left, _ := filepath.Glob(filepath.Join(w.Data(), "asterisk-state/log/*.1")); len(left) > 0 {
				return fmt.Errorf("%q are there still", left)
			}
			return nil
		})
		pbxtest.Eventually(t, 20*time.Second, func() error { // Asterisk writes what happens in queues a little later
			list(a)
			lines, err := a.records.QueueLog(ctx, time.Unix(0, 0), time.Now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			count := map[string]int{}
			for _, l := range lines {
				for _, e := range []string{"ENTERQUEUE", "CONNECT", "COMPLETECALLER"} {
					if strings.Contains(l, "|"+e+"|") {
						count[e]++
					}
				}
			}
			if count["ENTERQUEUE"] != 2 || count["CONNECT"] != 2 || count["COMPLETECALLER"] != 2 {
				return fmt.Errorf("%v: %q", count, lines)
			}
			return nil
		})
		r, err := a.Report(ctx, "queues", portal.ReportQuery{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Queue: "sav"})
		if err != nil || len(r.Table) != 2 || r.Table[1][2] != "2" || r.Table[1][3] != "2" {
			t.Errorf("%q, %v", r.Table, err)
		}
	})
	pbxtest.Scenario(t, "who listens hears a call start, ring, be answered and end, in a queue too", func(t *testing.T) {
		live := newLiveCalls(func(channel string) string {
			for _, x := range w.Plan().Endpoints {
				if strings.HasPrefix(channel, "PJSIP/"+x.ID+"-") {
					return x.Number
				}
			}
			return ""
		})
		heard := make(chan portal.CallEvent, 100)
		live.tell = func(e portal.CallEvent) { heard <- e }
		w.Listen(live.event)
		for _, number := range []string{"202", "650"} {
			talk(number, func() {
				pbxtest.Eventually(t, 10*time.Second, func() error {
					if list := live.List(); len(list) != 1 || list[0].State != "answer" || list[0].Number != "202" {
						return fmt.Errorf("%s: live calls: %+v", number, list)
					}
					return nil
				})
				late := newLiveCalls(live.number) // an autocomd that has just started
				if err := late.read(ctx, manager); err != nil {
					t.Fatal(err)
				}
				if list := late.List(); len(list) != 1 || list[0].State != "answer" || list[0].From != "201" || list[0].Number != "202" {
					t.Errorf("%s: live calls of a list: %+v", number, list)
				}
			})
			var said []string
			for len(said) == 0 || !strings.HasPrefix(said[len(said)-1], "end") {
				select {
				case e := <-heard:
					text := e.Event + " " + e.From + " " + e.Dialled + " " + e.Number
					if e.CallEnd != nil {
						text += fmt.Sprint(e.Answered)
					}
					said = append(said, text)
				case <-time.After(20 * time.Second):
					t.Fatalf("%s: heard %q, and no end", number, said)
				}
			}
			want := []string{"start 201 " + number + " ", "ring 201 " + number + " 202", "answer 201 " + number + " 202", "end 201 " + number + " true"}
			if got := strings.Join(said, "; "); got != strings.Join(want, "; ") {
				t.Errorf("%s: heard %s", number, got)
			}
		}
	})
}
