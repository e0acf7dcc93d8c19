package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"autocom/image"
)

// programs are our own binaries, for the board.
type programs struct{ autocomd, init string }

// compile builds autocomd and init without cgo and without traces of this machine, so
// that every machine makes the same bytes.
func compile(ctx context.Context, r image.Recipe, dir string) (programs, error) {
	source, err := sourceDir()
	if err != nil {
		return programs{}, err
	}
	// Go's own temporary files, too, so that they go with ours.
	temp := filepath.Join(dir, "go-tmp")
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return programs{}, err
	}
	p := programs{autocomd: filepath.Join(dir, "autocomd"), init: filepath.Join(dir, "init")}
	for pkg, out := range map[string]string{"./cmd/autocomd": p.autocomd, "./cmd/init": p.init} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
			"-ldflags", "-s -w -buildid= -X main.version="+r.Version, "-o", out, pkg)
		cmd.Dir = source
		cmd.Env = append(os.Environ(), goEnv(r.Board.Arch)...)
		cmd.Env = append(cmd.Env, "GOTMPDIR="+temp)
		// Killed, go would leave its compilers running.
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = 30 * time.Second
		if words, err := cmd.CombinedOutput(); err != nil {
			if ctx.Err() != nil {
				return programs{}, ctx.Err()
			}
			if errors.Is(err, exec.ErrNotFound) {
				return programs{}, errors.New("missing: go: run image/setup.sh, which installs it")
			}
			return programs{}, fmt.Errorf("compile %s: %w:\n%s", pkg, err, bytes.TrimSpace(words))
		}
	}
	return p, nil
}

// goEnv says what decides the bytes of a program, whatever this user has set for other
// work: the oldest processors of an architecture, no experiments, no workspace. GOFLAGS
// is not empty because go would then read it from the user's file (go env -w). Which
// toolchain is used, go.mod decides.
func goEnv(arch string) []string {
	return []string{
		"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + arch, "GOAMD64=v1", "GOARM64=v8.0",
		"GOEXPERIMENT=", "GOFLAGS=-trimpath", "GOWORK=off", "GOFIPS140=off",
	}
}

// sourceDir finds the checkout that this command is run in: the image carries programs
// compiled from it.
func sourceDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(data), "module autocom\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("this is no checkout of autocom: change into one, its programs go into the image")
		}
	}
}
