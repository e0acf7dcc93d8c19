package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheSetupCodeLasts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "setup-code")
	first, err := setupCode(path)
	if err != nil || !setupForm.MatchString(first) {
		t.Fatalf("%q, %v", first, err)
	}
	if again, err := setupCode(path); err != nil || again != first {
		t.Errorf("after a restart it is %q, %v, and was %q", again, err, first)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("1234"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := setupCode(path); err == nil {
		t.Error("a code of four digits is taken")
	}
}
