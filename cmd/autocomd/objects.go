package main

import (
	"context"
	"errors"
	"fmt"

	"autocom/office"
	"autocom/pbx"
	"autocom/portal"
)

// PutObject keeps what somebody set up, and gives it as kept. Which files a music has is
// said by uploads alone.
func (d desk) PutObject(ctx context.Context, o pbx.Object, ifRev int64) (pbx.Object, error) {
	if o.Kind == pbx.KindMusic {
		old, _ := d.Object(o.Kind, o.ID)
		var err error
		if o.Body, err = withFilesOf(old, o.Body); err != nil {
			return o, fmt.Errorf("%w: %w", portal.ErrConflict, err)
		}
	}
	return d.put(ctx, o, ifRev, portal.Actor(ctx))
}

// put keeps an object in somebody's name; "" keeps no note of it.
func (d desk) put(ctx context.Context, o pbx.Object, ifRev int64, by string) (pbx.Object, error) {
	if _, err := d.Apply(ctx, office.PutObject{Object: o, IfRev: ifRev, By: by}); err != nil {
		return o, stale(err)
	}
	kept, _ := d.Object(o.Kind, o.ID)
	return kept, nil
}

// DropObject deletes what nothing refers to.
func (d desk) DropObject(ctx context.Context, kind, id string, ifRev int64) error {
	return d.drop(ctx, office.DropObject{Kind: kind, ID: id, IfRev: ifRev, By: portal.Actor(ctx)})
}

// drop deletes an object, and the sounds that were its own.
func (d desk) drop(ctx context.Context, c office.DropObject) error {
	if _, err := d.Apply(ctx, c); err != nil {
		return stale(err)
	}
	if c.Kind == pbx.KindPrompt && d.exchange.prompts != nil {
		d.exchange.prompts.purge(ctx, c.ID)
	}
	if c.Kind == pbx.KindMusic && d.exchange.musics != nil {
		if err := d.exchange.musics.purge(c.ID); err != nil {
			d.exchange.log.Warn("files of a music that is no more stay on the card", "music", c.ID, "error", err)
		}
	}
	return nil
}

// stale marks what somebody else has changed; the rest is as of any command.
func stale(err error) error {
	if errors.Is(err, office.ErrChanged) {
		return fmt.Errorf("%w: %w", portal.ErrChanged, err)
	}
	return conflict(err)
}
