//go:build lab

package conference_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/conference"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// The PINs of the rooms that ask.
const (
	member = "4711"
	leader = "0815"
)

// enter calls a room and dials the PIN, if one is given.
func enter(t *testing.T, w *pbxtest.World, number, room, pin string) *phonesim.Call {
	t.Helper()
	c, err := w.Agent(number).Call(w.Context(), room)
	if err != nil {
		t.Fatalf("%s calls %s: %v", number, room, err)
	}
	if pin != "" {
		c.Quiet()
		if err := c.Press(w.Context(), ",,"+pin+"#"); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// hears waits until a tone is heard, clearly above the other one.
func hears(t *testing.T, w *pbxtest.World, c *phonesim.Call, wanted, other float64) {
	t.Helper()
	pbxtest.Eventually(t, 12*time.Second, func() error {
		e, err := c.Hear(w.Context(), 400*time.Millisecond, wanted, other)
		if err == nil && (e.Level < -30 || e.Level-e.Other < 15) {
			err = fmt.Errorf("%s", e)
		}
		return err
	})
}

// deaf checks that a tone is not heard for a second; a song may have some of it.
func deaf(t *testing.T, w *pbxtest.World, c *phonesim.Call, tone float64) {
	t.Helper()
	if e, err := c.Hear(w.Context(), time.Second, tone, 0); err != nil || e.Level > -28 {
		t.Errorf("%s, %v", e, err)
	}
}

// ended waits for the end of a call by the exchange.
func ended(t *testing.T, c *phonesim.Call, within time.Duration) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(within):
		t.Fatalf("the call lasts after %s", within)
	}
}

// people waits until so many are in a room.
func people(t *testing.T, w *pbxtest.World, room string, n int) []ami.Event {
	t.Helper()
	var list []ami.Event
	pbxtest.Eventually(t, 15*time.Second, func() error {
		r, err := w.Manager().Do(w.Context(), ami.Action{Name: "ConfbridgeList", Fields: []ami.Field{{Key: "Conference", Value: room}}})
		if err != nil && n > 0 {
			return err
		}
		if list = r.Items; len(list) != n {
			return fmt.Errorf("%d people, not %d", len(list), n)
		}
		return nil
	})
	return list
}

func leave(t *testing.T, w *pbxtest.World, calls ...*phonesim.Call) {
	t.Helper()
	for _, c := range calls {
		if err := c.Hangup(context.WithoutCancel(w.Context())); err != nil {
			t.Error(err)
		}
	}
}

