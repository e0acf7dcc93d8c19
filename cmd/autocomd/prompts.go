package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"autocom/pbx"
	"autocom/pbx/prompt"
	pbxsound "autocom/pbx/sound"
	"autocom/portal"
)

// maxPrompt is the longest prompt that can be uploaded or recorded.
const maxPrompt = 5 * time.Minute

// promptBytes is what a phone records in that time, 16 bits at 16 kHz, and its header.
const promptBytes = int64(maxPrompt/time.Second)*32000 + 1<<16

// prompts keeps the sounds of prompts in files that Asterisk plays by itself. It is the
// task that takes over what is recorded from phones.
type prompts struct {
	dir   string // pbx.PromptDir as autocomd sees it
	plan  func() pbx.Plan
	db    database // nil: no exchange
	log   *slog.Logger
	told  chan take     // of which the phone's user said: keep it
	wakes chan struct{} // something may have been recorded while nobody told us

	converting sync.Mutex // one at a time: it takes memory
	mu         sync.Mutex // one change at a time
}

func newPrompts(dir string, plan func() pbx.Plan, db database, log *slog.Logger) *prompts {
	return &prompts{dir: dir, plan: plan, db: db, log: log, told: make(chan take, 16), wakes: make(chan struct{}, 1)}
}

func (p *prompts) String() string { return "prompts" }

// Run makes an upload of each recording that somebody keeps: then it is also heard where
// Asterisk plays a file without asking the dialplan, as in queues.
func (p *prompts) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-p.told:
			p.take(ctx, r)
		case <-p.wakes:
			if p.up() {
				p.sweep(ctx)
			}
		}
	}
}

// languages are those of variants, "" for everybody last.
var languages = append(append([]string{}, prompt.Languages...), "")

func (p *prompts) known(id string) error {
	if _, ok := p.plan().Object(prompt.Kind, id); !ok {
		return fmt.Errorf("prompt %q: %w", id, fs.ErrNotExist)
	}
	return nil
}

// Sounds tells the variants that there are.
func (p *prompts) Sounds(ctx context.Context, id string) ([]portal.Sound, error) {
	if err := p.known(id); err != nil {
		return nil, err
	}
	var out []portal.Sound
	for _, l := range languages {
		file, from, err := p.variant(ctx, id, l)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, portal.Sound{Language: l, Seconds: pbxsound.Length(file).Seconds(), From: from})
	}
	return out, nil
}

// Sound is the file of a variant.
func (p *prompts) Sound(ctx context.Context, id, language string) ([]byte, error) {
	if err := p.known(id); err != nil {
		return nil, err
	}
	file, _, err := p.variant(ctx, id, language)
	return file, err
}

// variant is what callers of a language hear, "" those without one of their own.
func (p *prompts) variant(ctx context.Context, id, language string) (file []byte, from string, err error) {
	if language != "" && p.up() {
		slot, ok, err := p.db.DBGet(ctx, prompt.Family, prompt.Key(id, language))
		if err != nil {
			return nil, "", err
		}
		if name, bad := prompt.Slot(p.plan(), id, language, slot); ok && bad == nil {
			if file, err := readTheirs(p.dir, name, promptBytes); err == nil {
				return file, "phone", nil
			}
		}
	}
	name := filepath.Join(p.dir, prompt.Uploaded(id, language))
	info, err := os.Lstat(name)
	if err == nil && !info.Mode().IsRegular() { // a link to another variant
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, "", err
	}
	file, err = os.ReadFile(name)
	return file, "upload", err
}

func (p *prompts) up() bool { return p.db != nil && p.db.Up() }

// PutSound keeps what was uploaded. Nothing of it is heard before all of it is written.
func (p *prompts) PutSound(ctx context.Context, id, language string, file io.Reader) error {
	if err := p.known(id); err != nil {
		return err
	}
	p.converting.Lock()
	converted, err := pbxsound.Convert(file, maxPrompt)
	p.converting.Unlock()
	if err != nil {
		return fmt.Errorf("%w: %w", portal.ErrSound, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.write(prompt.Uploaded(id, language), converted); err != nil {
		return err
	}
	// What phones recorded before is older; a variant for everybody is for everybody.
	gone := []string{language}
	if language == "" {
		gone = prompt.Languages
		if err := p.remove(id, gone); err != nil {
			return err
		}
	}
	if err := p.forget(ctx, id, gone); err != nil {
		return err
	}
	return p.settle(id)
}

// DropSound takes away one variant, or all.
func (p *prompts) DropSound(ctx context.Context, id, language string) error {
	if err := p.known(id); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	gone := []string{language}
	if language == "" {
		gone = languages
	}
	if err := p.remove(id, gone); err != nil {
		return err
	}
	if err := p.forget(ctx, id, gone); err != nil {
		return err
	}
	return p.settle(id)
}
