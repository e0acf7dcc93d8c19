//go:build lab

package prompt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
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

// hear waits until a tone is heard alone: beeps and prompts may come before it.
func hear(t *testing.T, c *phonesim.Call, hz float64) {
	t.Helper()
	pbxtest.Eventually(t, 20*time.Second, func() error {
		e, err := c.Hear(t.Context(), 400*time.Millisecond, hz, 1000)
		if err == nil && !e.Clear() {
			err = errors.New(e.String())
		}
		return err
	})
}

// call dials, and hangs up at the end.
func call(t *testing.T, from *phonesim.Agent, number string) *phonesim.Call {
	t.Helper()
	c, err := from.Call(within(t, 20*time.Second), number)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Hangup(context.Background()) })
	return c
}

func press(t *testing.T, c *phonesim.Call, digits string) {
	t.Helper()
	if err := c.Press(within(t, 20*time.Second), digits); err != nil {
		t.Fatal(err)
	}
}

// ended waits for the end of a call.
func ended(t *testing.T, c *phonesim.Call) {
	t.Helper()
	select {
	case <-c.Done():
	case <-within(t, 20*time.Second).Done():
		t.Error("the call does not end")
	}
}

// record speaks hz after the beep, ends with #, and waits until it is played back.
func record(t *testing.T, c *phonesim.Call, hz float64) {
	t.Helper()
	time.Sleep(1200 * time.Millisecond) // the beep
	c.Speak(hz)
	time.Sleep(1500 * time.Millisecond)
	c.Quiet()
	press(t, c, "#")
	hear(t, c, hz)
}

// upload writes a prompt that is a tone as autocomd does, from a WAV of CD quality.
func upload(t *testing.T, w *pbxtest.World, id, language string, hz float64) {
	t.Helper()
	var cd bytes.Buffer
	cd.Write(header44100(3 * 44100))
	for i := range 3 * 44100 {
		v := int16(8192 * math.Sin(2*math.Pi*hz*float64(i)/44100))
		cd.Write([]byte{byte(v), byte(v >> 8)})
	}
	file, err := sound.Convert(&cd, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(w.Data(), "prompts", prompt.Uploaded(id, language))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
}

// header44100 is that of a mono WAV of 16 bits.
func header44100(samples int) []byte {
	le := func(v uint32) string { return string([]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}) }
	return []byte("RIFF" + le(uint32(36+2*samples)) + "WAVEfmt " + le(16) + "\x01\x00\x01\x00" + le(44100) + le(88200) + "\x02\x00\x10\x00data" + le(uint32(2*samples)))
}

