package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"autocom/overlay"
)

func TestPersistList(t *testing.T) {
	got, err := parsePersist([]byte("[[keep]]\ndata = \"autocom\"\nmode = \"2750\"\nuser = 902\ngroup = 901\n\n[[keep]]\ndata = \"chrony\"\npath = \"/var/lib/chrony\"\n"))
	uid, gid := 902, 901
	want := []kept{{Data: "autocom", Mode: "2750", User: &uid, Group: &gid}, {Data: "chrony", Path: "/var/lib/chrony"}}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for name, text := range map[string]string{
		"an unknown key":         "[[keep]]\ndata = \"x\"\nowner = 1\n",
		"outside of /data":       "[[keep]]\ndata = \"../etc\"\n",
		"an absolute data":       "[[keep]]\ndata = \"/etc\"\n",
		"no data":                "[[keep]]\npath = \"/var/lib/x\"\n",
		"over the root":          "[[keep]]\ndata = \"x\"\npath = \"/\"\n",
		"a relative path":        "[[keep]]\ndata = \"x\"\npath = \"var\"\n",
		"a path that climbs":     "[[keep]]\ndata = \"x\"\npath = \"/var/../etc\"\n",
		"a mode that is no mode": "[[keep]]\ndata = \"x\"\nmode = \"rwx\"\n",
		"no TOML":                "[[keep",
	} {
		if got, err := parsePersist([]byte(text)); err == nil {
			t.Errorf("%s was accepted: %+v", name, got)
		}
	}
}

// The list that the image carries is one that init understands.
func TestTheOverlaysOwnList(t *testing.T) {
	list, err := parsePersist(overlay.Persist())
	if err != nil || len(list) == 0 {
		t.Errorf("%d entries, %v", len(list), err)
	}
}

func TestKeptDirectoriesGetModeAndStayPut(t *testing.T) {
	r := newRoot{t.TempDir()}
	uid, gid := os.Getuid(), os.Getgid()
	k := kept{Data: "asterisk/spool", Mode: "1770", User: &uid, Group: &gid}
	for range 2 { // as at the first and at every later start
		if err := r.keep(k); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(r.dir, "data/asterisk/spool"))
		if err != nil || info.Mode() != os.ModeDir|os.ModeSticky|0o770 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
}

func TestTheCardKeepsItsMachineID(t *testing.T) {
	r := newRoot{writeFiles(t, map[string]string{"data/x": "", "etc/machine-id": ""})}
	read := func() string {
		if err := r.identify(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(r.dir, "etc/machine-id"))
		if err != nil || !machineID.Match(b) {
			t.Fatalf("%q, %v", b, err)
		}
		// The next start has a new overlay.
		if err := os.Remove(filepath.Join(r.dir, "etc/machine-id")); err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := read()
	if second := read(); first != second {
		t.Errorf("%s, then %s", first, second)
	}
	// A file that the power cut emptied is made again, not believed.
	if err := os.Remove(filepath.Join(r.dir, "data/machine-id")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "data/machine-id"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if third := read(); third == first {
		t.Error("the same again from an empty file")
	}
}

func TestSystemdFeedsTheWatchdogOnlyWhenItSaysSo(t *testing.T) {
	for text, want := range map[string]bool{
		"[Manager]\nRuntimeWatchdogSec=30s\n": true, "[Manager]\n  RuntimeWatchdogSec = 1min\n": true,
		"[Manager]\n#RuntimeWatchdogSec=30s\n": false, "[Manager]\nRuntimeWatchdogSec=off\n": false, "RuntimeWatchdogSec=0\n": false, "": false,
	} {
		if got := systemdFeeds(writeFiles(t, map[string]string{"etc/systemd/system.conf.d/x.conf": text})); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if systemdFeeds(t.TempDir()) {
		t.Error("a system without configuration feeds nothing")
	}
}

func TestALineOfTheLogIsOneShortRecord(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "kmsg")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := console{kmsg: f}
	c.say("one\ntwo %s", strings.Repeat("x", 5000))
	(&console{}).say("without a log, nothing happens")
	b, err := os.ReadFile(f.Name())
	if err != nil || !strings.HasPrefix(string(b), "<5>autocom: one; two xxx") || strings.Count(string(b), "\n") != 1 || len(b) > 1000 {
		t.Errorf("%d bytes: %.40q, %v", len(b), b, err)
	}
}
