package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyFile gives the secret in a file, and makes one the first time: 26 signs, 130
// bits. It is written whole and synced, so that a pulled plug leaves none or all.
func keyFile(path string, mode os.FileMode) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		key := strings.TrimSpace(string(text))
		if len(key) < 16 {
			return "", fmt.Errorf("%s holds less than 16 signs: remove it and a new one is made", path)
		}
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	key := rand.Text()
	if err := writeFile(path, []byte(key+"\n"), mode); err != nil {
		return "", err
	}
	// The name has to last too: somebody may have copied the key already.
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	return key, errors.Join(dir.Sync(), dir.Close())
}

// writeFile replaces a file by rename, synced.
func writeFile(path string, text []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}
