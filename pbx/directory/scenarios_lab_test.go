//go:build lab

package directory_test

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/directory"
	"autocom/pbx/menu"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestDialByName(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204", "205")
	pbxtest.Person(&plan, "emilie", "Émilie Dupont", nil, "202")
	pbxtest.Person(&plan, "paul", "Paul Durand", nil, "203")
	pbxtest.Person(&plan, "john", "John Dupré", nil, "204")
	pbxtest.Person(&plan, "hidden", "Marc Secret", func(p *pbx.Person) { p.Hidden = true }, "205")
	operator := pbx.Destination{Kind: pbx.ToNumber, ID: "203"}
	pbxtest.Put(&plan, directory.Kind, "main", "", "Annuaire", directory.Directory{Then: operator})
	pbxtest.Put(&plan, menu.Kind, "main", "600", "Accueil", menu.Menu{
		Digits: 1, Wait: 5, Tries: 3, Keys: map[string]pbx.Destination{"9": {Kind: directory.Kind, ID: "main"}}})
	w := pbxtest.Open(t, plan)
	one := w.Agent("201")
	for _, n := range []string{"202", "203", "204", "205"} {
		w.Agent(n)
	}
	enter := func(t *testing.T, number, digits string) *phonesim.Call {
		t.Helper()
		c, err := one.Call(within(t, 20*time.Second), number)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Hangup(context.Background()) })
		if err := c.Press(within(t, 20*time.Second), digits); err != nil {
			t.Fatal(err)
		}
		return c
	}
	rings := func(t *testing.T, number string) {
		t.Helper()
		ctx := within(t, 40*time.Second)
		in, err := w.Agent(number).Ring(ctx)
		if err != nil {
			t.Fatalf("%s does not ring: %v", number, err)
		}
		if _, err := in.Answer(ctx); err != nil {
			t.Error(err)
		}
	}

	pbxtest.Scenario(t, "a caller presses the first letters of a name, says yes and reaches the person", func(t *testing.T) {
		enter(t, "*36", ",,564,,,,1") // John
		rings(t, "204")
	})

	pbxtest.Scenario(t, "a name with an accent is found by its letter", func(t *testing.T) {
		enter(t, "*36", ",,364,,,,1") // Émilie
		rings(t, "202")
	})

	pbxtest.Scenario(t, "of several whose names begin alike the caller chooses", func(t *testing.T) {
		enter(t, "*36", ",,387,,,,*,,,,1") // Dupont, Durand, Dupré
		rings(t, "203")
	})

	pbxtest.Scenario(t, "who has said their name is announced in their own voice", func(t *testing.T) {
		spoken(t, w, "204", 600)
		c := enter(t, "*36", ",,564")
		pbxtest.Hears(t, c, 600, 1000)
		if err := c.Press(within(t, 5*time.Second), "1"); err != nil {
			t.Fatal(err)
		}
		rings(t, "204")
	})

	pbxtest.Scenario(t, "a caller in a menu dials by name, and who is hidden is not found", func(t *testing.T) {
		enter(t, "600", ",,9,,,732,,,,,,364,,,,1") // Secret; then Émilie
		rings(t, "202")
	})

	pbxtest.Scenario(t, "a caller who finds nobody in the directory is sent to the operator", func(t *testing.T) {
		enter(t, "600", ",,9,,,732,,,,,,,,732,,,,,,,,732")
		rings(t, "203")
	})
}

// spoken writes the name that somebody has said into their box.
func spoken(t *testing.T, w *pbxtest.World, number string, hz float64) {
	t.Helper()
	const rate = 8000 // of voicemail
	file := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data")
	file = binary.LittleEndian.AppendUint32(file, 2*2*rate)
	binary.LittleEndian.PutUint32(file[4:], 36+2*2*rate)
	for i := range 2 * rate {
		file = binary.LittleEndian.AppendUint16(file, uint16(int16(8192*math.Sin(2*math.Pi*hz*float64(i)/rate))))
	}
	dir := filepath.Join(w.Data(), "asterisk-state/spool/voicemail/autocom", number)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "greet.wav"), file, 0o644); err != nil {
		t.Fatal(err)
	}
}
