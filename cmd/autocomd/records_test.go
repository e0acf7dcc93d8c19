package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/report"
	"autocom/portal"
)

func settings(kind, body string) pbx.Plan {
	return pbx.Plan{Objects: []pbx.Object{{Kind: pbx.KindSettings, ID: kind, Body: []byte(body)}}}
}

// shelf is a directory of recordings with a card of any size.
func shelf(t *testing.T, body string) (*recordings, *[]bool) {
	t.Helper()
	data := t.TempDir()
	r := newRecordings(data, func() pbx.Plan { return settings("recording", body) }, slog.New(slog.NewTextHandler(io.Discard, nil)))
	told := &[]bool{}
	r.tell = func(_ context.Context, stop bool) error { *told = append(*told, stop); return nil }
	r.free = func() (int64, error) { return 1 << 40, nil }
	return r, told
}

func (r *recordings) put(t *testing.T, name string, age time.Duration, bytes int) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, bytes), 0o644); err != nil {
		t.Fatal(err)
	}
	at := r.now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func (r *recordings) names(t *testing.T) []string {
	t.Helper()
	files, err := r.files()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		out = append(out, f.name)
	}
	return out
}

func TestOldRecordingsAreErased(t *testing.T) {
	r, _ := shelf(t, `{"days":10}`)
	r.put(t, "2026/01/01/a.wav", 11*24*time.Hour, 10)
	r.put(t, "2026/01/03/b.wav", 9*24*time.Hour, 10)
	if err := r.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.names(t); !slices.Equal(got, []string{"2026/01/03/b.wav"}) {
		t.Errorf("%q are left", got)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "2026/01/01")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("an empty directory is left")
	}
}

func TestTheOldestGoWhenThereIsTooMuch(t *testing.T) {
	r, _ := shelf(t, `{"max_mb":2}`)
	r.put(t, "c.wav", time.Hour, 1<<20)
	r.put(t, "a.wav", 3*time.Hour, 1<<20)
	r.put(t, "b.wav", 2*time.Hour, 1<<20)
	r.put(t, "now.wav", 0, 1<<10)
	if err := r.tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.names(t); !slices.Equal(got, []string{"c.wav", "now.wav"}) {
		t.Errorf("%q are left", got)
	}
}

// Asterisk is told once, and again when it was away.
func TestNothingIsRecordedOnAFullCard(t *testing.T) {
	r, told := shelf(t, `{"min_free_mb":100}`)
	for _, mb := range []int64{500, 500, 99, 98, 105, 111, 500} {
		r.free = func() (int64, error) { return mb << 20, nil }
		if err := r.tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(*told, []bool{false, true, false}) {
		t.Errorf("Asterisk was told %v", *told)
	}
}

const recorded = "/data/recordings/2026/11/23/autocom-1795457743.0.wav"

// one is a call in the records that has a recording.
func one(t *testing.T) (archive, *past) {
	t.Helper()
	p := newPast(t)
	c := p.call()
	mark := strings.Replace(strings.Replace(c[1], `"HANGUP"`, `"AC_RECORDING"`, 1), `{""hangupcause"":16}`, `{""extra"":""`+recorded+`""}`, 1)
	p.write("calls.csv", c[0]+mark+c[1]+c[2])
	path := filepath.Join(p.data, "recordings/2026/11/23/autocom-1795457743.0.wav")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("RIFF"), 0o644); err != nil {
		t.Fatal(err)
	}
	return archive{p.h}, p
}

func TestARecordingIsGivenAndErased(t *testing.T) {
	a, p := one(t)
	f, err := a.Recording(t.Context(), "autocom-1795457743.0", 0)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(f)
	f.Close()
	if string(body) != "RIFF" {
		t.Errorf("%q", body)
	}
	if err := a.DropCall(t.Context(), "autocom-1795457743.0"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Call(t.Context(), "autocom-1795457743.0"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the call is there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(p.data, "recordings/2026/11/23/autocom-1795457743.0.wav")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the recording is there")
	}
	p.stop()
	p.start() // what Asterisk wrote down is read again
	if list, _, err := (archive{p.h}).Calls(t.Context(), portal.CallQuery{}); len(list) != 0 || err != nil {
		t.Errorf("the erased call came back: %s, %v", list, err)
	}
}

// A log that somebody has tampered with leads to no other file.
func TestRecordingsLieInOnePlace(t *testing.T) {
	for name, want := range map[string]string{
		recorded:                             "2026/11/23/autocom-1795457743.0.wav",
		"/data/recordings/a.wav49":           "a.WAV",
		"/data/recordings/../autocom/a.db":   "",
		"/etc/passwd":                        "",
		"/data/recordings/x/../../api-token": "",
		"":                                   "",
		"/data/recordingsx/a.wav":            "",
	} {
		if got, _ := recordingFile(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestReportsAsTables(t *testing.T) {
	p := newPast(t)
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC).Unix()
	for _, l := range []string{"c.1|sav|NONE|ENTERQUEUE||201|1", "c.1|sav|202|CONNECT|4|c.2|1", "c.1|sav|202|COMPLETECALLER|4|60|1", "NONE|sav|202|PAUSE|=cmd", "NONE|sav|203|ADDMEMBER|"} {
		p.write("queue_log", strings.Join([]string{jsonInt(at), l}, "|")+"\n")
	}
	p.h.now = func() time.Time { return time.Unix(at+100, 0) }
	a := archive{p.h}
	q := portal.ReportQuery{From: time.Unix(at, 0), To: time.Unix(at+3600, 0)}
	queues, err := a.Report(t.Context(), "queues", q)
	if err != nil || len(queues.Table) != 2 || len(queues.Table[1]) != len(report.QueueFigures)+2 {
		t.Fatalf("%+v, %v", queues.Table, err)
	}
	if got := strings.Join(queues.Table[1][:6], ","); got != "2026-11-23 10:00:00,sav,1,1,0,0" {
		t.Errorf("%s", got)
	}
	agents, err := a.Report(t.Context(), "agents", q)
	if err != nil || len(agents.Table) != 3 {
		t.Fatalf("%+v, %v", agents.Table, err)
	}
	if got := strings.Join(agents.Table[2], ","); got != "2026-11-23 10:00:00,203,0,0,0,0,100,0,,0,0" {
		t.Errorf("%s", got)
	}
	var text strings.Builder
	if err := csv.NewWriter(&text).WriteAll(agents.Table); err != nil {
		t.Error(err)
	}
}

func jsonInt(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}
