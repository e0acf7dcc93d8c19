package office

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"autocom/provision"
	"autocom/store"
)

// TestEveryNumberToldSurvives copies the database at random moments of a burst, as
// a pulled plug would leave the card, and looks for what had been told by then.
// A copy of the main file and then of the WAL is what the card could hold: nothing
// is folded back between the two because the WAL stays small.
func TestEveryNumberToldSurvives(t *testing.T) {
	for _, mode := range []string{ModeOpen, ModeAsk} {
		t.Run(mode, func(t *testing.T) { everyNumberToldSurvives(t, mode) })
	}
}

// everyNumberToldSurvives: in mode ask it is the account of a phone that waits.
func everyNumberToldSurvives(t *testing.T, mode string) {
	d := open(t, func(c *Config) { c.Mode = mode })
	account := func(x provision.Device) string {
		if len(x.Lines) == 0 {
			return "none"
		}
		return x.Number() + " " + x.Lines[0].Secret + " " + x.Token + " " + x.Admin + " " + x.Code
	}
	var mu sync.Mutex
	told := map[string]string{}
	var wg sync.WaitGroup
	for n := 1; n <= 60; n++ {
		s := d.phone(n)
		wg.Go(func() {
			time.Sleep(time.Duration(n) * 3 * time.Millisecond)
			if _, err := d.Apply(t.Context(), Sighted{s}); err != nil {
				t.Error(err)
				return
			}
			got, _ := d.Device(s.MAC.String())
			mu.Lock()
			told[got.ID] = account(got)
			mu.Unlock()
		})
	}
	for shot := range 10 {
		time.Sleep(time.Duration(7+shot*5) * time.Millisecond)
		mu.Lock()
		before := map[string]string{}
		for id, number := range told {
			before[id] = number
		}
		mu.Unlock()
		path := copyDB(t, d.path)
		st, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatalf("shot %d: %v", shot, err)
		}
		state, err := st.Load(t.Context())
		if err != nil {
			t.Fatalf("shot %d: %v", shot, err)
		}
		kept := map[string]string{}
		for _, x := range state.Devices {
			kept[x.ID] = account(x)
		}
		for id, number := range before {
			if kept[id] != number {
				t.Errorf("shot %d: %s was told %s, the card says %q", shot, id, number, kept[id])
			}
		}
		t.Logf("shot %d: %d told, %d on the card", shot, len(before), len(kept))
		st.Close()
	}
	wg.Wait()
}

func copyDB(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), store.FileName)
	for _, suffix := range []string{"", "-wal"} { // -shm is memory: a plug takes it away
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
