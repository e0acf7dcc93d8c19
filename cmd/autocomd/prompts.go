package main

import (
	"bytes"
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
	"autocom/pbx/ami"
	"autocom/pbx/prompt"
	pbxsound "autocom/pbx/sound"
	"autocom/portal"
)

// database is what Asterisk keeps in AstDB, and its lamps.
type database interface {
	Up() bool
	DBGet(ctx context.Context, family, key string) (value string, ok bool, err error)
	DBPut(ctx context.Context, family, key, value string) error
	DBDel(ctx context.Context, family, key string) error
	SetDeviceState(ctx context.Context, device, state string) error
}

// database is that of the exchange, nil without one.
func (e *exchange) database() database {
	if e.client == nil {
		return nil
	}
	return e.client
}

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

// event reads that somebody kept a recording. Answers of the manager cannot be waited for
// in the line of its events: the task asks.
func (p *prompts) event(e ami.Event) {
	if e.Name == "UserEvent" && e.Get("UserEvent") == prompt.Event {
		select {
		case p.told <- take{e.Get("Prompt"), e.Get("For"), e.Get("Slot")}:
		default:
			poke(p.wakes)
		}
	}
}

// take is a recording of a prompt made by phone.
type take struct{ id, language, slot string }

// take keeps a recording, and says so when it cannot.
func (p *prompts) take(ctx context.Context, r take) {
	if err := p.keep(ctx, r.id, r.language, r.slot); err != nil {
		p.log.Warn("a recorded prompt was not kept as a file; callers of menus hear it all the same", "error", err)
	}
}

// keep copies a recording from a phone, unless a newer one has been kept meanwhile.
func (p *prompts) keep(ctx context.Context, id, language, slot string) error {
	name, err := prompt.Slot(p.plan(), id, language, slot)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now, _, err := p.db.DBGet(ctx, prompt.Family, prompt.Key(id, language)); err != nil || now != slot {
		return err
	}
	file, err := readTheirs(p.dir, name, promptBytes)
	if err != nil {
		return err
	}
	if pbxsound.Length(file) == 0 {
		return fmt.Errorf("%s holds no sound", name)
	}
	if err := p.write(prompt.Uploaded(id, language), file); err != nil {
		return err
	}
	p.log.Info("prompt recorded from a phone", "id", id, "language", language)
	return p.settle(id)
}

// sweep keeps the recordings of which we were not told, because we were not there.
func (p *prompts) sweep(ctx context.Context) {
	for _, o := range p.plan().All(prompt.Kind) {
		for _, l := range prompt.Languages {
			slot, ok, err := p.db.DBGet(ctx, prompt.Family, prompt.Key(o.ID, l))
			if err != nil {
				return // it went away again; the next start asks again
			}
			if !ok || p.kept(o.ID, l, slot) {
				continue
			}
			p.take(ctx, take{o.ID, l, slot})
		}
	}
}

// kept tells that a recording is no younger than what was made of it.
func (p *prompts) kept(id, language, slot string) bool {
	recorded, err := os.Stat(filepath.Join(p.dir, prompt.Recorded(id, language, slot)))
	if err != nil {
		return true
	}
	ours, err := os.Stat(filepath.Join(p.dir, prompt.Uploaded(id, language)))
	return err == nil && !ours.ModTime().Before(recorded.ModTime())
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
