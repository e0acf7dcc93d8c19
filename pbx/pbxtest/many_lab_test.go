//go:build lab

package pbxtest_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// pairs talk while a phone is added.
const pairs = 50

// gapBound is the longest pause that the exchange may put between two packets.
const gapBound = 60 * time.Millisecond

func TestManyCalls(t *testing.T) {
	var numbers []string
	for n := range 500 {
		numbers = append(numbers, strconv.Itoa(2001+n))
	}
	w := pbxtest.Open(t, pbxtest.Plan(numbers...))
	t.Logf("with 500 lines and nobody on the phone Asterisk holds %s", memory(t, w.PID()))
	w.Expect("Taskprocessor 'stasis/m:devicestate:all") // 500 lines announce their state at once

	pbxtest.Scenario(t, "a phone is added beside 500 while 50 calls run: it is usable within three seconds, and nobody hears it", func(t *testing.T) {
		ctx := within(t, 120*time.Second)
		var talking []*phonesim.Call
		for i := range pairs {
			one, two := w.Agent(numbers[2*i]), w.Agent(numbers[2*i+1])
			a, b := connect(ctx, t, one, two, numbers[2*i+1])
			a.Speak(440)
			b.Speak(660)
			talking = append(talking, a, b)
		}
		time.Sleep(time.Second) // what the start of a call costs is no gap of a running one
		// Other processes of a busy machine pause the exchange too: what a reload does, it
		// does each time.
		var gap time.Duration
		for _, number := range []string{"3777", "3778", "3779"} {
			if gap = added(t, w, talking, number); gap <= gapBound {
				break
			}
		}
		if gap > gapBound {
			t.Errorf("the exchange paused for %s at each change", gap)
		}
		for i, call := range talking {
			if !call.Up() {
				t.Errorf("call %d was dropped", i/2)
			}
		}
		for i := range 3 {
			pbxtest.Hears(t, talking[2*i], 660, 440)
			pbxtest.Hears(t, talking[2*i+1], 440, 660)
		}
	})
}

// added puts a phone into the plan, and gives the longest pause that running calls had of it.
func added(t *testing.T, w *pbxtest.World, talking []*phonesim.Call, number string) time.Duration {
	t.Helper()
	ctx := within(t, 30*time.Second)
	pauses(talking)
	p := w.Plan()
	fresh := pbxtest.Plan(number).Endpoints[0]
	p.Endpoints = append(p.Endpoints, fresh)
	began := time.Now()
	done := w.Apply(p)
	applied := time.Since(began)
	phone := w.AgentOf(pbxtest.Account(fresh), w.Free(), phonesim.AgentOptions{})
	if err := phone.Register(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Call(ctx, "*43"); err != nil {
		t.Fatal(err)
	}
	usable := time.Since(began)
	t.Logf("checked, rendered, reloaded and read back after %s, registered and in a call after %s; reloaded %v; Asterisk holds %s",
		applied, usable, done.Reloaded, memory(t, w.PID()))
	if usable > 3*time.Second {
		t.Errorf("usable after %s, more than 3 s", usable)
	}
	if slices.ContainsFunc(done.Reloaded, func(m string) bool {
		return !slices.Contains([]string{"res_pjsip.so", "app_voicemail.so", "pbx_config.so"}, m)
	}) {
		t.Errorf("modules were reloaded that are not concerned: %v", done.Reloaded)
	}
	came, went := pauses(talking)
	gap := max(0, came-max(went-20*time.Millisecond, 0))
	t.Logf("longest pause: %s between packets that came, %s between those that the phones sent: the exchange added %s", came, went, gap)
	return gap
}

// pauses are the longest of all calls since the last time: of what came and of what the
// phones themselves sent.
func pauses(calls []*phonesim.Call) (came, went time.Duration) {
	for _, c := range calls {
		a, b := c.Pauses()
		came, went = max(came, a), max(went, b)
	}
	return came, went
}
