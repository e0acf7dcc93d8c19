package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"autocom/image"
)

// writeBeside writes what lies beside an image: its sum, and the packages in it.
func writeBeside(img *image.Image, packages []image.Package, dir string) error {
	f, err := os.Open(img.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err
	}
	img.SHA256 = hex.EncodeToString(hash.Sum(nil))
	sum := fmt.Sprintf("%s  %s\n", img.SHA256, filepath.Base(img.Path)) // as sha256sum -c reads it
	if err := os.WriteFile(img.Path+".sha256", []byte(sum), 0o644); err != nil {
		return err
	}
	var lock bytes.Buffer
	for _, p := range packages {
		fmt.Fprintf(&lock, "%s %s %s\n", p.Name, p.Version, p.Arch)
	}
	return os.WriteFile(filepath.Join(dir, "packages.lock"), lock.Bytes(), 0o644)
}
