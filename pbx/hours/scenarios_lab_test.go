//go:build lab

package hours_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/group"
	"autocom/pbx/hours"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// rings checks that a number dialled rings at one phone, and hangs up.
func rings(t *testing.T, from, at *phonesim.Agent, number string) {
	t.Helper()
	ctx := within(t, 20*time.Second)
	calling, err := from.Dial(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	in, err := at.Ring(ctx)
	if err != nil {
		t.Fatalf("%s does not ring for %s: %v", at.Number(), number, err)
	}
	calling.Cancel(ctx)
	select {
	case <-in.Gone():
	case <-ctx.Done():
		t.Error("it rings on")
	}
}

// dial calls a code and waits for its end.
func dial(t *testing.T, from *phonesim.Agent, code string) {
	t.Helper()
	ctx := within(t, 20*time.Second)
	c, err := from.Call(ctx, code)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Done():
	case <-ctx.Done():
		t.Errorf("%s does not end", code)
	}
}

var zones = []string{"Africa/Douala", "Pacific/Auckland", "America/St_Johns"}

// around is a range of minutes about now, every day.
func around(now time.Time, from, to time.Duration) hours.Range {
	return hours.Range{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"},
		From: now.Add(from).Format("15:04"), To: now.Add(to).Format("15:04")}
}

