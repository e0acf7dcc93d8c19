//go:build lab

package queue_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/music"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/phonesim"
)

// tone is a WAV of 16 kHz, as an uploaded prompt lies in /data/prompts.
func tone(t *testing.T, w *pbxtest.World, id string, hz float64, d time.Duration) {
	t.Helper()
	put(t, w, "prompts/"+id+".wav16", wav(t, 16000, hz, d))
}

// song is the one file of a music, in WAV of 8 kHz.
func song(t *testing.T, w *pbxtest.World, id string, hz float64) {
	t.Helper()
	put(t, w, "music/"+id+"/tone.wav", wav(t, 8000, hz, 20*time.Second))
}

// put writes a file below /data.
func put(t *testing.T, w *pbxtest.World, name string, body []byte) {
	t.Helper()
	path := filepath.Join(w.Data(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

// wav is a sine, of 16 bits, one channel.
func wav(t *testing.T, rate int, hz float64, d time.Duration) []byte {
	t.Helper()
	samples := make([]int16, int(d.Seconds()*float64(rate)))
	for i := range samples {
		samples[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	var body bytes.Buffer
	size, r := uint32(2*len(samples)), uint32(rate)
	body.WriteString("RIFF")
	for _, x := range []any{36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), r, 2 * r, uint16(2), uint16(16), []byte("data"), size, samples} {
		if err := binary.Write(&body, binary.LittleEndian, x); err != nil {
			t.Fatal(err)
		}
	}
	return body.Bytes()
}

// comes waits until a tone is heard, whatever else is.
func comes(t *testing.T, c *phonesim.Call, hz float64) {
	t.Helper()
	ctx := within(t, 25*time.Second)
	var e phonesim.Ear
	for ctx.Err() == nil {
		var err error
		if e, err = c.Hear(ctx, 200*time.Millisecond, hz, 1234); err == nil && e.Level > -25 && e.Level > e.Noise+6 {
			return
		}
	}
	t.Errorf("%.0f Hz does not come: %s", hz, e)
}

func TestPromptsOfAQueue(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "299")
	for _, id := range []string{"hello", "again", "sales-call"} {
		pbxtest.Put(&plan, pbx.KindPrompt, id, "", id, fields{})
	}
	pbxtest.Put(&plan, queue.Kind, "sales", "600", "Ventes", fields{"members": []fields{{"number": "202"}}, "retry": 1, "join_empty": "never", "leave_empty": "never",
		"join": "hello", "periodic": "again", "periodic_every": 10, "announce": "sales-call", "position": false})
	for id, number := range map[string]string{"high": "601", "low": "602"} {
		pbxtest.Put(&plan, music.Kind, id, "", id, music.Music{Files: []string{"tone"}, Order: music.Name})
		pbxtest.Put(&plan, queue.Kind, id, number, id, fields{"members": []fields{{"number": "299"}}, "join_empty": "never", "leave_empty": "never", "position": false, "music": id})
	}
	w := pbxtest.Open(t, plan)
	song(t, w, "high", 1500)
	song(t, w, "low", 900)
	tone(t, w, "hello", 1000, 1500*time.Millisecond)
	tone(t, w, "again", 700, 1500*time.Millisecond)
	tone(t, w, "sales-call", 550, 1500*time.Millisecond)

	pbxtest.Scenario(t, "who waits hears the music of the queue, each queue its own", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		high, low := dial(ctx, t, w.Agent("201"), "601"), dial(ctx, t, w.Agent("202"), "602")
		comes(t, high, 1500)
		comes(t, low, 900)
		for _, c := range []*phonesim.Call{high, low} {
			if err := c.Hangup(ctx); err != nil {
				t.Error(err)
			}
		}
	})

	pbxtest.Scenario(t, "a queue greets its callers, repeats its words while they wait, and tells the member which queue it is", func(t *testing.T) {
		ctx := within(t, 80*time.Second)
		a := dial(ctx, t, w.Agent("201"), "600")
		comes(t, a, 1000)
		comes(t, a, 700)
		in, _ := ringing(ctx, t, w.Agent("202"))
		b := answer(ctx, t, in)
		comes(t, b, 550)
		a.Speak(440)
		hear(t, b, 440, 660)
	})
}
