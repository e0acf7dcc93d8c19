package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"

	"autocom/pbx/calls"
	"autocom/portal"
	"autocom/store"
)

// archive answers the portal out of the records.
type archive struct{ *history }

func (a archive) Calls(ctx context.Context, q portal.CallQuery) (list []json.RawMessage, next string, err error) {
	found, err := a.find(ctx, q)
	if err != nil {
		return nil, "", err
	}
	for _, s := range found {
		list = append(list, json.RawMessage(s))
	}
	if q.Limit > 0 && len(found) == q.Limit {
		var last calls.Call
		if err := json.Unmarshal([]byte(found[len(found)-1]), &last); err != nil {
			return nil, "", err
		}
		next = last.ID
	}
	return list, next, nil
}

// find reads what Asterisk has written until now, too.
func (a archive) find(ctx context.Context, q portal.CallQuery) ([]string, error) {
	a.complain(a.Read(ctx))
	return a.records.Calls(ctx, store.CallFilter{
		Number: q.Number, Name: q.Name, Since: q.From, Until: q.To, Direction: q.Direction, Results: q.Results, Queue: q.Queue, Before: q.After, Limit: q.Limit,
	})
}

func (a archive) Call(ctx context.Context, id string) (json.RawMessage, error) {
	a.complain(a.Read(ctx))
	text, ok, err := a.records.Call(ctx, id)
	if err == nil && !ok {
		err = fmt.Errorf("call %q: %w", id, fs.ErrNotExist)
	}
	return json.RawMessage(text), err
}

func (a archive) call(ctx context.Context, id string) (c calls.Call, err error) {
	text, err := a.Call(ctx, id)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}

// DropCall erases the recordings first: no call, no way to them.
func (a archive) DropCall(ctx context.Context, id string) error {
	if err := a.DropRecordings(ctx, id); err != nil {
		return err
	}
	return a.records.DropCall(ctx, id)
}

// remember makes the tasks that keep what happened in calls, and who answers the portal
// about it: nobody when no records can be kept.
func (d *daemon) remember() portal.History {
	if d.records == nil {
		return nil
	}
	data, e := d.cfg.Paths.Data, d.exchange
	d.history = newHistory(d.records, data, e.plan, d.log)
	d.sounds = newRecordings(data, e.plan, d.log)
	if e.client != nil {
		d.history.idle = func(ctx context.Context) bool {
			n, err := e.client.Channels(ctx)
			return err == nil && n == 0
		}
		d.history.reopen = func(ctx context.Context) error { return e.client.Reload(ctx, "logger") }
		d.sounds.tell = func(ctx context.Context, stop bool) error { return stopRecording(ctx, e.client, stop) }
	}
	return archive{d.history}
}
