package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openTheRecords(t *testing.T, path string) *Records {
	t.Helper()
	r, err := OpenRecords(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func row(n int, numbers ...string) CallRow {
	return CallRow{ID: fmt.Sprintf("autocom-1.%d", n), Start: noon.Add(time.Duration(n) * time.Minute), Direction: "internal", Result: "answered",
		Numbers: numbers, Names: []string{"Aïcha", "100%_\\"}, JSON: fmt.Sprintf(`{"id":"autocom-1.%d"}`, n)}
}

func ids(t *testing.T, r *Records, f CallFilter) []string {
	t.Helper()
	got, err := r.Calls(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestCallsAreFound(t *testing.T) {
	r := openTheRecords(t, filepath.Join(t.TempDir(), RecordsName))
	missed := row(3, "201", "2022")
	missed.Result, missed.Names, missed.JSON = "missed", []string{"Bob"}, `{"id":"autocom-1.3","queue":"sales"}`
	if err := r.Add(t.Context(), []CallRow{row(1, "201", "202"), row(2, "203", "+237699"), missed}, nil, nil); err != nil {
		t.Fatal(err)
	}
	one, two, three := `{"id":"autocom-1.1"}`, `{"id":"autocom-1.2"}`, missed.JSON
	for name, c := range map[string]struct {
		f    CallFilter
		want []string
	}{
		"all, the youngest first":     {CallFilter{}, []string{three, two, one}},
		"of a number":                 {CallFilter{Number: "202"}, []string{one}},
		"of a number with a sign":     {CallFilter{Number: "+237699"}, []string{two}},
		"a number that LIKE knows":    {CallFilter{Number: "20_"}, nil},
		"a part of a name":            {CallFilter{Name: "AÏCH"}, []string{two, one}},
		"a name that LIKE knows":      {CallFilter{Name: "100%_\\"}, []string{two, one}},
		"of a queue":                  {CallFilter{Queue: "sales"}, []string{three}},
		"of a queue with no calls":    {CallFilter{Queue: "sale_"}, nil},
		"missed":                      {CallFilter{Results: []string{"missed", "busy"}}, []string{three}},
		"since":                       {CallFilter{Since: noon.Add(2 * time.Minute)}, []string{three, two}},
		"until":                       {CallFilter{Until: noon.Add(2 * time.Minute)}, []string{one}},
		"the first page":              {CallFilter{Limit: 2}, []string{three, two}},
		"the second page":             {CallFilter{Limit: 2, Before: "autocom-1.2"}, []string{one}},
		"after a call that is no one": {CallFilter{Before: "' OR 1=1"}, nil},
	} {
		if diff := cmp.Diff(c.want, ids(t, r, c.f)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The same call is read again after a power cut: it is there once, and one that was erased
// does not come back.
func TestACallThatIsReadAgain(t *testing.T) {
	r := openTheRecords(t, filepath.Join(t.TempDir(), RecordsName))
	for range 2 {
		if err := r.Add(t.Context(), []CallRow{row(1, "201"), row(2, "201")}, nil, []Place{{"calls", "f", 100}}); err != nil {
			t.Fatal(err)
		}
		if err := r.DropCall(t.Context(), "autocom-1.1"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{`{"id":"autocom-1.2"}`}, ids(t, r, CallFilter{Number: "201"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, ok, err := r.Call(t.Context(), "autocom-1.1"); ok || err != nil {
		t.Errorf("the erased call is there (%v)", err)
	}
	if n, err := r.Place(t.Context(), "calls", "f"); n != 100 || err != nil {
		t.Errorf("place %d, %v", n, err)
	}
	if n, err := r.Expire(t.Context(), noon.Add(90*time.Second)); n != 1 || err != nil {
		t.Errorf("%d were erased, %v", n, err)
	}
	if err := r.Settle(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLoginsBeforeThePeriodAreGiven(t *testing.T) {
	r := openTheRecords(t, filepath.Join(t.TempDir(), RecordsName))
	line := func(h int, state bool, text string) QueueLine {
		return QueueLine{noon.Add(time.Duration(h) * time.Hour), state, text}
	}
	if err := r.Add(t.Context(), nil, []QueueLine{line(0, true, "login"), line(1, false, "call"), line(48, false, "today"), line(49, true, "logout"), line(90, true, "later")}, nil); err != nil {
		t.Fatal(err)
	}
	got, err := r.QueueLog(t.Context(), noon.Add(47*time.Hour), noon.Add(80*time.Hour))
	if diff := cmp.Diff([]string{"login", "today", "logout"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Damaged records are no reason to stop: they begin anew, and the old file is kept.
func TestDamagedRecordsBeginAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), RecordsName)
	if err := os.WriteFile(path, make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append([]byte("no database at all"), make([]byte, 8192)...), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := OpenRecords(t.Context(), path)
	if !errors.Is(err, ErrDamaged) || r == nil {
		t.Fatalf("%v", err)
	}
	defer r.Close()
	if err := r.Add(t.Context(), []CallRow{row(1, "201")}, nil, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Error(err)
	}
}
