//go:build lab

package record_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/group"
	"autocom/pbx/pbxtest"
	"autocom/pbx/record"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// office is three people; calls of 202 are recorded.
func office(settings any) pbx.Plan {
	plan := pbxtest.Plan("201", "202", "203")
	for n, what := range map[string]string{"201": "", "202": "always", "203": ""} {
		pbxtest.Person(&plan, "p"+n, "Poste "+n, func(p *pbx.Person) { no := false; p.Voicemail = &no; p.Record = what }, n)
	}
	if settings != nil {
		pbxtest.Put(&plan, pbx.KindSettings, record.Kind, "", "", settings)
	}
	return plan
}

// files are the recordings that there are.
func files(t *testing.T, w *pbxtest.World) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join(w.Data(), "recordings"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// samples reads a WAV of 8 kHz, mono, 16 bits.
func samples(t *testing.T, path string) []float64 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < 44 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" || binary.LittleEndian.Uint16(b[22:]) != 1 ||
		binary.LittleEndian.Uint32(b[24:]) != 8000 || binary.LittleEndian.Uint16(b[34:]) != 16 {
		t.Fatalf("%s is no WAV of 8 kHz: % x", path, b[:min(44, len(b))])
	}
	var out []float64
	for i := 44; i+1 < len(b); i += 2 {
		out = append(out, float64(int16(binary.LittleEndian.Uint16(b[i:])))/32768)
	}
	return out
}

