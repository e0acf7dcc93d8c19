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

// unpackedKey tells which root file system a directory holds.
const unpackedKey = ".autocom-rootfs"

// unpackRoot makes a directory of a root file system, for the lab, which runs the same
// Asterisk as the card without a machine around it. It keeps one that is current.
func unpackRoot(ctx context.Context, s *steps, root image.Rootfs, dir string) error {
	s.start("unpack")
	if key, err := os.ReadFile(filepath.Join(dir, unpackedKey)); err == nil && strings.TrimSpace(string(key)) == root.Hash {
		s.end("%s is current", dir)
		return nil
	}
	if os.Geteuid() != 0 {
		return errors.New("unpack the root file system: its files have owners: run as root")
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, unpackedKey)); err != nil {
			return fmt.Errorf("%s is not empty and no root file system: name another directory", dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove the older root file system: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".autocom-unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	tar := exec.CommandContext(ctx, "tar", "--extract", "--numeric-owner", "--preserve-permissions",
		"--xattrs", "--xattrs-include=*", "--exclude=./dev/*", "--file", root.Tar, "--directory", temp)
	if words, err := tar.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("unpack the root file system: %w: %s", err, bytes.TrimSpace(words))
	}
	if err := os.WriteFile(filepath.Join(temp, unpackedKey), []byte(root.Hash+"\n"), 0o644); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	_ = os.Remove(dir) // an empty one that was there
	if err := os.Rename(temp, dir); err != nil {
		return err
	}
	s.end("%s", dir)
	return nil
}
