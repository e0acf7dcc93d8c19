package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/provision"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func change(t testing.TB, s *Store, do func(*Tx) error) int64 {
	t.Helper()
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := do(tx); err != nil {
		t.Fatal(err)
	}
	rev, err := tx.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func device(id, number string) provision.Device {
	mac, _ := provision.ParseMAC(id)
	return provision.Device{
		ID: id, MAC: mac, Vendor: "yealink", Verdict: provision.VerdictPhone, Allocation: provision.AllocationReserved,
		Lines: []provision.Line{{N: 1, Number: number, Name: "Awa", Secret: "s3cret"}}, Token: "token-" + id, ReservedAt: noon,
	}
}

func TestWhatIsCommittedComesBackWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	want := device("00:15:65:aa:00:01", "201")
	rev := change(t, s, func(tx *Tx) error {
		n, err := tx.Reserve(want.ID, 1, slices.Values([]string{"201", "202"}), noon, noon)
		if err != nil || n != "201" {
			return fmt.Errorf("reserved %q: %w", n, err)
		}
		return tx.PutDevice(want)
	})
	s.Close()
	got, err := open(t, path).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(State{Revision: rev, Devices: []provision.Device{want}, Given: []time.Time{noon}}, got, cmpopts.EquateComparable(want.IP)); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v, want 0600 (%v)", info.Mode(), err)
	}
}

func TestNumbersAreGivenOnce(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	two := slices.Values([]string{"201", "202"})
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	reserve := func(device string, freedBefore time.Time) string {
		n, err := tx.Reserve(device, 1, two, noon, freedBefore)
		if errors.Is(err, ErrNoNumber) {
			return "none"
		}
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	long := noon.Add(-time.Hour)
	steps := []struct {
		what, got, want string
	}{
		{"the first", reserve("a", long), "201"},
		{"the second", reserve("b", long), "202"},
		{"the third", reserve("c", long), "none"},
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(tx.TakeBack("a", noon))
	steps = append(steps, struct{ what, got, want string }{"after a was freed", reserve("c", long), "201"})
	check(tx.Bind("b", 2))
	check(tx.Bind("b", 1))
	check(tx.TakeBack("b", noon))
	steps = append(steps,
		struct{ what, got, want string }{"b was bound: 202 rests", reserve("d", long), "none"},
		struct{ what, got, want string }{"202 has rested", reserve("d", noon), "202"})
	for _, st := range steps {
		if st.got != st.want {
			t.Errorf("%s: %s, want %s", st.what, st.got, st.want)
		}
	}
	if err := tx.Part(func() error {
		_, err := tx.Reserve("c", 1, slices.Values([]string{"203"}), noon, long)
		return err
	}); err == nil {
		t.Error("line 1 of c got a second number")
	}
}

func TestAPartFailsAlone(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	no := errors.New("no")
	change(t, s, func(tx *Tx) error {
		if err := tx.PutDevice(device("00:15:65:aa:00:01", "")); err != nil {
			return err
		}
		err := tx.Part(func() error { return errors.Join(tx.PutDevice(device("00:15:65:aa:00:02", "")), no) })
		if !errors.Is(err, no) {
			t.Errorf("part: %v", err)
		}
		return tx.Part(func() error { return tx.PutDevice(device("00:15:65:aa:00:03", "")) })
	})
	got, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range got.Devices {
		ids = append(ids, d.ID)
	}
	if want := []string{"00:15:65:aa:00:01", "00:15:65:aa:00:03"}; !slices.Equal(ids, want) {
		t.Errorf("kept %v, want %v", ids, want)
	}
}

func TestADamagedFileIsNamedAndKept(t *testing.T) {
	dir := t.TempDir()
	sound := filepath.Join(dir, "sound.db")
	s := open(t, sound)
	for n := range 50 {
		change(t, s, func(tx *Tx) error { return tx.PutDevice(device(fmt.Sprintf("00:15:65:aa:00:%02x", n), "")) })
	}
	s.Close()
	page, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	torn := slices.Clone(page)
	for i := range torn[4096:] {
		torn[4096+i] = 0xff
	}
	for name, text := range map[string][]byte{
		"no database at all": []byte(strings.Repeat("this is a letter, not a database\n", 200)),
		"torn pages":         torn,
		"cut short":          page[:len(page)/2],
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), path)
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "copy the file away") {
				t.Errorf("open: %v, want ErrDamaged with its remedy", err)
			}
			if now, _ := os.ReadFile(path); string(now) != string(text) {
				t.Error("the damaged file was changed")
			}
		})
	}
}

func TestANewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	if _, err := s.db.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "install the newer version") {
		t.Errorf("open: %v", err)
	}
}

func TestASecondProgramIsKeptOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	first := open(t, path)
	if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "stop the other autocomd") {
		t.Errorf("second open: %v, want the remedy", err)
	}
	first.Close()
	open(t, path)
}

func TestNoDirectory(t *testing.T) {
	_, err := Open(t.Context(), filepath.Join(t.TempDir(), "none", FileName))
	if err == nil || !strings.Contains(err.Error(), "does not exist: make it or set paths.data") {
		t.Errorf("open: %v", err)
	}
}

// BenchmarkCommit is one device written durably: what one phone costs when it comes alone.
func BenchmarkCommit(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), FileName))
	d := device("00:15:65:aa:00:01", "")
	for b.Loop() {
		d.Firmware += "x"
		if len(d.Firmware) > 20 {
			d.Firmware = ""
		}
		change(b, s, func(tx *Tx) error { return tx.PutDevice(d) })
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
