package main

import (
	"context"
	"errors"
	"fmt"

	"autocom/office"
	"autocom/pbx"
	"autocom/portal"
)

// PutObject keeps what somebody set up, and gives it as kept.
func (d desk) PutObject(ctx context.Context, o pbx.Object, ifRev int64) (pbx.Object, error) {
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
	return nil
}

// stale marks what somebody else has changed; the rest is as of any command.
func stale(err error) error {
	if errors.Is(err, office.ErrChanged) {
		return fmt.Errorf("%w: %w", portal.ErrChanged, err)
	}
	return conflict(err)
}
