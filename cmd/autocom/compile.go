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
	p := programs{autocomd: filepath.Join(dir, "autocomd"), init: filepath.Join(dir, "init")}
	for pkg, out := range map[string]string{"./cmd/autocomd": p.autocomd, "./cmd/init": p.init} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
			"-ldflags", "-s -w -buildid= -X main.version="+r.Version, "-o", out, pkg)
		cmd.Dir = source
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+r.Board.Arch, "GOFLAGS=")
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
