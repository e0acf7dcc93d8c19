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
	return d.put(ctx, o, ifRev)
}

func (d desk) put(ctx context.Context, o pbx.Object, ifRev int64) (pbx.Object, error) {
	if _, err := d.Apply(ctx, office.PutObject{Object: o, IfRev: ifRev}); err != nil {
		return o, stale(err)
	}
	kept, _ := d.Object(o.Kind, o.ID)
	return kept, nil
}

// DropObject deletes what nothing refers to.
func (d desk) DropObject(ctx context.Context, kind, id string, ifRev int64) error {
	if _, err := d.Apply(ctx, office.DropObject{Kind: kind, ID: id, IfRev: ifRev}); err != nil {
		return stale(err)
	}
	if kind == pbx.KindPrompt && d.exchange.prompts != nil {
		d.exchange.prompts.purge(ctx, id)
	}
	if kind == pbx.KindMusic && d.exchange.musics != nil {
		if err := d.exchange.musics.purge(id); err != nil {
			d.exchange.log.Warn("files of a music that is no more stay on the card", "music", id, "error", err)
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
