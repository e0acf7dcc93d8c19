package store

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"autocom/pbx"

	"github.com/google/go-cmp/cmp"
)

func TestChangesComeBackNewestFirstAndAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	one := pbx.Object{Kind: "trunk", ID: "a", Rev: 1, Name: "A", Body: json.RawMessage(`{"password":"p"}`)}
	two := one
	two.Rev, two.Body = 2, json.RawMessage(`{}`)
	made := Change{Rev: 1, At: noon, Who: "admin", Kind: "trunk", ID: "a", After: &one}
	changed := Change{Rev: 2, At: noon, Who: "api", Kind: "trunk", ID: "a", Before: &one, After: &two}
	change(t, s, func(tx *Tx) error { return tx.NoteChange(made, 0) })
	change(t, s, func(tx *Tx) error { return tx.NoteChange(changed, 1) })
	s.Close()
	s = open(t, path)
	made.N, made.Undone, changed.N = 1, true, 2
	got, err := s.Changes(t.Context(), 10)
	if diff := cmp.Diff([]Change{changed, made}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	change(t, s, func(tx *Tx) error {
		for i := range keepChanges + 5 {
			if err := tx.NoteChange(Change{Kind: "menu", ID: fmt.Sprint("m", i), At: noon}, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if got, err = s.Changes(t.Context(), 1000); len(got) != keepChanges || err != nil || got[0].ID != fmt.Sprint("m", keepChanges+4) {
		t.Errorf("%d changes are kept, the newest %q, %v", len(got), got[0].ID, err)
	}
}
