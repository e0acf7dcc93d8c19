package overlay

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The clock is set forward, to a time that can be, and only while chrony has no source; it
// is remembered at once.
func TestTheClockIsSet(t *testing.T) {
	const script = "root/usr/lib/autocom/set-clock"
	now := time.Now().Unix()
	for what, tt := range map[string]struct {
		ahead  string
		chrony string // the first fields of `chronyc -c tracking`; "" it does not run
		set    bool
	}{
		"a day ahead, chrony has none but itself": {"86400", "7F7F0101,,10,1", true},
		"a day ahead, chrony has just begun":      {"86400", "00000000,,0,0", true},
		"a day ahead, no chrony":                  {"86400", "", true},
		"a day ahead, chrony has a source":        {"86400", "C0248F82,192.36.143.130,2,1", false},
		"a second ahead":                          {"1", "", false},
		"after 2100":                              {fmt.Sprint(4102444801 - now), "", false},
		"more digits than a time has":             {"17000000000000000000000", "", false},
		"nothing":                                 {"", "", false},
		"a command":                               {"$(touch pwned)`touch pwned`", "", false},
	} {
		dir := t.TempDir()
		write := func(name, text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		write("wanted", tt.ahead+"\n")
		chrony := "#!/bin/sh\necho " + tt.chrony + "\n"
		if tt.chrony == "" {
			chrony = "#!/bin/sh\nexit 1\n"
		}
		write("chronyc", chrony)
		write("touch", "#!/bin/sh\necho \"$1\" >\""+dir+"/kept\"\n")
		write("date", "#!/bin/sh\nif [ \"$1\" = -s ]; then echo \"$2\" >\""+dir+"/set\"; else exec /bin/date \"$@\"; fi\n")
		cmd := exec.Command("sh", script, filepath.Join(dir, "wanted"))
		cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", what, err, out)
		}
		got, _ := os.ReadFile(filepath.Join(dir, "set"))
		to, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(string(got)), "@"), 10, 64)
		if off := to - now - 86400; tt.set && (err != nil || off < 0 || off > 60) || !tt.set && len(got) > 0 {
			t.Errorf("%s: set to %q", what, got)
		}
		kept, _ := os.ReadFile(filepath.Join(dir, "kept"))
		if got := strings.TrimSpace(string(kept)) == "/data/clock"; got != tt.set {
			t.Errorf("%s: it is remembered over a power cut: %v", what, got)
		}
		if _, err := os.Stat(filepath.Join(dir, "wanted")); err == nil {
			t.Errorf("%s: the request is still there, and would be made again for ever", what)
		}
		if _, err := os.Stat("pwned"); err == nil {
			t.Fatalf("%s: it ran", what)
		}
	}
}
