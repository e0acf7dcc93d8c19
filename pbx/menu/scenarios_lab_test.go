//go:build lab

package menu_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/announcement"
	"autocom/pbx/menu"
	"autocom/pbx/pbxtest"
	"autocom/pbx/prompt"
	"autocom/pbx/sound"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// to is the destination of a number.
func to(n string) pbx.Destination { return pbx.Destination{Kind: pbx.ToNumber, ID: n} }

// hear waits until a tone is heard alone: prompts and beeps may come before it.
func hear(t *testing.T, c *phonesim.Call, hz float64) {
	t.Helper()
	pbxtest.Eventually(t, 15*time.Second, func() error {
		e, err := c.Hear(t.Context(), 400*time.Millisecond, hz, 1000)
		if err == nil && !e.Clear() {
			err = errors.New(e.String())
		}
		return err
	})
}

// rings waits until a phone rings, answers, and checks that both sides hear each other.
func rings(t *testing.T, a *phonesim.Call, at *phonesim.Agent) *phonesim.Call {
	t.Helper()
	ctx := within(t, 20*time.Second)
	in, err := at.Ring(ctx)
	if err != nil {
		t.Fatalf("%s does not ring: %v", at.Number(), err)
	}
	b, err := in.Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a.Speak(440)
	b.Speak(660)
	hear(t, b, 440)
	hear(t, a, 660)
	if err := a.Hangup(ctx); err != nil {
		t.Error(err)
	}
	return b
}

// greeting writes a prompt that is a tone, as an upload does.
func greeting(t *testing.T, w *pbxtest.World, id, language string, hz float64, d time.Duration) {
	t.Helper()
	pcm := make([]int16, int(d.Seconds()*sound.Rate))
	for i := range pcm {
		pcm[i] = int16(8192 * math.Sin(2*math.Pi*hz*float64(i)/sound.Rate))
	}
	path := filepath.Join(w.Data(), "prompts", prompt.Uploaded(id, language))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, sound.WAV(pcm), 0o644); err != nil {
		t.Fatal(err)
	}
}

func office() pbx.Plan {
	plan := pbxtest.Plan("201", "202", "203", "209")
	pbxtest.Person(&plan, "alice", "Alice Martin", nil, "201")
	pbxtest.Person(&plan, "john", "John Smith", func(p *pbx.Person) { p.Language = "en" }, "203")
	pbxtest.Put(&plan, prompt.Kind, "welcome", "901", "Accueil", prompt.Prompt{Text: "Bienvenue."})
	pbxtest.Put(&plan, prompt.Kind, "empty", "", "Pas encore", prompt.Prompt{})
	pbxtest.Put(&plan, menu.Kind, "main", "600", "Accueil", menu.Menu{
		Prompt: "welcome", Direct: true, Digits: 2, Wait: 2, Tries: 2,
		Keys: map[string]pbx.Destination{
			"1": to("201"), "2": {Kind: menu.Kind, ID: "service"}, "#": to("202"), "0": to("209"),
		},
		Silent: to("209"), Invalid: to("209"),
	})
	pbxtest.Put(&plan, menu.Kind, "service", "601", "Service", menu.Menu{
		Prompt: "empty", Digits: 1, Wait: 2, Tries: 2,
		Keys: map[string]pbx.Destination{"1": to("202"), "*": {Kind: menu.Kind, ID: "main"}},
	})
	round := pbx.Destination{Kind: announcement.Kind, ID: "round"}
	pbxtest.Put(&plan, announcement.Kind, "round", "602", "En rond", announcement.Announcement{Prompt: "empty", Then: round})
	return plan
}

func TestMenus(t *testing.T) {
	w := pbxtest.Open(t, office())
	greeting(t, w, "welcome", "fr", 700, 1500*time.Millisecond)
	greeting(t, w, "welcome", "en", 900, 1500*time.Millisecond)
	enter := func(t *testing.T, from *phonesim.Agent, number string) *phonesim.Call {
		t.Helper()
		c, err := from.Call(within(t, 20*time.Second), number)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	press := func(t *testing.T, c *phonesim.Call, digits string) {
		t.Helper()
		if err := c.Press(within(t, 20*time.Second), digits); err != nil {
			t.Fatal(err)
		}
	}

	pbxtest.Scenario(t, "a caller presses a key during the greeting and reaches who it is for", func(t *testing.T) {
		one, two := w.Agent("202"), w.Agent("201")
		c := enter(t, one, "600")
		hear(t, c, 700)
		press(t, c, "1")
		rings(t, c, two)
	})

	pbxtest.Scenario(t, "keys are understood in both ways in which phones send them", func(t *testing.T) {
		one, two := w.AgentWith("202", phonesim.AgentOptions{DTMF: "info"}), w.Agent("201")
		c := enter(t, one, "600")
		hear(t, c, 700)
		press(t, c, "1")
		rings(t, c, two)
	})

	pbxtest.Scenario(t, "a caller who speaks English hears the English greeting", func(t *testing.T) {
		c := enter(t, w.Agent("203"), "600")
		hear(t, c, 900)
	})

	pbxtest.Scenario(t, "a menu leads to a menu, and that one back", func(t *testing.T) {
		one, two := w.Agent("201"), w.Agent("202")
		c := enter(t, one, "600")
		hear(t, c, 700)
		press(t, c, "2,,,,,,*") // 2 may begin an extension: the second menu has no greeting yet: a beep
		hear(t, c, 700)
		press(t, c, "2,,,,,,1")
		rings(t, c, two)
	})

	pbxtest.Scenario(t, "a caller dials an extension in the menu", func(t *testing.T) {
		one, two := w.Agent("201"), w.Agent("203")
		c := enter(t, one, "600")
		hear(t, c, 700)
		press(t, c, "203")
		rings(t, c, two)
	})

	pbxtest.Scenario(t, "a caller who presses slowly after the greeting still reaches an extension", func(t *testing.T) {
		one, two := w.Agent("201"), w.Agent("203")
		c := enter(t, one, "600")
		hear(t, c, 700)
		press(t, c, "2,,0,,3")
		rings(t, c, two)
	})

	pbxtest.Scenario(t, "a caller who presses nothing is sent to the operator", func(t *testing.T) {
		one, operator := w.Agent("201"), w.Agent("209")
		rings(t, enter(t, one, "600"), operator)
	})

	pbxtest.Scenario(t, "a wrong key is said to be wrong, and after some the operator comes", func(t *testing.T) {
		one, operator := w.Agent("201"), w.Agent("209")
		c := enter(t, one, "600")
		hear(t, c, 700)
		press(t, c, "9")
		hear(t, c, 700) // the greeting again
		press(t, c, "299")
		rings(t, c, operator)
	})

	pbxtest.Scenario(t, "a menu without a recorded greeting beeps and takes keys", func(t *testing.T) {
		one, two := w.Agent("201"), w.Agent("202")
		c := enter(t, one, "601")
		press(t, c, ",,,1")
		rings(t, c, two)
	})

	pbxtest.Scenario(t, "a caller who presses nothing in a menu without an operator is told goodbye", func(t *testing.T) {
		c := enter(t, w.Agent("201"), "601")
		select {
		case <-c.Done():
		case <-within(t, 30*time.Second).Done():
			t.Error("the call goes on for ever")
		}
	})

	pbxtest.Scenario(t, "menus that lead to each other for ever end the call", func(t *testing.T) {
		c := enter(t, w.Agent("201"), "602")
		select {
		case <-c.Done():
		case <-within(t, 30*time.Second).Done():
			t.Error("the call goes on for ever")
		}
	})
}
