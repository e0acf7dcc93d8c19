package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/hours"
	"autocom/pbx/prompt"
	pbxsound "autocom/pbx/sound"
	"autocom/portal"
)

// astdb is a database of Asterisk's.
type astdb struct {
	keys, lamps map[string]string
	down        bool
}

func (d *astdb) Up() bool { return !d.down }

func (d *astdb) DBGet(_ context.Context, family, key string) (string, bool, error) {
	v, ok := d.keys[family+"/"+key]
	return v, ok, d.err()
}

func (d *astdb) DBPut(_ context.Context, family, key, value string) error {
	d.keys[family+"/"+key] = value
	return d.err()
}

func (d *astdb) DBDel(_ context.Context, family, key string) error {
	if !d.down {
		delete(d.keys, family+"/"+key)
	}
	return d.err()
}

func (d *astdb) SetDeviceState(_ context.Context, device, state string) error {
	d.lamps[device] = state
	return d.err()
}

func (d *astdb) err() error {
	if d.down {
		return ami.ErrDown
	}
	return nil
}

// studio is where prompts are kept, with one called welcome.
func studio(t *testing.T) (*prompts, *astdb) {
	db := &astdb{keys: map[string]string{}, lamps: map[string]string{}}
	plan := pbx.Plan{Objects: []pbx.Object{{Kind: prompt.Kind, ID: "welcome"}}}
	return newPrompts(t.TempDir(), func() pbx.Plan { return plan }, db, slog.New(slog.NewTextHandler(t.Output(), nil))), db
}

// wave is a file of seconds of a constant, which tells one file from another.
func wave(seconds int, level int16) []byte {
	pcm := make([]int16, seconds*pbxsound.Rate)
	for i := range pcm {
		pcm[i] = level
	}
	return pbxsound.WAV(pcm)
}

// level of the file that Asterisk plays by this path.
func level(t *testing.T, p *prompts, name string) int16 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		return -1
	}
	return int16(b[len(b)-2]) | int16(b[len(b)-1])<<8
}

func TestSoundsOfPrompts(t *testing.T) {
	p, db := studio(t)
	ctx := t.Context()
	put := func(language string, level int16) {
		t.Helper()
		if err := p.PutSound(ctx, "welcome", language, bytes.NewReader(wave(1, level))); err != nil {
			t.Fatal(err)
		}
	}
	sounds := func(want ...portal.Sound) {
		t.Helper()
		got, err := p.Sounds(ctx, "welcome")
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%v, -want +got\n%s", err, d)
		}
	}
	sounds()
	put("en", 100)
	sounds(portal.Sound{Language: "en", Seconds: 1, From: "upload"})
	if got := level(t, p, "welcome.wav16"); got != 100 {
		t.Errorf("without a French one Asterisk plays %d", got)
	}
	put("fr", 200)
	if got := level(t, p, "fr/welcome.wav16"); got != 200 {
		t.Errorf("the French are played %d", got)
	}
	// Somebody records from a phone: it is heard by menus at once, and here a moment later.
	if err := os.MkdirAll(filepath.Join(p.dir, prompt.PhoneDir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, prompt.Recorded("welcome", "fr", "2")), wave(2, 300), 0o640); err != nil {
		t.Fatal(err)
	}
	db.keys["ac/prompt/welcome-fr"] = "2"
	sounds(portal.Sound{Language: "fr", Seconds: 2, From: "phone"}, portal.Sound{Language: "en", Seconds: 1, From: "upload"})
	if err := p.keep(ctx, "welcome", "fr", "1"); err != nil || level(t, p, "fr/welcome.wav16") != 200 {
		t.Errorf("an event that is late was obeyed: %v", err)
	}
	p.sweep(ctx) // we were not there when it was told
	if got := level(t, p, "fr/welcome.wav16"); got != 300 {
		t.Errorf("queues play %d, not what was recorded", got)
	}
	// An upload is younger than the recording.
	put("fr", 400)
	if _, ok := db.keys["ac/prompt/welcome-fr"]; ok {
		t.Error("the recording is heard still")
	}
	sounds(portal.Sound{Language: "fr", Seconds: 1, From: "upload"}, portal.Sound{Language: "en", Seconds: 1, From: "upload"})
	put("", 500)
	sounds(portal.Sound{Seconds: 1, From: "upload"})
	if err := p.DropSound(ctx, "welcome", ""); err != nil {
		t.Fatal(err)
	}
	sounds()
	left, err := filepath.Glob(filepath.Join(p.dir, "*.wav16"))
	if more, _ := filepath.Glob(filepath.Join(p.dir, "*", ".new*")); err != nil || len(left)+len(more) > 0 {
		t.Errorf("left behind: %v %v", left, more)
	}
	put("fr", 600)
	p.purge(ctx, "welcome")
	if _, err := os.Stat(filepath.Join(p.dir, "phone/welcome-fr-2.wav16")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a recording outlives its prompt")
	}
}

