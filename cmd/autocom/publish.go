package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"autocom/image"
)

// workBytes is room for programs, slot, image and packed image before they get their
// names: 30, 200, 580 and 200 MB.
const workBytes = 5 << 28

// workPrefix is how the directory begins in which a board's image is made.
func workPrefix(r image.Recipe) string { return ".autocom-" + r.Board.Name + "-" }

// workDir makes a hidden directory beside the result, so that giving a name is a rename.
// clean removes it, and out too if it was made here and nothing came into it.
func workDir(out string, r image.Recipe) (dir string, clean func(), err error) {
	_, err = os.Stat(out)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", nil, fmt.Errorf("make the place for the image: %w: choose another with -o", err)
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(out, &st); err != nil {
		return "", nil, fmt.Errorf("ask for the free space of %s: %w", out, err)
	}
	if free := int64(st.Bavail) * int64(st.Bsize); free < workBytes {
		return "", nil, fmt.Errorf("%s has %s free and the build needs %s: free some, or choose another place with -o", out, size(free), size(workBytes))
	}
	dir, remove, err := image.Workplace(out, workPrefix(r))
	if err != nil {
		return "", nil, fmt.Errorf("make the place for the image: %w: choose another with -o", err)
	}
	return dir, func() {
		remove()
		if made {
			_ = os.Remove(out) // of a directory with something in it this is refused
		}
	}, nil
}

// publish moves the finished files from work to out. The image goes last: who sees it
// finds its bmap and sum beside it.
func publish(work, out, img string) error {
	for _, name := range []string{stem(img) + ".packages.lock", "packages.lock", stem(img) + ".spdx.json", img + ".sha256", img + ".bmap", img + ".zst", img} {
		if err := os.Rename(filepath.Join(work, name), filepath.Join(out, name)); err != nil {
			return fmt.Errorf("give the image its name: %w", err)
		}
	}
	return nil
}
