//go:build lab

package music_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/music"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// talk makes two calls of one: the caller's and the called's.
func talk(t *testing.T, w *pbxtest.World, from, to string) (caller, called *phonesim.Call) {
	t.Helper()
	o, err := w.Agent(from).Dial(w.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	in, err := w.Agent(to).Ring(w.Context())
	if err != nil {
		t.Fatal(err)
	}
	if called, err = in.Answer(w.Context()); err != nil {
		t.Fatal(err)
	}
	if caller, err = o.Wait(w.Context()); err != nil {
		t.Fatal(err)
	}
	caller.Speak(440)
	called.Speak(700)
	hears(t, w, caller, 700) // a phone that holds before both are joined is not noticed
	hears(t, w, called, 440)
	return caller, called
}

func hears(t *testing.T, w *pbxtest.World, c *phonesim.Call, tone float64) {
	t.Helper()
	pbxtest.Eventually(t, 10*time.Second, func() error {
		e, err := c.Hear(w.Context(), 400*time.Millisecond, tone, 0)
		if err == nil && (e.Level < -30 || e.Level < e.Noise+10) {
			err = fmt.Errorf("%s", e)
		}
		return err
	})
}

// song writes a tone of 20 s as a file of a music.
func song(t *testing.T, w *pbxtest.World, id, name string, hz float64) {
	t.Helper()
	dir := filepath.Join(w.Data(), "music", id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".wav"), tone(hz, 20), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tone is a WAV file of 8 kHz, 16 bit, one channel, with a sine of that many seconds.
func tone(hz float64, seconds int) []byte {
	const rate = 8000
	var b bytes.Buffer
	data := make([]int16, rate*seconds)
	for i := range data {
		data[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+2*len(data)))
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, []uint32{16, 1 | 1<<16, rate, 2 * rate, 2 | 16<<16})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(2*len(data)))
	binary.Write(&b, binary.LittleEndian, data)
	return b.Bytes()
}

func TestMusic(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203")
	pbxtest.Put(&plan, music.Kind, "high", "", "Aigu", music.Music{Files: []string{"tone"}, Order: music.Name})
	pbxtest.Put(&plan, music.Kind, "empty", "", "Vide", music.Music{Order: music.Random})
	pbxtest.Person(&plan, "aicha", "Aïcha", func(p *pbx.Person) { p.Music = "high" }, "201")
	pbxtest.Person(&plan, "carole", "Carole", func(p *pbx.Person) { p.Music = "empty" }, "203")
	w := pbxtest.Open(t, plan)
	song(t, w, "high", "tone", 1500)
	for _, n := range []string{"201", "202", "203"} {
		w.Agent(n)
	}
	hold := func(t *testing.T, c *phonesim.Call) {
		t.Helper()
		if err := c.Hold(w.Context()); err != nil {
			t.Fatal(err)
		}
	}
	resume := func(t *testing.T, c *phonesim.Call) {
		t.Helper()
		if err := c.Resume(w.Context()); err != nil {
			t.Fatal(err)
		}
	}

	pbxtest.Scenario(t, "who is on hold hears the music of who holds, whoever called, and both hear each other again", func(t *testing.T) {
		a, b := talk(t, w, "201", "202")
		hears(t, w, a, 700)
		hears(t, w, b, 440)
		hold(t, a)
		hears(t, w, b, 1500)
		resume(t, a)
		hears(t, w, b, 440)
		hears(t, w, a, 700)
		a.Hangup(w.Context())
		b, a = talk(t, w, "202", "201")
		hold(t, a)
		hears(t, w, b, 1500)
		a.Hangup(w.Context())
	})

	pbxtest.Scenario(t, "who chose no music, or one without files, plays the built-in songs", func(t *testing.T) {
		for _, who := range []string{"202", "203"} {
			a, b := talk(t, w, who, "201")
			hears(t, w, a, 700)
			hold(t, a)
			b.Quiet()
			song := 0
			pbxtest.Eventually(t, 20*time.Second, func() error {
				dB, err := b.Loudness(w.Context(), 300*time.Millisecond)
				e, err2 := b.Hear(w.Context(), 300*time.Millisecond, 440, 1500)
				if err == nil && err2 == nil && dB > -50 && e.Level < -35 && e.Other < -35 {
					song++
				}
				if song < 3 {
					return fmt.Errorf("%.1f dB, %s, %v %v", dB, e, err, err2)
				}
				return nil
			})
			a.Hangup(w.Context())
		}
	})

	pbxtest.Scenario(t, "a file that is uploaded is heard at the next hold, also as the site's own music", func(t *testing.T) {
		song(t, w, "empty", "low", 900)
		p := w.Plan()
		pbxtest.Put(&p, music.Kind, "empty", "", "Plus vide", music.Music{Files: []string{"low"}, Order: music.Random})
		pbxtest.Put(&p, pbx.KindSettings, "music", "", "", music.Settings{Default: "empty"})
		w.Apply(p)
		for _, who := range []string{"203", "202"} {
			a, b := talk(t, w, who, "201")
			hold(t, a)
			hears(t, w, b, 900)
			a.Hangup(w.Context())
		}
	})
}
