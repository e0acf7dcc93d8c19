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

	"autocom/pbx/prompt"
	"autocom/portal"
)

// remove deletes uploaded variants.
func (p *prompts) remove(id string, languages []string) error {
	for _, l := range languages {
		if err := os.Remove(filepath.Join(p.dir, prompt.Uploaded(id, l))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// forget makes Asterisk play no recording from a phone any more.
func (p *prompts) forget(ctx context.Context, id string, languages []string) error {
	if p.db == nil {
		return nil
	}
	for _, l := range languages {
		if l == "" {
			continue
		}
		if err := p.db.DBDel(ctx, prompt.Family, prompt.Key(id, l)); err != nil {
			return fmt.Errorf("%w: the telephone exchange is starting, and what a phone recorded is heard still: try again in a minute (%w)", portal.ErrConflict, err)
		}
	}
	return nil
}

// settle leaves a link for callers whose language has no variant where Asterisk itself
// looks for one, as in queues: to a variant of another language, when there is none for
// everybody.
func (p *prompts) settle(id string) error {
	all := filepath.Join(p.dir, prompt.Uploaded(id, ""))
	info, err := os.Lstat(all)
	if err == nil && info.Mode().IsRegular() {
		return nil
	}
	if err == nil {
		if err := os.Remove(all); err != nil {
			return err
		}
	}
	for _, l := range prompt.Languages {
		if _, err := os.Stat(filepath.Join(p.dir, prompt.Uploaded(id, l))); err == nil {
			return os.Symlink(prompt.Uploaded(id, l), all)
		}
	}
	return nil
}

// write puts a file in its place whole, and onto the card before it is heard.
func (p *prompts) write(name string, body []byte) error {
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, bytes.NewReader(body))
	if err = errors.Join(err, f.Chmod(0o640), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write prompt: %w", err)
	}
	return os.Rename(f.Name(), path)
}

// purge takes away what belonged to a prompt that is no more.
func (p *prompts) purge(ctx context.Context, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := errors.Join(p.remove(id, languages), p.forget(ctx, id, prompt.Languages))
	for _, l := range prompt.Languages {
		for _, slot := range []string{"1", "2"} {
			os.Remove(filepath.Join(p.dir, prompt.Recorded(id, l, slot)))
		}
	}
	if err != nil {
		p.log.Warn("the sounds of a deleted prompt are still there", "id", id, "error", err)
	}
}
