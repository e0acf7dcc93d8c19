package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"autocom/pbx/ami"
	"autocom/pbx/prompt"
	pbxsound "autocom/pbx/sound"
)

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
