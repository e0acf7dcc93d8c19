package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"autocom/pbx"
	"autocom/pbx/music"
	pbxsound "autocom/pbx/sound"
	"autocom/portal"
)

const (
	maxSong    = 15 * time.Minute // 29 MB as it is kept
	maxSongs   = 300 << 20        // bytes of all musics: recordings and messages need room too
	songEnding = ".wav16"         // what Asterisk calls 16 kHz, 16 bit, one channel
)

// musics keeps the files of musics. A file lies there before the music lists it, and is
// removed after it does not: Asterisk is never told of one that is not there.
type musics struct {
	dir  string // music.Directory as autocomd sees it
	desk desk

	mu sync.Mutex // one change at a time
}

func (m *musics) path(id, name string) string { return filepath.Join(m.dir, id, name+songEnding) }

// Song is a file as it is played.
func (m *musics) Song(_ context.Context, id, name string) ([]byte, error) {
	return os.ReadFile(m.path(id, name))
}

// PutSong keeps what was uploaded, and lists it.
func (m *musics) PutSong(ctx context.Context, id, name string, file io.Reader) error {
	converted, err := pbxsound.Convert(file, maxSong)
	if err != nil {
		return fmt.Errorf("%w: %w", portal.ErrSound, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.size()+int64(len(converted)) > maxSongs {
		return fmt.Errorf("%w: all musics together may have %d MB: delete a file first", portal.ErrConflict, maxSongs>>20)
	}
	if err := m.write(m.path(id, name), converted); err != nil {
		return err
	}
	return m.list(ctx, id, func(files []string) []string {
		if slices.Contains(files, name) {
			return files
		}
		return append(files, name)
	})
}

// DropSong takes a file off the list, then away.
func (m *musics) DropSong(ctx context.Context, id, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	listed := false
	err := m.list(ctx, id, func(files []string) []string {
		return slices.DeleteFunc(files, func(f string) bool { listed = listed || f == name; return f == name })
	})
	if err != nil {
		return err
	}
	if err := os.Remove(m.path(id, name)); err != nil && (!listed || !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	return nil
}

// list changes which files a music has. What was changed meanwhile is read again.
func (m *musics) list(ctx context.Context, id string, change func([]string) []string) error {
	for try := 0; ; try++ {
		o, ok := m.desk.Object(music.Kind, id)
		if !ok {
			return fs.ErrNotExist
		}
		before, err := music.Decode(o)
		if err != nil {
			return err
		}
		after := change(slices.Clone(before.Files))
		if slices.Equal(before.Files, after) {
			return nil
		}
		if o.Body, err = withFiles(o.Body, after); err != nil {
			return err
		}
		_, err = m.desk.put(ctx, o, o.Rev, "")
		if !errors.Is(err, portal.ErrChanged) || try == 3 {
			return err
		}
	}
}

// withFilesOf gives a body of a music the files that another one has.
func withFilesOf(old pbx.Object, body []byte) ([]byte, error) {
	had, err := music.Decode(old)
	if err != nil {
		return nil, err
	}
	return withFiles(body, had.Files)
}

func withFiles(body []byte, files []string) ([]byte, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("music: %w", err)
	}
	delete(fields, "files")
	if len(files) > 0 {
		list, err := json.Marshal(files)
		if err != nil {
			return nil, err
		}
		fields["files"] = list
	}
	return json.Marshal(fields)
}

// purge takes away the files of a music that is no more.
func (m *musics) purge(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return os.RemoveAll(filepath.Join(m.dir, id))
}

// size is that of all files.
func (m *musics) size() (bytes int64) {
	filepath.WalkDir(m.dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}

// write puts a file in its place whole, and onto the card before it is heard.
func (m *musics) write(path string, body []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(body)
	if err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write music: %w", err)
	}
	return os.Rename(f.Name(), path)
}
