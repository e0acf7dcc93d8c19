//go:build lab

package asteriskconf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
)

// Each office starts without a word of complaint, every sound that it plays is there in
// both languages, and Asterisk knows every extension of the files.
//
// In words: four whole offices start, in both languages.
func TestWholeOfficesStart(t *testing.T) {
	sounds := os.DirFS(filepath.Join(asterisktest.Rootfs(t), "usr/share/asterisk/sounds"))
	for _, name := range offices {
		t.Run(name, func(t *testing.T) {
			plan := office(t, name)
			files, err := Render(plan)
			if err != nil {
				t.Fatal(err)
			}
			if err := Check(files, sounds); err != nil {
				t.Error(err)
			}
			began := time.Now()
			a := start(t, plan, asterisktest.Options{})
			t.Logf("%s: up after %v", plan.Name, time.Since(began).Round(10*time.Millisecond))
			clean(t, a)
			known, err := a.CLI(within(t, 10*time.Second), "dialplan show")
			if err != nil {
				t.Fatal(err)
			}
			read, err := readDialplan(files)
			if err != nil {
				t.Fatal(err)
			}
			for context := range read {
				if !strings.Contains(known, "[ Context '"+context+"' created by") {
					t.Errorf("Asterisk does not know the context %s", context)
				}
			}
		})
	}
}
