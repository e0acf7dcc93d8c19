package main

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"autocom/image"
)

// A builder whose shell is set up for fast programs of its own must not make a card that
// an old PC or a Pi 3 cannot run.
func TestTheBuildersSettingsStayOutOfThePrograms(t *testing.T) {
	for name, value := range map[string]string{
		"GOAMD64": "v3", "GOARM64": "v9.0", "GOEXPERIMENT": "synctest", "GOFLAGS": "-tags=mine", "CGO_ENABLED": "1",
	} {
		t.Setenv(name, value)
	}
	r := image.Recipe{Version: "0.1.0", Board: image.Board{Arch: runtime.GOARCH}}
	dir := filepath.Join(t.TempDir(), "bin")
	p, err := compile(t.Context(), r, dir)
	if err != nil {
		t.Fatal(err)
	}
	level := map[string]string{"amd64": "GOAMD64", "arm64": "GOARM64"}[runtime.GOARCH]
	want := map[string]string{
		"-buildmode": "exe", "-compiler": "gc", "-trimpath": "true", "CGO_ENABLED": "0",
		"GOOS": "linux", "GOARCH": runtime.GOARCH, level: map[string]string{"amd64": "v1", "arm64": "v8.0"}[runtime.GOARCH],
	}
	for _, program := range []string{p.autocomd, p.init} {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, s := range info.Settings {
			got[s.Key] = s.Value
		}
		delete(got, "DefaultGODEBUG") // go.mod's
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", filepath.Base(program), diff)
		}
	}
	if left, err := os.ReadDir(filepath.Join(dir, "go-tmp")); err != nil || len(left) != 0 {
		t.Errorf("go left %v, %v", left, err)
	}
}