func TestPrompts(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204")
	pbxtest.Person(&plan, "boss", "La chef", func(p *pbx.Person) { p.Supervisor = true }, "201")
	pbxtest.Person(&plan, "john", "John", func(p *pbx.Person) { p.Language = "en"; p.Supervisor = true }, "203")
	pbxtest.Put(&plan, prompt.Kind, "welcome", "901", "Accueil", prompt.Prompt{})
	pbxtest.Put(&plan, prompt.Kind, "both", "902", "Deux langues", prompt.Prompt{})
	pbxtest.Put(&plan, prompt.Kind, "none", "903", "Rien", prompt.Prompt{})
	to := func(n string) pbx.Destination { return pbx.Destination{Kind: pbx.ToNumber, ID: n} }
	pbxtest.Put(&plan, menu.Kind, "main", "600", "Accueil", menu.Menu{
		Prompt: "welcome", Digits: 1, Wait: 5, Tries: 3, Keys: map[string]pbx.Destination{"1": to("202")}})
	pbxtest.Put(&plan, announcement.Kind, "both", "601", "", announcement.Announcement{Prompt: "both"})
	pbxtest.Put(&plan, announcement.Kind, "english", "602", "", announcement.Announcement{Prompt: "both", Language: "en"})
	pbxtest.Put(&plan, announcement.Kind, "none", "603", "", announcement.Announcement{Prompt: "none", Then: to("204")})
	pbxtest.Put(&plan, announcement.Kind, "free", "604", "", announcement.Announcement{Prompt: "both", Free: true, Then: to("204")})
	w := pbxtest.Open(t, plan)
	w.Expect("Session already DISCONNECTED") // a caller who gives up while the display is being changed
	boss, other, john := w.Agent("201"), w.Agent("202"), w.Agent("203")
	events := make(chan string, 10)
	w.Listen(func(e ami.Event) {
		if e.Get("UserEvent") == prompt.Event {
			events <- fmt.Sprint(e.Get("Prompt"), " ", e.Get("For"), " ", e.Get("Slot"))
		}
	})
	told := func(t *testing.T, want string) {
		t.Helper()
		select {
		case got := <-events:
			if got != want {
				t.Errorf("autocomd is told %q, want %q", got, want)
			}
		case <-within(t, 10*time.Second).Done():
			t.Errorf("autocomd is not told %q", want)
		}
	}

	pbxtest.Scenario(t, "a prompt recorded from a phone is heard by the next caller of the menu", func(t *testing.T) {
		c := call(t, boss, "*77901")
		record(t, c, 600)
		press(t, c, "1")
		told(t, "welcome fr 1")
		ended(t, c)
		hear(t, call(t, other, "600"), 600)
	})

	pbxtest.Scenario(t, "who records a prompt hears it, records again and keeps the second", func(t *testing.T) {
		c := call(t, boss, "*77901")
		record(t, c, 700)
		press(t, c, "2") // once more
		hear(t, c, 700)
		hear(t, call(t, other, "600"), 600) // callers hear the old one until it is kept
		press(t, c, "3")
		record(t, c, 800)
		press(t, c, "1")
		told(t, "welcome fr 2")
		ended(t, c)
		hear(t, call(t, other, "600"), 800)
	})

	pbxtest.Scenario(t, "who hangs up before keeping a prompt has changed nothing", func(t *testing.T) {
		c := call(t, boss, "*77901")
		record(t, c, 500)
		c.Hangup(t.Context())
		c = call(t, boss, "*77901") // and in the middle of recording
		time.Sleep(1500 * time.Millisecond)
		c.Speak(500)
		time.Sleep(500 * time.Millisecond)
		c.Hangup(t.Context())
		hear(t, call(t, other, "600"), 800)
	})

	pbxtest.Scenario(t, "a phone whose owner is no supervisor records no prompt", func(t *testing.T) {
		for _, code := range []string{"*77901"} {
			if c, err := other.Call(within(t, 20*time.Second), code); err == nil {
				c.Hangup(t.Context())
				t.Errorf("%s is let in", code)
			}
		}
	})

	pbxtest.Scenario(t, "a number that is of no prompt records nothing", func(t *testing.T) {
		var refused *phonesim.Refused
		for _, code := range []string{"*77904", "*77", "*77600"} {
			if _, err := boss.Call(within(t, 20*time.Second), code); !errors.As(err, &refused) || refused.Code != 404 {
				t.Errorf("%s: %v, want 404", code, err)
			}
		}
	})

	pbxtest.Scenario(t, "an uploaded prompt is heard in the language of the caller, of the announcement, or in the one there is", func(t *testing.T) {
		upload(t, w, "both", "fr", 650)
		hear(t, call(t, other, "601"), 650)
		hear(t, call(t, john, "601"), 650) // no English one yet
		upload(t, w, "both", "en", 950)
		hear(t, call(t, other, "601"), 650)
		hear(t, call(t, john, "601"), 950)
		hear(t, call(t, other, "602"), 950)
	})

	pbxtest.Scenario(t, "a prompt recorded by who speaks English is heard by callers who do", func(t *testing.T) {
		c := call(t, john, "*77902")
		record(t, c, 850)
		press(t, c, "1")
		told(t, "both en 1")
		ended(t, c)
		hear(t, call(t, john, "601"), 850)
		hear(t, call(t, other, "601"), 650)
	})

	pbxtest.Scenario(t, "an announcement that nobody has recorded does not hold up the call", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		four := w.Agent("204")
		calling, err := other.Dial(ctx, "603")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := four.Ring(ctx); err != nil {
			t.Error(err)
		}
		calling.Cancel(ctx)
	})

	pbxtest.Scenario(t, "a free announcement is heard before anybody answers", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		four := w.Agent("204")
		calling, err := other.Dial(ctx, "604")
		if err != nil {
			t.Fatal(err)
		}
		early, err := calling.Early(ctx)
		if err != nil {
			t.Fatal(err)
		}
		hear(t, early, 650)
		if _, err := four.Ring(ctx); err != nil {
			t.Error(err)
		}
		calling.Cancel(ctx)
	})

	pbxtest.Scenario(t, "a kept prompt is still heard after a power cut", func(t *testing.T) {
		time.Sleep(1500 * time.Millisecond) // AstDB writes once a second
		w.Kill()
		w.Restart()
		hear(t, call(t, other, "600"), 800)
	})

	pbxtest.Scenario(t, "on a full memory card no prompt is recorded, and callers hear the old one", func(t *testing.T) {
		w.Expect("No space left", "Problem writing frame", "Translated frame write failed", "Unable to set our position", "Unable to find our position", "Short write")
		next := filepath.Join(w.Data(), "prompts", prompt.Recorded("welcome", "fr", "1"))
		if err := errors.Join(os.RemoveAll(next), os.Symlink("/dev/full", next)); err != nil {
			t.Fatal(err)
		}
		c := call(t, boss, "*77901")
		time.Sleep(1200 * time.Millisecond)
		c.Speak(500)
		time.Sleep(time.Second)
		c.Quiet()
		press(t, c, "#,,1,,1") // whatever is asked
		time.Sleep(500 * time.Millisecond)
		c.Hangup(t.Context())
		hear(t, call(t, other, "600"), 800)
		if err := os.RemoveAll(next); err != nil {
			t.Fatal(err)
		}
	})

	files, err := os.ReadDir(filepath.Join(w.Data(), "prompts", prompt.PhoneDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), prompt.Ending) || len(files) > 3 {
			t.Errorf("recordings leave %s behind, of %d files", f.Name(), len(files))
		}
	}
}
