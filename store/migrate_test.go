package store

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"autocom/provision"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestASchemaOfVersion1KeepsEverything opens a file as the first version wrote it: a
// phone with its number, one that was released, a number that rests.
func TestASchemaOfVersion1KeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	const at = 1777896000000 // noon
	if _, err := db.Exec(migrations[0]+`
		PRAGMA user_version = 1;
		INSERT INTO devices VALUES
			('00:15:65:aa:00:01', 'token-1', ?, '{"id":"00:15:65:aa:00:01","mac":"00:15:65:aa:00:01","vendor":"yealink","verdict":"phone","allocation":"bound","lines":[{"n":1,"extension":"201"}]}'),
			('00:15:65:aa:00:02', '', NULL, '{"id":"00:15:65:aa:00:02","mac":"00:15:65:aa:00:02","vendor":"yealink","verdict":"seen","allocation":"released","lines":null}');
		INSERT INTO lines VALUES ('00:15:65:aa:00:01', 1, 'Awa', 's3cret');
		INSERT INTO numbers VALUES ('201', '00:15:65:aa:00:01', 1, 'bound', ?, NULL), ('202', '00:15:65:aa:00:02', 1, 'quarantine', ?, ?);
		UPDATE meta SET value = 7 WHERE key = 'revision';`, at, at, at, at); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	mac := func(s string) provision.MAC {
		m, err := provision.ParseMAC(s)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	want := State{
		Revision: 7,
		Given:    []time.Time{noon, noon},
		Devices: []provision.Device{{
			ID: "00:15:65:aa:00:01", MAC: mac("001565aa0001"), Vendor: "yealink", Verdict: provision.VerdictPhone, Allocation: provision.AllocationBound,
			Lines: []provision.Line{{N: 1, Number: "201", Name: "Awa", Secret: "s3cret"}}, Token: "token-1", ReservedAt: noon,
		}, {
			ID: "00:15:65:aa:00:02", MAC: mac("001565aa0002"), Vendor: "yealink", Verdict: provision.VerdictSeen, Allocation: provision.AllocationReleased,
		}},
	}
	for range 2 { // the second time there is nothing to migrate
		s := open(t, path)
		if diff := cmp.Diff(want, load(t, s), cmpopts.EquateComparable(want.Devices[0].IP)); diff != "" {
			t.Errorf("state (-want +got):\n%s", diff)
		}
		s.Close()
	}
	s := open(t, path)
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	held, err := tx.Numbers()
	if diff := cmp.Diff(map[string]NumberState{"201": Bound, "202": Quarantine}, held); diff != "" || err != nil {
		t.Errorf("numbers (-want +got):\n%s %v", diff, err)
	}
}

// A phone that waits for approval has a line and nothing to ring it by.
func TestALineWithoutANumberComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	guest := device("00:15:65:aa:00:01", "")
	guest.Verdict, guest.Allocation, guest.Admin, guest.Code = provision.VerdictPending, provision.AllocationNone, "adm1n", "123456"
	change(t, s, func(tx *Tx) error { return tx.PutDevice(guest) })
	s.Close()
	got := load(t, open(t, path))
	if diff := cmp.Diff([]provision.Device{guest}, got.Devices, cmpopts.EquateComparable(guest.IP)); diff != "" || !got.Devices[0].Guest() {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
}

// What a part wrote and took back wears no card.
func TestAPartThatFailedWroteNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	_ = tx.Part(func() error {
		if err := tx.PutDevice(device("00:15:65:aa:00:01", "")); err != nil {
			t.Fatal(err)
		}
		return ErrNoNumber
	})
	if tx.Wrote() {
		t.Error("there is something to commit")
	}
}

// Of the lines of one device only those that registered rest.
func TestLinesAreBoundOneByOne(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for line, number := range []string{"201", "202", "203"} {
		_, err := tx.Reserve("base", line+1, func(yield func(string) bool) { yield(number) }, noon, noon)
		check(err)
	}
	check(tx.Bind("base", 1))
	check(tx.Bind("base", 3))
	check(tx.TakeBackLine("base", 3, noon))
	held, err := tx.Numbers()
	check(err)
	if diff := cmp.Diff(map[string]NumberState{"201": Bound, "202": Reserved, "203": Quarantine}, held); diff != "" {
		t.Errorf("one line taken back (-want +got):\n%s", diff)
	}
	check(tx.TakeBack("base", noon))
	check(tx.Vacate("203"))
	held, err = tx.Numbers()
	check(err)
	if diff := cmp.Diff(map[string]NumberState{"201": Quarantine}, held); diff != "" {
		t.Errorf("all taken back (-want +got):\n%s", diff)
	}
}
