//go:build lab

package queue_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
)

// served lets one call through a queue, and says who answered.
func served(ctx context.Context, t *testing.T, caller *phonesim.Agent, number string, members ...*phonesim.Agent) string {
	t.Helper()
	a := dial(ctx, t, caller, number)
	in, who := ringing(ctx, t, members...)
	b := answer(ctx, t, in)
	a.Speak(440)
	hear(t, b, 440, 660) // before they are connected it does not count as a call
	if err := a.Hangup(ctx); err != nil {
		t.Error(err)
	}
	<-b.Done()
	return who
}

// idle waits until no member of a queue is on the phone as far as the queue knows.
func idle(t *testing.T, w *pbxtest.World, id string) {
	t.Helper()
	pbxtest.Eventually(t, 10*time.Second, func() error {
		out := w.CLI("queue show " + id)
		if strings.Contains(out, "In use") || strings.Contains(out, "Ringing") || strings.Contains(out, "in call") || strings.Contains(out, "Busy") {
			return errorText(out)
		}
		return nil
	})
}

// hungUp is what Asterisk logs when a caller hangs up in the moment of the answer.
const hungUp = "update_connected_line_information: Session already DISCONNECTED"

type errorText string

func (e errorText) Error() string { return string(e) }

func TestWhoIsRung(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204", "205", "206", "207", "208")
	planOrder(&plan)
	members := []fields{{"number": "202"}, {"number": "203"}, {"number": "204"}}
	for number, strategy := range map[string]string{"600": "ringall", "601": "linear", "602": "rrmemory", "603": "leastrecent", "604": "fewestcalls", "605": "random"} {
		pbxtest.Put(&plan, queue.Kind, "by-"+strategy, number, strategy, fields{"members": members, "strategy": strategy, "ring": 15, "retry": 1})
	}
	pbxtest.Put(&plan, queue.Kind, "two", "606", "Deux", fields{
		"members": []fields{{"number": "202"}, {"number": "203", "penalty": 1}}, "strategy": "ringall", "retry": 1, "autopause": "all", "ring": 5})
	w := pbxtest.Open(t, plan)
	w.Expect(hungUp)
	one, two, three, four := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Agent("204")
	told := spokenWait(t, w)
	callsInOrder(t, w)

	pbxtest.Scenario(t, "a queue rings all members at once, and the others stop when one answers", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		a := dial(ctx, t, one, "600")
		in2, _ := ringing(ctx, t, two)
		in3, _ := ringing(ctx, t, three)
		in4, _ := ringing(ctx, t, four)
		b := answer(ctx, t, in3)
		<-in2.Gone()
		<-in4.Gone()
		a.Speak(440)
		hear(t, b, 440, 660)
		if err := b.Hangup(ctx); err != nil {
			t.Error(err)
		}
		select {
		case <-a.Done():
		case <-ctx.Done():
			t.Error("the caller is not told that the member hung up")
		}
	})

	pbxtest.Scenario(t, "a linear queue begins with its first member every time", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		for range 2 {
			idle(t, w, "by-linear")
			if who := served(ctx, t, one, "601", two, three, four); who != "202" {
				t.Errorf("%s rang", who)
			}
		}
	})

	pbxtest.Scenario(t, "by fewest calls, a member is rung who has had no more than the others", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		for range 4 {
			idle(t, w, "by-fewestcalls")
			had := taken(t, w, "by-fewestcalls")
			who := served(ctx, t, one, "604", two, three, four)
			for number, calls := range had {
				if calls < had[who] {
					t.Errorf("%s rang after %d calls, %s has had %d", who, had[who], number, calls)
				}
			}
			counted(t, w, "by-fewestcalls", who, had[who])
		}
	})

	pbxtest.Scenario(t, "in turn and by longest rest every member gets a call before one gets two", func(t *testing.T) {
		ctx := within(t, 90*time.Second)
		for number, strategy := range map[string]string{"602": "rrmemory", "603": "leastrecent"} {
			var got []string
			for range 4 {
				idle(t, w, "by-"+strategy)
				had := taken(t, w, "by-"+strategy)
				who := served(ctx, t, one, number, two, three, four)
				got = append(got, who)
				counted(t, w, "by-"+strategy, who, had[who]) // its rest begins with that
				time.Sleep(1100 * time.Millisecond)          // and is counted in whole seconds
			}
			if three := slices.Compact(slices.Sorted(slices.Values(got[:3]))); len(three) != 3 {
				t.Errorf("%s: %v", strategy, got)
			}
			if got[3] != got[0] {
				t.Errorf("%s: %v: the fourth call is not for who had the first", strategy, got)
			}
		}
		idle(t, w, "by-random")
		served(ctx, t, one, "605", two, three, four)
	})

	pbxtest.Scenario(t, "a member who is on the phone is not rung, one with a penalty only when nobody else is free", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		five := w.Agent("205")
		idle(t, w, "two")
		if who := served(ctx, t, one, "606", two, three); who != "202" {
			t.Errorf("%s rang though 202 was free", who)
		}
		idle(t, w, "two")
		private := dial2(ctx, t, five, "202", two)
		pbxtest.Eventually(t, 10*time.Second, func() error {
			if out := w.CLI("queue show two"); !strings.Contains(out, "In use") {
				return errorText(out)
			}
			return nil
		})
		a := dial(ctx, t, one, "606")
		in, who := ringing(ctx, t, two, three)
		if who != "203" {
			t.Fatalf("%s rang though it is on the phone", who)
		}
		answer(ctx, t, in)
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		if err := private.Hangup(ctx); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a member who does not answer pauses until he dials that he is back", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		idle(t, w, "two")
		a := dial(ctx, t, one, "606")
		in, _ := ringing(ctx, t, two)
		<-in.Gone()
		in3, _ := ringing(ctx, t, three)
		b := answer(ctx, t, in3)
		if out := w.CLI("queue show two"); strings.Count(out, "paused:Auto-Pause") != 1 {
			t.Errorf("%s", out)
		}
		if out := w.CLI("queue show by-linear"); strings.Count(out, "paused:Auto-Pause") != 1 {
			t.Errorf("the other queues: %s", out)
		}
		if out := w.CLI("core show hint " + w.Plan().Code("agent-pause") + "202"); !strings.Contains(out, "InUse") {
			t.Errorf("the lamp of the pause: %s", out)
		}
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		<-b.Done()
		code(ctx, t, two, w.Plan().Code("agent-pause"))
		if out := w.CLI("queue show"); strings.Contains(out, "paused") {
			t.Errorf("still: %s", out)
		}
		idle(t, w, "two")
		if who := served(ctx, t, one, "606", two, three); who != "202" {
			t.Errorf("%s rang", who)
		}
	})

	pbxtest.Scenario(t, "another strategy takes effect at once and keeps who waits", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		p := w.Plan()
		pbxtest.Put(&p, queue.Kind, "by-ringall", "600", "ringall", fields{"members": []fields{{"number": "205"}}, "strategy": "ringall", "leave_empty": "never", "join_empty": "never", "retry": 1})
		w.Apply(p)
		a := dial(ctx, t, one, "600")
		waits(t, w, "by-ringall", 1)
		pbxtest.Put(&p, queue.Kind, "by-ringall", "600", "ringall", fields{"members": members, "strategy": "rrmemory", "retry": 1})
		w.Apply(p)
		in, _ := ringing(ctx, t, two, three, four)
		b := answer(ctx, t, in)
		a.Speak(440)
		hear(t, b, 440, 660)
	})

	told(t)
}