func TestRooms(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204")
	put := func(id, number string, c conference.Conference) {
		if c.Announce == "" {
			c.Announce = conference.AnnounceNone
		}
		if c.Max == 0 {
			c.Max = 10
		}
		if c.Video == "" {
			c.Video = conference.VideoNone
		}
		pbxtest.Put(&plan, conference.Kind, id, number, "Salle "+number, c)
	}
	put("open", "600", conference.Conference{})
	put("board", "601", conference.Conference{PIN: member, LeaderPIN: leader, Wait: true, End: true})
	put("small", "602", conference.Conference{Max: 2, Record: true})
	put("quiet", "603", conference.Conference{Muted: true, Announce: conference.AnnounceNames, LeaderPIN: leader})
	put("counted", "604", conference.Conference{PIN: member, LeaderPIN: leader, Announce: conference.AnnounceCount, Language: "en", Video: conference.VideoSFU})
	put("guessed", "605", conference.Conference{PIN: member})
	pbxtest.Trunk(&plan, "201")
	pbxtest.Put(&plan, pbx.KindInbound, "line", "", "Entrée", map[string]any{"trunk": "line", "to": pbx.Destination{Kind: conference.Kind, ID: "guessed"}})
	w := pbxtest.Open(t, plan)
	for _, n := range []string{"201", "202", "203", "204"} {
		w.Agent(n)
	}

	pbxtest.Scenario(t, "who is alone in a room hears music, and three people hear each other", func(t *testing.T) {
		a := enter(t, w, "201", "600", "")
		pbxtest.Eventually(t, 10*time.Second, func() error { return loud(w, a) })
		b, c := enter(t, w, "202", "600", ""), enter(t, w, "203", "600", "")
		a.Speak(440)
		b.Speak(700)
		c.Speak(1100)
		for _, x := range []struct {
			call             *phonesim.Call
			own, one, second float64
		}{{a, 440, 700, 1100}, {b, 700, 440, 1100}, {c, 1100, 440, 700}} {
			hears(t, w, x.call, x.one, x.own)
			hears(t, w, x.call, x.second, x.own)
		}
		leave(t, w, a, b, c)
	})

	pbxtest.Scenario(t, "three wrong PINs end the call, and a member's PIN opens the room", func(t *testing.T) {
		c := enter(t, w, "201", "601", "")
		for range 3 {
			if err := c.Press(w.Context(), ",,,1111#"); err != nil {
				t.Fatal(err)
			}
		}
		ended(t, c, 20*time.Second)
		people(t, w, "board", 0)
		c = enter(t, w, "201", "601", member)
		people(t, w, "board", 1)
		leave(t, w, c)
	})

	pbxtest.Scenario(t, "who guesses PINs from outside is shut out for a while, and the house comes in", func(t *testing.T) {
		if left := 1000 - time.Now().Unix()%1000; left < 40 { // then the count begins anew
			time.Sleep(time.Duration(left) * time.Second)
		}
		world := w.Outside("677123456")
		try := func(pin string) *phonesim.Call {
			t.Helper()
			c, err := world.Call(w.Context(), "222334455")
			if err != nil {
				t.Fatal(err)
			}
			c.Quiet()
			go func() {
				for range 3 {
					c.Press(w.Context(), ",,,"+pin+"#")
				}
			}()
			return c
		}
		in := try(member)
		people(t, w, "guessed", 1)
		leave(t, w, in)
		people(t, w, "guessed", 0)
		var calls []*phonesim.Call
		for range 4 { // two PINs, and gone before the third
			c, err := world.Call(w.Context(), "222334455")
			if err != nil {
				t.Fatal(err)
			}
			calls = append(calls, c)
			go func() {
				for range 2 {
					c.Press(w.Context(), ",,,1111#")
				}
			}()
		}
		pbxtest.Eventually(t, 30*time.Second, func() error {
			if got := w.CLI("dialplan show globals"); !strings.Contains(got, "AC_WRONG_guessed=8") {
				return fmt.Errorf("eight wrong PINs are not counted: %s", got)
			}
			return nil
		})
		leave(t, w, calls...)
		calls = nil
		for range 3 {
			calls = append(calls, try("1111"))
		}
		for _, c := range calls {
			ended(t, c, 30*time.Second)
		}
		ended(t, try(member), 20*time.Second)
		a := enter(t, w, "201", "605", member)
		people(t, w, "guessed", 1)
		leave(t, w, a)
	})

	pbxtest.Scenario(t, "members hear music until the leader is there, and the room ends when the leader leaves", func(t *testing.T) {
		a, b := enter(t, w, "201", "601", member), enter(t, w, "202", "601", member)
		people(t, w, "board", 2)
		a.Speak(2900)
		pbxtest.Eventually(t, 15*time.Second, func() error { return loud(w, b) })
		deaf(t, w, b, 2900)
		l := enter(t, w, "203", "601", leader)
		hears(t, w, l, 2900, 1100)
		hears(t, w, b, 2900, 1100)
		leave(t, w, l)
		ended(t, a, 20*time.Second)
		ended(t, b, 20*time.Second)
	})

	pbxtest.Scenario(t, "the leader locks the room by a key, and throws the last one out by another", func(t *testing.T) {
		l := enter(t, w, "203", "604", leader)
		a := enter(t, w, "201", "604", member)
		people(t, w, "counted", 2)
		a.Speak(440)
		hears(t, w, l, 440, 1100) // what is said at the door is over
		if err := l.Press(w.Context(), "2"); err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error {
			if r := rooms(t, w)["counted"]; r.Get("Locked") != "Yes" {
				return fmt.Errorf("not locked: %v", r)
			}
			return nil
		})
		ended(t, enter(t, w, "202", "604", member), 25*time.Second)
		people(t, w, "counted", 2)
		if err := l.Press(w.Context(), ",,,,3"); err != nil {
			t.Fatal(err)
		}
		ended(t, a, 25*time.Second)
		leave(t, w, l)
	})

	pbxtest.Scenario(t, "somebody is thrown out, muted and unmuted from outside the room", func(t *testing.T) {
		a, b := enter(t, w, "201", "600", ""), enter(t, w, "202", "600", "")
		a.Speak(440)
		b.Speak(700)
		hears(t, w, b, 440, 700)
		var channel string
		for _, e := range people(t, w, "open", 2) {
			if e.Get("CallerIDNum") == "201" {
				channel = e.Get("Channel")
			}
		}
		do := func(action string) {
			t.Helper()
			if _, err := w.Manager().Do(w.Context(), ami.Action{Name: action, Fields: []ami.Field{{Key: "Conference", Value: "open"}, {Key: "Channel", Value: channel}}}); err != nil {
				t.Fatal(err)
			}
		}
		do("ConfbridgeMute")
		pbxtest.Eventually(t, 5*time.Second, func() error {
			e, err := b.Hear(w.Context(), 400*time.Millisecond, 440, 700)
			if err == nil && e.Level > -40 {
				err = fmt.Errorf("%s", e)
			}
			return err
		})
		do("ConfbridgeUnmute")
		hears(t, w, b, 440, 700)
		do("ConfbridgeKick")
		ended(t, a, 20*time.Second)
		leave(t, w, b)
	})

	pbxtest.Scenario(t, "a full room refuses, and what is said in a recorded room lies on the card", func(t *testing.T) {
		a, b := enter(t, w, "201", "602", ""), enter(t, w, "202", "602", "")
		people(t, w, "small", 2)
		a.Speak(440)
		hears(t, w, b, 440, 1100)
		c := enter(t, w, "203", "602", "")
		ended(t, c, 25*time.Second)
		people(t, w, "small", 2)
		leave(t, w, a, b)
		pbxtest.Eventually(t, 10*time.Second, func() error {
			files, _ := filepath.Glob(filepath.Join(w.Data(), "recordings", "*", "*", "*", "*.wav"))
			if len(files) != 1 {
				return fmt.Errorf("recordings: %v", files)
			}
			if s, err := os.Stat(files[0]); err != nil || s.Size() < 8000 {
				return fmt.Errorf("%s: %v %v", files[0], s, err)
			}
			return nil
		})
	})

	pbxtest.Scenario(t, "a newcomer's name is said to the others, who do not hear a muted member until he presses 1", func(t *testing.T) {
		named := func(c *phonesim.Call, n int) { // # ends the name
			t.Helper()
			pbxtest.Eventually(t, 30*time.Second, func() error {
				if err := c.Press(w.Context(), "#,"); err != nil {
					return err
				}
				if is := rooms(t, w)["quiet"].Get("Parties"); is != fmt.Sprint(n) {
					return fmt.Errorf("%s people, not %d", is, n)
				}
				return nil
			})
		}
		a := enter(t, w, "201", "603", leader)
		named(a, 1)
		b := enter(t, w, "202", "603", "")
		b.Speak(700)
		if err := b.Press(w.Context(), ",,,#,,,,,,,,,,,,,,"); err != nil { // a member has none
			t.Fatal(err)
		}
		named(b, 2)
		hears(t, w, a, 700, 1100) // the name
		a.Speak(440)
		hears(t, w, b, 440, 700) // he is in
		pbxtest.Eventually(t, 15*time.Second, func() error {
			e, err := a.Hear(w.Context(), time.Second, 700, 1100)
			if err == nil && e.Level > -40 {
				err = fmt.Errorf("the muted one is heard: %s", e)
			}
			return err
		})
		if err := b.Press(w.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		hears(t, w, a, 700, 1100)
		leave(t, w, a, b)
	})

	pbxtest.Scenario(t, "a phone that speaks with two others at once is in both calls", func(t *testing.T) {
		answer := func(n string, hz float64) (*phonesim.Call, *phonesim.Call) {
			o, err := w.Agent("201").Dial(w.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			in, err := w.Agent(n).Ring(w.Context())
			if err != nil {
				t.Fatal(err)
			}
			far, err := in.Answer(w.Context())
			if err != nil {
				t.Fatal(err)
			}
			near, err := o.Wait(w.Context())
			if err != nil {
				t.Fatal(err)
			}
			far.Speak(hz)
			near.Speak(440)
			return near, far
		}
		one, b := answer("202", 700)
		two, c := answer("203", 1100)
		hears(t, w, one, 700, 440)
		hears(t, w, two, 1100, 440)
		hears(t, w, b, 440, 700)
		hears(t, w, c, 440, 1100)
		leave(t, w, one, two, b, c)
	})
}

// loud reports music or a voice.
func loud(w *pbxtest.World, c *phonesim.Call) error {
	dB, err := c.Loudness(w.Context(), 400*time.Millisecond)
	if err == nil && dB < -50 {
		err = fmt.Errorf("%.1f dB: nothing is heard", dB)
	}
	return err
}

// rooms are the conferences of now, by name.
func rooms(t *testing.T, w *pbxtest.World) map[string]ami.Event {
	t.Helper()
	out := map[string]ami.Event{}
	r, err := w.Manager().Do(w.Context(), ami.Action{Name: "ConfbridgeListRooms"})
	if err != nil {
		return out
	}
	for _, e := range r.Items {
		out[e.Get("Conference")] = e
	}
	return out
}
