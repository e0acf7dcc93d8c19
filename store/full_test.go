package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A card that is full in the midst of several parts keeps none of them: SQLite ends
// the transaction by itself, and what came after must not be written for itself.
func TestACardThatIsFullInAPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	if _, err := s.db.ExecContext(t.Context(), "PRAGMA max_page_count = 60"); err != nil {
		t.Fatal(err)
	}
	before := load(t, s)
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	put := func(n, size int) error {
		id := fmt.Sprintf("00:15:65:aa:00:%02x", n)
		return tx.Part(func() error {
			d := device(id, "")
			d.Lines[0].Name = strings.Repeat("x", size)
			if _, err := tx.Reserve(id, 1, slices.Values([]string{fmt.Sprint(200 + n)}), noon, noon); err != nil {
				return err
			}
			return tx.PutDevice(d)
		})
	}
	if err := put(1, 10); err != nil {
		t.Fatal(err)
	}
	if err := put(2, 1<<20); err == nil {
		t.Fatal("a megabyte found room in 60 pages")
	}
	small := put(3, 10)
	_, commit := tx.Commit()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	after := load(t, open(t, path))
	if small == nil || commit == nil {
		t.Errorf("after the end of the transaction: part %v, commit %v; want errors of both", small, commit)
	}
	if len(after.Devices) != 0 || len(after.Given) != 0 || after.Revision != before.Revision {
		t.Errorf("the change failed, and %+v is there", after)
	}
	if err := errors.Join(small, commit); err != nil && !strings.Contains(err.Error(), "full") {
		t.Errorf("the error does not say that the card is full: %v", err)
	}
}

func load(t *testing.T, s *Store) State {
	t.Helper()
	st, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st
}