// taken is how many calls each member has had, by number.
func taken(t *testing.T, w *pbxtest.World, id string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^ +(\d+) \(Local.*has taken (no|\d+) calls`).FindAllStringSubmatch(w.CLI("queue show "+id), -1) {
		out[m[1]], _ = strconv.Atoi(m[2])
	}
	if len(out) == 0 {
		t.Fatal(w.CLI("queue show " + id))
	}
	return out
}

// counted waits until a member has taken more calls than it had: Asterisk writes that down
// some time after the hangup.
func counted(t *testing.T, w *pbxtest.World, id, who string, had int) {
	t.Helper()
	pbxtest.Eventually(t, 10*time.Second, func() error {
		if taken(t, w, id)[who] == had {
			return errorText("the call is not counted")
		}
		return nil
	})
}

// dial2 puts a call through to a phone.
func dial2(ctx context.Context, t *testing.T, from *phonesim.Agent, number string, to *phonesim.Agent) *phonesim.Call {
	t.Helper()
	out, err := from.Dial(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := ringing(ctx, t, to)
	answer(ctx, t, in)
	c, err := out.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOverflow(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204", "205", "206")
	agents(&plan, "203")
	to := func(n string) fields { return fields{"kind": "number", "id": n} }
	pbxtest.Put(&plan, queue.Kind, "small", "600", "Petite", fields{
		"members": []fields{{"number": "202"}}, "max_callers": 1, "full": to("204"), "retry": 1, "wrapup": 6, "every": 15})
	pbxtest.Put(&plan, queue.Kind, "nobody", "601", "Personne", fields{"members": []fields{{"number": "206"}}, "empty": to("204"), "prefix": "X"})
	pbxtest.Put(&plan, queue.Kind, "dead-end", "604", "Impasse", fields{"members": []fields{{"number": "206"}}})
	pbxtest.Put(&plan, queue.Kind, "short", "602", "Courte", fields{"members": []fields{{"number": "202"}}, "max_wait": 3, "timeout": to("204"), "retry": 1})
	pbxtest.Put(&plan, queue.Kind, "left", "603", "Quittée", fields{"agents": []fields{{"person": "p203"}}, "empty": to("204"), "retry": 1, "leave_empty": "paused", "join_empty": "paused"})
	w := pbxtest.Open(t, plan)
	w.Expect("Unable to join queue", hungUp) // Asterisk's word for full and empty
	w.CLI("logger add channel /data/played verbose(3)")
	played := func(name string) {
		t.Helper()
		pbxtest.Eventually(t, 30*time.Second, func() error {
			text, err := os.ReadFile(filepath.Join(w.Data(), "played"))
			if err == nil && !strings.Contains(string(text), "Playing '"+name+".") {
				err = errorText(name + " is not heard")
			}
			return err
		})
	}
	one, two, four := w.Agent("201"), w.Agent("202"), w.Agent("204")

	reaches := func(ctx context.Context, t *testing.T) {
		t.Helper()
		in, _ := ringing(ctx, t, four)
		if in.FromName != "Poste 201" {
			t.Errorf("shown is %q", in.FromName)
		}
		b := answer(ctx, t, in)
		if err := b.Hangup(ctx); err != nil {
			t.Error(err)
		}
	}

	pbxtest.Scenario(t, "a queue that is full sends the next caller elsewhere", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		five := w.Agent("205")
		private := dial2(ctx, t, five, "202", two)
		first := dial(ctx, t, w.Agent("203"), "600")
		waits(t, w, "small", 1)
		dial(ctx, t, one, "600")
		reaches(ctx, t)
		if err := first.Hangup(ctx); err != nil {
			t.Error(err)
		}
		if err := private.Hangup(ctx); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a queue whose phones are all away sends its callers elsewhere", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		dial(ctx, t, one, "601")
		reaches(ctx, t)
	})

	pbxtest.Scenario(t, "where a queue leads nowhere else, its callers hear that nobody is there", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		a := dial(ctx, t, one, "604")
		played("vm-nobodyavail")
		<-a.Done()
	})

	pbxtest.Scenario(t, "who has waited for long enough is sent elsewhere", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		dial(ctx, t, one, "602")
		reaches(ctx, t)
	})

	pbxtest.Scenario(t, "when the last agent leaves, who waits is sent elsewhere", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		three, five := w.Agent("203"), w.Agent("205")
		code(ctx, t, three, "*45")
		private := dial2(ctx, t, five, "203", three)
		dial(ctx, t, one, "603")
		waits(t, w, "left", 1)
		code(ctx, t, three, "*45")
		reaches(ctx, t)
		if err := private.Hangup(ctx); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a member has rest after a call", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		served(ctx, t, one, "600", two)
		ended := time.Now()
		dial(ctx, t, one, "600")
		in, _ := ringing(ctx, t, two)
		if rest := time.Since(ended); rest < 4500*time.Millisecond {
			t.Errorf("the next call rang after %s", rest)
		}
		answer(ctx, t, in)
	})

	pbxtest.Scenario(t, "who waits behind others is told the position", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		p := w.Plan()
		pbxtest.Put(&p, queue.Kind, "small", "600", "Petite", fields{"members": []fields{{"number": "206"}}, "join_empty": "never", "leave_empty": "never", "every": 15})
		w.Apply(p)
		dial(ctx, t, one, "600")
		waits(t, w, "small", 1)
		dial(ctx, t, w.Agent("205"), "600")
		waits(t, w, "small", 2)
		played("queue-thereare")
		played("queue-callswaiting")
	})
}
