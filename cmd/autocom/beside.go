package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"autocom/image"
)

// writeBeside writes what lies beside an image: its sum, and what is in it.
func writeBeside(img image.Image, r image.Recipe, packages []image.Package, p programs) error {
	sum := fmt.Sprintf("%s  %s\n", img.SHA256, filepath.Base(img.Path)) // as sha256sum -c reads it
	lock := packagesLock(r, packages)
	web, err := webPackages()
	if err != nil {
		return err
	}
	bill, err := spdx(filepath.Base(img.Path), img.SHA256, r.SourceDate, packages, web, p.autocomd, p.init)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		img.Path + ".sha256":              []byte(sum),
		stem(img.Path) + ".spdx.json":     bill,
		stem(img.Path) + ".packages.lock": lock,
		// The same for those who look for this name; of the board that was built last.
		filepath.Join(filepath.Dir(img.Path), "packages.lock"): lock,
	} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// webPackages are the npm packages in autocomd's pages, "name version licence" a line, as
// portal/softphone/build.mjs wrote them; none when it did not run.
func webPackages() ([]byte, error) {
	source, err := sourceDir()
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(source, "portal/softphone/dist/packages.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return list, err
}

// packagesLock lists the packages of an image, "name version architecture" a line, below
// a comment that says whose they are.
func packagesLock(r image.Recipe, packages []image.Package) []byte {
	var lock bytes.Buffer
	fmt.Fprintf(&lock, "# autocom %s for board %s: packages of %s %s\n", r.Version, r.Board.Name, r.Base, r.Suite)
	for _, p := range packages {
		fmt.Fprintf(&lock, "%s %s %s\n", p.Name, p.Version, p.Arch)
	}
	return lock.Bytes()
}

// stem is an image's path without ".img".
func stem(img string) string { return img[:len(img)-len(filepath.Ext(img))] }

// compress writes the image as .img.zst, for downloads. It returns its size.
func compress(ctx context.Context, img string) (int64, error) {
	in, err := os.Open(img)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.Create(img + ".zst")
	if err != nil {
		return 0, err
	}
	defer out.Close()
	// One goroutine: with more, the borders of blocks depend on the machine.
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	// Said at the start, so that flash can compare it with the card before it writes.
	unpacked, err := in.Stat()
	if err != nil {
		return 0, err
	}
	z.ResetContentSize(out, unpacked.Size())
	for {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		_, err := io.CopyN(z, in, 64<<20)
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("compress the image: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return 0, fmt.Errorf("compress the image: %w", err)
	}
	info, err := out.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), out.Close()
}