func TestOpeningHours(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204")
	here, err := time.LoadLocation(plan.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(here)
	put := func(id, number string, h hours.Hours) {
		h.Open = pbx.Destination{Kind: pbx.ToNumber, ID: "202"}
		h.Closed = pbx.Destination{Kind: pbx.ToNumber, ID: "203"}
		h.Holiday = pbx.Destination{Kind: pbx.ToNumber, ID: "204"}
		pbxtest.Put(&plan, hours.Kind, id, number, id, h)
	}
	all := hours.Range{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, From: "00:00", To: "24:00"}
	put("open", "600", hours.Hours{Week: []hours.Range{around(now, -2*time.Hour, 2*time.Hour)}})
	put("closed", "601", hours.Hours{Week: []hours.Range{around(now, 2*time.Hour, -2*time.Hour)}})
	put("dated", "602", hours.Hours{Week: []hours.Range{all}, Holidays: []hours.Holiday{
		{From: now.AddDate(0, 0, -1).Format("2006-01-02"), To: now.AddDate(0, 0, 1).Format("2006-01-02")}}})
	put("yearly", "603", hours.Hours{Week: []hours.Range{all}, Holidays: []hours.Holiday{
		{From: now.AddDate(0, 0, -1).Format("01-02"), To: now.AddDate(0, 0, 1).Format("01-02")}}})
	put("past", "604", hours.Hours{Week: []hours.Range{all}, Holidays: []hours.Holiday{
		{From: now.AddDate(-1, 0, -1).Format("2006-01-02"), To: now.AddDate(-1, 0, 1).Format("2006-01-02")}, {From: now.AddDate(0, 0, 9).Format("01-02")}}})
	put("guarded", "605", hours.Hours{Week: []hours.Range{all}, Switch: "9", Phones: []string{"201"}})
	// Two that send calls to each other for ever.
	pbxtest.Put(&plan, hours.Kind, "left", "606", "left", hours.Hours{
		Open: pbx.Destination{Kind: hours.Kind, ID: "right"}, Closed: pbx.Destination{Kind: hours.Kind, ID: "right"}})
	pbxtest.Put(&plan, hours.Kind, "right", "", "right", hours.Hours{
		Open: pbx.Destination{Kind: hours.Kind, ID: "left"}, Closed: pbx.Destination{Kind: hours.Kind, ID: "left"}})
	pbxtest.Put(&plan, group.Kind, "desk", "607", "desk", group.Group{Members: []string{"202"}, Strategy: group.All, Ring: 20})
	w := pbxtest.Open(t, plan)
	caller, open, closed, holiday := w.Agent("201"), w.Agent("202"), w.Agent("203"), w.Agent("204")

	pbxtest.Scenario(t, "in opening hours a call reaches the desk", func(t *testing.T) {
		rings(t, caller, open, "600")
	})
	pbxtest.Scenario(t, "outside opening hours a call goes where it is told", func(t *testing.T) {
		rings(t, caller, closed, "601")
	})
	pbxtest.Scenario(t, "on a holiday of this year a call goes where holidays go", func(t *testing.T) {
		rings(t, caller, holiday, "602")
	})
	pbxtest.Scenario(t, "on a holiday of every year a call goes where holidays go", func(t *testing.T) {
		rings(t, caller, holiday, "603")
	})
	pbxtest.Scenario(t, "a holiday of last year or of next week changes nothing today", func(t *testing.T) {
		rings(t, caller, open, "604")
	})

	pbxtest.Scenario(t, "the day and night code closes, opens and gives back to the clock, and its lamp tells", func(t *testing.T) {
		lamp, err := closed.Watch(within(t, 20*time.Second), "*28600")
		if err != nil {
			t.Fatal(err)
		}
		defer lamp.Close()
		for _, c := range []struct {
			state string
			at    *phonesim.Agent
		}{{"confirmed", closed}, {"early", open}, {"terminated", open}} {
			dial(t, open, "*28600")
			if err := lamp.Wait(within(t, 10*time.Second), c.state); err != nil {
				t.Errorf("the lamp is %s, want %s: %v", lamp.State(), c.state, err)
			}
			rings(t, caller, c.at, "600")
		}
	})

	pbxtest.Scenario(t, "the day and night switch can be set to one state, and set again without harm", func(t *testing.T) {
		for _, code := range []string{"*28601*1", "*28601*1"} {
			dial(t, open, code)
			rings(t, caller, open, "601")
		}
		dial(t, open, "*28601*2")
		rings(t, caller, closed, "601")
		dial(t, open, "*28601*0")
		rings(t, caller, closed, "601")
	})

	pbxtest.Scenario(t, "a phone that may not switch day and night is refused", func(t *testing.T) {
		for _, code := range []string{"*289", "*289*1", "*289*2"} {
			if c, err := open.Call(within(t, 20*time.Second), code); err == nil {
				c.Hangup(t.Context())
				t.Errorf("%s is let in", code)
			}
			rings(t, caller, open, "605")
		}
		dial(t, caller, "*289")
		rings(t, caller, closed, "605")
	})

	pbxtest.Scenario(t, "day and night switched from the office's page turns the lamp and the calls", func(t *testing.T) {
		c, ctx := w.Manager(), within(t, 20*time.Second)
		lamp, err := closed.Watch(ctx, "*28600")
		if err != nil {
			t.Fatal(err)
		}
		defer lamp.Close()
		for _, x := range []struct {
			hand, state string
			at          *phonesim.Agent
		}{{"closed", "confirmed", closed}, {"open", "early", open}, {hours.Auto, "terminated", open}} {
			if x.hand == hours.Auto {
				err = c.DBDel(ctx, hours.Family, "open")
			} else {
				err = c.DBPut(ctx, hours.Family, "open", x.hand)
			}
			if err := errors.Join(err, c.SetDeviceState(ctx, hours.Device("open"), hours.Lamp(x.hand)), lamp.Wait(ctx, x.state)); err != nil {
				t.Fatalf("%s: %v", x.hand, err)
			}
			rings(t, caller, x.at, "600")
		}
		if value, ok, err := c.DBGet(ctx, hours.Family, "open"); ok || err != nil {
			t.Errorf("%q, %v", value, err)
		}
		if err := c.DBDel(ctx, hours.Family, "open"); err != nil { // twice is once
			t.Error(err)
		}
		if err := c.DBPut(ctx, hours.Family, "closed", "open"); err != nil {
			t.Fatal(err)
		}
		if value, ok, err := c.DBGet(ctx, hours.Family, "closed"); value != "open" || !ok || err != nil {
			t.Errorf("%q, %t, %v", value, ok, err)
		}
		if err := c.DBDel(ctx, hours.Family, "closed"); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "opening hours that send calls to each other for ever end the call", func(t *testing.T) {
		if c, err := caller.Call(within(t, 10*time.Second), "606"); err == nil {
			c.Hangup(t.Context())
			t.Error("somebody answered")
		}
	})

	pbxtest.Scenario(t, "opening hours that are changed count for the next call, and what was switched by hand stays", func(t *testing.T) {
		dial(t, open, "*28601*1")
		changed := w.Plan()
		changed.Objects = slices.Clone(changed.Objects)
		for _, id := range []string{"600", "601"} {
			pbxtest.Put(&changed, hours.Kind, map[string]string{"600": "open", "601": "closed"}[id], id, id, hours.Hours{
				Open: pbx.Destination{Kind: pbx.ToNumber, ID: "202"}, Closed: pbx.Destination{Kind: pbx.ToNumber, ID: "203"}})
		}
		w.Apply(changed)
		rings(t, caller, closed, "600")
		rings(t, caller, open, "601")
		dial(t, open, "*28601*0")
		rings(t, caller, closed, "601")
	})

	pbxtest.Scenario(t, "the day and night switch stays as it is through a power cut", func(t *testing.T) {
		dial(t, open, "*28600*2")
		time.Sleep(1500 * time.Millisecond) // AstDB writes once a second
		w.Kill()
		w.Restart()
		// The phones are known still: their contacts are in AstDB too.
		lamp, err := open.Watch(within(t, 20*time.Second), "*28600")
		if err != nil {
			t.Fatal(err)
		}
		defer lamp.Close()
		if err := lamp.Wait(within(t, 10*time.Second), "confirmed"); err != nil {
			t.Errorf("the lamp is %s: %v", lamp.State(), err)
		}
		rings(t, caller, closed, "600")
	})

	t.Run("Asterisk's clock says what ours says", func(t *testing.T) {
		askTheClock(t, w)
	})
}

// askTheClock compares At with Asterisk's own reading of the times that are rendered, for
// ranges around now: the clock of the machine stays as it is, the hours move.
func askTheClock(t *testing.T, w *pbxtest.World) {
	n := 0
	for _, zone := range zones {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []int{-1441, -70, -1, 0, 1, 30} {
			for _, length := range []int{1, 2, 60, 1000} {
				var now time.Time
				for { // not at the end of a minute, where the two would ask at different times
					if now = time.Now().In(loc); now.Second() < 57 {
						break
					}
					time.Sleep(100 * time.Millisecond)
				}
				days := []string{strings.ToLower(now.Format("Mon")), strings.ToLower(now.AddDate(0, 0, -1).Format("Mon"))}
				r := hours.Range{Days: days[n%2 : n%2+1], From: now.Add(time.Duration(from) * time.Minute).Format("15:04"),
					To: now.Add(time.Duration(from+length) * time.Minute).Format("15:04")}
				h := hours.Hours{Week: []hours.Range{r}}
				got := hours.Closed
				for _, times := range hours.Times(r) {
					out := w.CLI(fmt.Sprintf("dialplan eval function IFTIME(%s,%s?1:0)", times, zone))
					if strings.Contains(out, "Result: 1") {
						got = hours.Open
					} else if !strings.Contains(out, "Result: 0") {
						t.Fatalf("asterisk says %q", out)
					}
				}
				if want := h.At(now); got != want {
					t.Errorf("%s, %+v: asterisk says %s, we say %s", now, r, got, want)
				}
				n++
			}
		}
	}
	t.Logf("%d ranges", n)
}
