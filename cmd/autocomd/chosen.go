package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"autocom/office"
	"autocom/pbx"
)

// What is chosen on the pages stands in the store and goes before autocom.toml, which the
// box cannot write. But who edits the file on the card later means it: a key of the file
// that differs from what it was at the start before takes the page's choice back.

// errChosen ends a life of the daemon: the next one begins with other settings.
var errChosen = errors.New("other settings were chosen")

// site is what of the settings the pages may choose.
func (c *config) site() pbx.Site {
	return pbx.Site{
		Title: c.Site.Name, Language: c.Site.Language, Country: c.Site.Country, TimeZone: c.Site.TimeZone,
		Address: c.Network.Address, DHCP: c.Network.DHCP, Mode: c.Phones.Mode,
	}
}

// with is the settings with what was chosen.
func (c config) with(s pbx.Site) (config, error) {
	s = s.Or(c.site())
	c.Site.Name, c.Site.Language, c.Site.Country, c.Site.TimeZone = s.Title, s.Language, s.Country, s.TimeZone
	c.Network.Address, c.Network.DHCP, c.Phones.Mode = s.Address, s.DHCP, s.Mode
	return c, c.validate()
}

// choice reads the object of it.
func choice(o pbx.Object) (s pbx.Site, err error) { return s, pbx.Decode(o, &s) }

// settle lays what was chosen over the settings of the file. A choice that cannot be used
// is left out, and said: telephones matter more.
func (d *daemon) settle(ctx context.Context) error {
	d.file = d.cfg
	o, ok, err := d.store.Object(ctx, pbx.KindSettings, pbx.SettingSite)
	if err != nil {
		return err
	}
	now := d.file.site()
	if !ok {
		return nil
	}
	chosen, err := choice(o)
	if err != nil {
		d.log.Error("what the pages chose of the site is left out: choose it again", "error", err)
		return nil
	}
	before := now
	switch text, err := os.ReadFile(d.seenFile()); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		d.log.Warn("not known whether autocom.toml was edited", "error", err)
	default:
		if json.Unmarshal(text, &before) != nil {
			before = now
		}
	}
	holds := chosen.Without(before, now)
	cfg, err := d.file.with(holds)
	if err != nil {
		d.log.Error("what the pages chose of the site is left out: choose it again", "error", err)
		return nil
	}
	d.cfg = cfg
	if holds != chosen {
		d.log.Info("autocom.toml was edited: its settings go before those of the pages")
		d.stays = &holds
	}
	return nil
}

// seenFile is where the file's settings of this start are kept for the next.
func (d *daemon) seenFile() string {
	return filepath.Join(d.cfg.Paths.Data, "autocom", "settings-file.json")
}

// keepSeen writes what is left of the pages' choice after an edit of the file, and then what
// the file says now.
func (d *daemon) keepSeen(ctx context.Context) error {
	if d.stays != nil {
		if err := d.keepChoice(ctx, *d.stays, "autocom.toml"); err != nil {
			return err
		}
	}
	text, err := json.Marshal(d.file.site())
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(d.seenFile()); err == nil && string(old) == string(text) {
		return nil
	}
	return writeFile(d.seenFile(), text, 0o640)
}

func (d *daemon) keepChoice(ctx context.Context, s pbx.Site, by string) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = d.office.Apply(ctx, office.PutObject{Object: pbx.Object{Kind: pbx.KindSettings, ID: pbx.SettingSite, Body: body}, By: by})
	return err
}

// sensible says what is wrong with a choice of the site.
func (d *daemon) sensible(plan pbx.Plan) error {
	o, ok := plan.Object(pbx.KindSettings, pbx.SettingSite)
	if !ok || d.office == nil {
		return nil
	}
	if old, _ := d.office.Object(o.Kind, o.ID); string(old.Body) == string(o.Body) {
		return nil // it was sensible once: what is wrong with it now stops nothing else
	}
	s, err := choice(o)
	if err == nil {
		_, err = d.file.with(s)
	}
	if err != nil {
		return fmt.Errorf("settings site: %w", err)
	}
	return nil
}

// answerFirst is how long a life goes on after a choice: the page that asked has its answer.
const answerFirst = 500 * time.Millisecond

// chosen waits until the settings of the site are others than this life has. Everything that
// has them begins anew then, which takes about a second and no call notices.
func (d *daemon) chosen(ctx context.Context) error {
	events := d.office.Subscribe(ctx)
	for {
		o, _ := d.office.Object(pbx.KindSettings, pbx.SettingSite)
		if s, err := choice(o); err == nil && s.Or(d.file.site()) != d.cfg.site() {
			sleep(ctx, answerFirst)
			return errChosen
		}
		select {
		case <-ctx.Done():
			return nil
		case <-events:
		}
	}
}