func TestSoundsThatAreRefused(t *testing.T) {
	p, db := studio(t)
	ctx := t.Context()
	if err := p.PutSound(ctx, "gone", "fr", bytes.NewReader(wave(1, 1))); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := p.PutSound(ctx, "welcome", "fr", strings.NewReader("ID3\x04")); !errors.Is(err, portal.ErrSound) {
		t.Error(err)
	}
	if _, err := p.Sound(ctx, "welcome", "fr"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	for _, bad := range [][3]string{{"../x", "fr", "1"}, {"welcome", "..", "1"}, {"welcome", "fr", "9"}} {
		if err := p.keep(ctx, bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%q was kept", bad)
		}
	}
	db.down = true
	if err := p.PutSound(ctx, "welcome", "fr", bytes.NewReader(wave(1, 1))); !errors.Is(err, portal.ErrConflict) {
		t.Error(err)
	}
}

func TestDayAndNight(t *testing.T) {
	db := &astdb{keys: map[string]string{}, lamps: map[string]string{}}
	plan := pbx.Plan{TimeZone: "Africa/Douala", Objects: []pbx.Object{{Kind: hours.Kind, ID: "main", Body: []byte(
		`{"week":[{"days":["mon"],"from":"08:00","to":"18:00"}],"holidays":[{"from":"12-25"}],"open":{"kind":"hangup"},"closed":{"kind":"hangup"}}`)}}}
	now := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC) // half past eight there
	n := &night{plan: func() pbx.Plan { return plan }, db: db, now: func() time.Time { return now }}
	state := func(want portal.Night) {
		t.Helper()
		if got, err := n.Night(t.Context(), "main"); err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	state(portal.Night{State: "open", Hand: "auto"})
	for hand, lamp := range map[string]string{"closed": "INUSE", "open": "RINGING"} {
		if err := n.SwitchNight(t.Context(), "main", hand); err != nil {
			t.Fatal(err)
		}
		state(portal.Night{State: hand, Hand: hand})
		if db.keys["ac/hours/main"] != hand || db.lamps["Custom:NIGHT-main"] != lamp {
			t.Errorf("%s: %v %v", hand, db.keys, db.lamps)
		}
	}
	if err := n.SwitchNight(t.Context(), "main", "auto"); err != nil || len(db.keys) > 0 || db.lamps["Custom:NIGHT-main"] != "NOT_INUSE" {
		t.Errorf("%v %v %v", err, db.keys, db.lamps)
	}
	now = time.Date(2026, 12, 24, 23, 30, 0, 0, time.UTC)
	state(portal.Night{State: "holiday", Hand: "auto"})
	if _, err := n.Night(t.Context(), "gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	db.down = true
	if err := n.SwitchNight(t.Context(), "main", "open"); !errors.Is(err, portal.ErrConflict) {
		t.Error(err)
	}
}

func TestARecordingIsTakenByTheTask(t *testing.T) {
	p, db := studio(t)
	if err := os.MkdirAll(filepath.Join(p.dir, prompt.PhoneDir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.dir, prompt.Recorded("welcome", "fr", "1")), wave(2, 300), 0o644); err != nil {
		t.Fatal(err)
	}
	db.keys["ac/prompt/welcome-fr"] = "1"
	for range 40 { // more than wait in line: none is waited for
		p.event(ami.Event{Name: "UserEvent", Message: ami.Message{{Key: "UserEvent", Value: prompt.Event}, {Key: "Prompt", Value: "welcome"}, {Key: "For", Value: "fr"}, {Key: "Slot", Value: "1"}}})
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	for path := filepath.Join(p.dir, prompt.Uploaded("welcome", "fr")); ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			break
		}
	}
	stop()
	if err := <-ended; err != nil || level(t, p, "fr/welcome.wav16") != 300 {
		t.Errorf("%v: what was recorded is not what is heard", err)
	}
}