// level is how much of a tone is in a sound, in dB of full scale (Goertzel).
func level(s []float64, hz float64) float64 {
	k := 2 * math.Cos(2*math.Pi*hz/8000)
	var a, b float64
	for _, x := range s {
		a, b = x+k*a-b, a
	}
	return 10 * math.Log10((a*a+b*b-k*a*b)*2/float64(len(s))/float64(len(s))+1e-12)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect has a call number, where b answers.
func connect(ctx context.Context, t *testing.T, a, b *phonesim.Agent, number string) (from, to *phonesim.Call) {
	t.Helper()
	out, err := a.Dial(ctx, number)
	must(t, err)
	ring, err := b.Ring(ctx)
	must(t, err)
	to, err = ring.Answer(ctx)
	must(t, err)
	from, err = out.Wait(ctx)
	must(t, err)
	return from, to
}

// loud waits until something is heard that is no silence.
func loud(ctx context.Context, t *testing.T, who string, c *phonesim.Call) {
	t.Helper()
	for range 8 {
		db, err := c.Loudness(ctx, 400*time.Millisecond)
		must(t, err)
		if db > -45 {
			return
		}
	}
	t.Errorf("%s hears no announcement", who)
}

// both reports whether the only recording holds both voices.
func both(t *testing.T, w *pbxtest.World) error {
	t.Helper()
	all := files(t, w)
	if len(all) != 1 {
		return fmt.Errorf("there are %d recordings, want 1: %q", len(all), all)
	}
	s := samples(t, all[0])
	one, two := share(s, 440), share(s, 880)
	if len(s) < 4000 || one < 0.8 || two < 0.8 {
		return fmt.Errorf("of %d samples, 440 Hz is in %.0f %%, 880 Hz in %.0f %%", len(s), 100*one, 100*two)
	}
	return nil
}

// share is the part of a sound in which a tone is heard, by pieces of 50 ms: measured over
// the whole, a tone whose phase jumps once where a packet was lost cancels itself out.
func share(s []float64, hz float64) float64 {
	const piece = 400
	heard, all := 0, 0
	for ; len(s) >= piece; s = s[piece:] {
		all++
		if level(s[:piece], hz) > -30 { // spoken at -15 dB
			heard++
		}
	}
	return float64(heard) / float64(max(all, 1))
}

// speaking has both sides speak: 440 Hz who called, 880 Hz who was called.
func speaking(from, to *phonesim.Call) *phonesim.Call {
	from.Speak(440)
	to.Speak(880)
	return from
}

// talk is a call in which both speak.
func talk(ctx context.Context, t *testing.T, a, b *phonesim.Agent, number string) {
	t.Helper()
	from, to := connect(ctx, t, a, b, number)
	speaking(from, to)
	time.Sleep(4 * time.Second)
	must(t, from.Hangup(ctx))
}

// held wants a recording with both voices of the call that was just made.
func held(t *testing.T, w *pbxtest.World) {
	t.Helper()
	pbxtest.Eventually(t, 5*time.Second, func() error { return both(t, w) })
	clear(t, w)
}

// clear removes the recordings of the scenario before.
func clear(t *testing.T, w *pbxtest.World) {
	t.Helper()
	for _, f := range files(t, w) {
		must(t, os.Remove(f))
	}
}

func TestRecording(t *testing.T) {
	plan := office(nil)
	pbxtest.Put(&plan, group.Kind, "vente", "600", "Vente", map[string]any{"members": []string{"202", "203"}})
	w := pbxtest.Open(t, plan)
	ctx := w.Context()
	a, b, c := w.Agent("201"), w.Agent("202"), w.Agent("203")

	pbxtest.Scenario(t, "a recorded call says so to both, and the recording holds both voices", func(t *testing.T) {
		from, to := func() (*phonesim.Call, *phonesim.Call) {
			out, err := a.Dial(ctx, "202")
			must(t, err)
			early, err := out.Early(ctx)
			must(t, err)
			loud(ctx, t, "the caller", early)
			ring, err := b.Ring(ctx)
			must(t, err)
			to, err := ring.Answer(ctx)
			must(t, err)
			loud(ctx, t, "who answers", to)
			from, err := out.Wait(ctx)
			must(t, err)
			return from, to
		}()
		pbxtest.Hears(t, speaking(from, to), 880, 440)
		time.Sleep(1500 * time.Millisecond)
		must(t, from.Hangup(ctx))
		held(t, w)
	})
	pbxtest.Scenario(t, "calls made by somebody who is always recorded are recorded too", func(t *testing.T) {
		talk(ctx, t, b, c, "203")
		held(t, w)
	})
	pbxtest.Scenario(t, "somebody who is always recorded is recorded in a group, too", func(t *testing.T) {
		group := func() {
			out, err := a.Dial(ctx, "600")
			must(t, err)
			_, err = c.Ring(ctx)
			must(t, err)
			ring, err := b.Ring(ctx)
			must(t, err)
			to, err := ring.Answer(ctx)
			must(t, err)
			from, err := out.Wait(ctx)
			must(t, err)
			speaking(from, to)
			time.Sleep(4 * time.Second)
			must(t, from.Hangup(ctx))
		}
		group()
		held(t, w)
	})
	pbxtest.Scenario(t, "nobody is recorded unasked", func(t *testing.T) {
		from, to := connect(ctx, t, a, c, "203")
		from.Speak(440)
		to.Speak(880)
		time.Sleep(time.Second)
		must(t, from.Hangup(ctx))
		if all := files(t, w); len(all) > 0 {
			t.Errorf("recorded: %q", all)
		}
	})
	pbxtest.Scenario(t, "the code for it records a call that is up, and ends the recording", func(t *testing.T) {
		from, to := connect(ctx, t, a, c, "203")
		must(t, to.Press(ctx, "*3"))
		pbxtest.Eventually(t, 8*time.Second, func() error {
			if len(files(t, w)) == 0 {
				return errors.New("nothing is recorded")
			}
			return nil
		})
		time.Sleep(500 * time.Millisecond) // the beep is over
		from.Speak(440)
		to.Speak(880)
		time.Sleep(1500 * time.Millisecond)
		to.Quiet()
		from.Quiet()
		must(t, to.Press(ctx, "*3"))
		pbxtest.Eventually(t, 8*time.Second, func() error {
			if s := samples(t, files(t, w)[0]); level(s, 440) < level(s, 660)+15 || level(s, 880) < level(s, 660)+15 {
				return errors.New("not both are recorded")
			}
			return nil
		})
		size := len(samples(t, files(t, w)[0]))
		time.Sleep(time.Second)
		if again := len(samples(t, files(t, w)[0])); again != size {
			t.Errorf("the recording goes on: %d samples, then %d", size, again)
		}
		if !from.Up() || !to.Up() {
			t.Error("the call has ended")
		}
		must(t, from.Hangup(ctx))
		clear(t, w)
	})
	pbxtest.Scenario(t, "on a memory card that is nearly full calls go on and are not recorded", func(t *testing.T) {
		w.Expect("a call is not recorded: the card is nearly full")
		if _, err := w.Manager().Do(ctx, ami.Action{Name: "DBPut", Fields: []ami.Field{{Key: "Family", Value: "ac/recording"}, {Key: "Key", Value: "stop"}, {Key: "Val", Value: "1"}}}); err != nil {
			t.Fatal(err)
		}
		from, to := connect(ctx, t, a, b, "202")
		from.Speak(440)
		to.Speak(880)
		pbxtest.Hears(t, from, 880, 440)
		must(t, from.Hangup(ctx))
		if all := files(t, w); len(all) > 0 {
			t.Errorf("recorded: %q", all)
		}
		if _, err := w.Manager().Do(ctx, ami.Action{Name: "DBDel", Fields: []ami.Field{{Key: "Family", Value: "ac/recording"}, {Key: "Key", Value: "stop"}}}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAFullCard fills the memory that /tmp of the exchange lies in, where recordings then
// go; of its logs each write finds the card full.
func TestAFullCard(t *testing.T) {
	w := pbxtest.Open(t, office(map[string]any{"announce": false}))
	ctx := w.Context()
	log := filepath.Join(w.Data(), "asterisk-state/log")
	must(t, os.RemoveAll(filepath.Join(w.Data(), "recordings")))
	must(t, os.Symlink("/tmp/recordings", filepath.Join(w.Data(), "recordings")))
	for _, name := range []string{"calls.csv", "queue_log"} {
		must(t, os.RemoveAll(filepath.Join(log, name)))
		must(t, os.Symlink("/dev/full", filepath.Join(log, name)))
	}
	w.Restart()
	pbxtest.Scenario(t, "on a full memory card nothing is recorded or written down, and calls go on", func(t *testing.T) {
		w.Expect("No space left on device", "Unable to set our position")
		tmp := fmt.Sprintf("/proc/%d/root/tmp", w.PID())
		must(t, os.MkdirAll(tmp+"/recordings", 0o777))
		full, err := os.Create(tmp + "/full")
		must(t, err)
		defer full.Close()
		for err == nil {
			_, err = full.Write(make([]byte, 1<<20))
		}
		for err = nil; err == nil; {
			_, err = full.Write(make([]byte, 512))
		}
		if !strings.Contains(err.Error(), "no space") {
			t.Fatal(err)
		}
		a, b, c := w.Agent("201"), w.Agent("202"), w.Agent("203")
		for _, to := range []*phonesim.Agent{b, c} {
			from, to := connect(ctx, t, a, to, to.Number())
			from.Speak(440)
			to.Speak(880)
			pbxtest.Hears(t, from, 880, 440)
			pbxtest.Hears(t, to, 440, 880)
			must(t, from.Hangup(ctx))
		}
	})
}
