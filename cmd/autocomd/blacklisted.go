package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"autocom/pbx/ami"
	"autocom/portal"
)

// blackKey is where the dialplan keeps the callers refused from phones (pbx/blacklist), in
// the family ac of Asterisk's own database.
const blackKey = "black"

// Blacklisted reads them.
//
//	Event: DBGetTreeResponse
//	Key: /ac/black/33899123456
//	Val: 1795000000
func (e *exchange) Blacklisted(ctx context.Context) ([]portal.BlackNumber, error) {
	r, err := e.ask(ctx, ami.Action{Name: "DBGetTree", Fields: []ami.Field{{Key: "Family", Value: "ac/" + blackKey}}})
	if refused := (*ami.RefusedError)(nil); errors.As(err, &refused) { // nobody is there
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []portal.BlackNumber
	for _, i := range r.Items {
		number, ours := strings.CutPrefix(i.Get("Key"), "/ac/"+blackKey+"/")
		at, err := strconv.ParseInt(i.Get("Val"), 10, 64)
		if ours && err == nil {
			out = append(out, portal.BlackNumber{Number: number, Added: time.Unix(at, 0).UTC()})
		}
	}
	slices.SortFunc(out, func(a, b portal.BlackNumber) int { return b.Added.Compare(a.Added) })
	return out, nil
}

// Blacklist adds a number, as the code does.
func (e *exchange) Blacklist(ctx context.Context, number string) error {
	_, err := e.ask(ctx, ami.Action{Name: "DBPut", Fields: []ami.Field{
		{Key: "Family", Value: "ac"}, {Key: "Key", Value: blackKey + "/" + number}, {Key: "Val", Value: strconv.FormatInt(time.Now().Unix(), 10)},
	}})
	return err
}

// Forgive takes a number off.
func (e *exchange) Forgive(ctx context.Context, number string) error {
	key := []ami.Field{{Key: "Family", Value: "ac"}, {Key: "Key", Value: blackKey + "/" + number}}
	refused := (*ami.RefusedError)(nil)
	if _, err := e.ask(ctx, ami.Action{Name: "DBGet", Fields: key}); errors.As(err, &refused) { // deleting it would be a warning in the log
		return fs.ErrNotExist
	}
	_, err := e.ask(ctx, ami.Action{Name: "DBDel", Fields: key})
	if errors.As(err, &refused) {
		return fs.ErrNotExist
	}
	return err
}
