package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// TestMain is also the program that gets killed: it makes a workplace and waits.
func TestMain(m *testing.M) {
	if parent := os.Getenv("AUTOCOM_TEST_WORKPLACE"); parent != "" {
		dir, _, err := Workplace(parent, "making-")
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "half"), []byte("half"), 0o600)
		}
		if err == nil {
			_, err = os.Stdout.WriteString(dir + "\n")
		}
		if err != nil {
			panic(err)
		}
		time.Sleep(time.Minute)
	}
	os.Exit(m.Run())
}

func TestWhatAKilledProgramLeftIsSwept(t *testing.T) {
	parent := t.TempDir()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "AUTOCOM_TEST_WORKPLACE="+parent)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 4096)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Base(strings.TrimSpace(string(line[:n])))

	mine, remove, err := Workplace(parent, "making-")
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, parent); !slices.Contains(got, theirs) || len(got) != 2 {
		t.Errorf("while it lives: %v, want %s and mine", got, theirs)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed
	// Things of other names, and files, are nobody's litter.
	for _, name := range []string{"amd64-1234", "making-notes"} {
		if err := os.WriteFile(filepath.Join(parent, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(parent, "making-")
	want := []string{"amd64-1234", filepath.Base(mine), "making-notes"}
	slices.Sort(want)
	if got := names(t, parent); !slices.Equal(got, want) {
		t.Errorf("after it was killed: %v, want %v", got, want)
	}
	remove()
	if _, err := os.Stat(mine); err == nil {
		t.Error("remove left the workplace")
	}
	Sweep(filepath.Join(parent, "absent"), "making-")
}

func TestManyWorkplacesAtOnce(t *testing.T) {
	parent := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				dir, remove, err := Workplace(parent, "making-")
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o600); err != nil {
					t.Error(err)
				}
				remove()
			}
		})
	}
	all.Wait()
	if left := names(t, parent); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
