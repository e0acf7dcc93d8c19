package overlay

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The clock is set forward, to a time that can be, and only while chrony has no source.
func TestTheClockIsSet(t *testing.T) {
	const script = "root/usr/lib/autocom/set-clock"
	now := time.Now().Unix()
	for what, tt := range map[string]struct {
		wanted string
		chrony string // the first fields of `chronyc -c tracking`; "" it does not run
		set    bool
	}{
		"a day ahead, chrony has none but itself": {fmt.Sprint(now + 86400), "7F7F0101,,10,1", true},
		"a day ahead, chrony has just begun":      {fmt.Sprint(now + 86400), "00000000,,0,0", true},
		"a day ahead, no chrony":                  {fmt.Sprint(now + 86400), "", true},
		"a day ahead, chrony has a source":        {fmt.Sprint(now + 86400), "C0248F82,192.36.143.130,2,1", false},
		"a day behind":                            {fmt.Sprint(now - 86400), "", false},
		"a second ahead":                          {fmt.Sprint(now + 1), "", false},
		"after 2100":                              {"4102444801", "", false},
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
		write("wanted", tt.wanted+"\n")
		chrony := "#!/bin/sh\necho " + tt.chrony + "\n"
		if tt.chrony == "" {
			chrony = "#!/bin/sh\nexit 1\n"
		}
		write("chronyc", chrony)
		write("date", "#!/bin/sh\nif [ \"$1\" = -s ]; then echo \"$2\" >\""+dir+"/set\"; else exec /bin/date \"$@\"; fi\n")
		cmd := exec.Command("sh", script, filepath.Join(dir, "wanted"))
		cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", what, err, out)
		}
		got, _ := os.ReadFile(filepath.Join(dir, "set"))
		if set := strings.TrimSpace(string(got)); tt.set && set != "@"+tt.wanted || !tt.set && set != "" {
			t.Errorf("%s: set to %q", what, set)
		}
		if _, err := os.Stat(filepath.Join(dir, "wanted")); err == nil {
			t.Errorf("%s: the request is still there, and would be made again for ever", what)
		}
		if _, err := os.Stat("pwned"); err == nil {
			t.Fatalf("%s: it ran", what)
		}
	}
}
