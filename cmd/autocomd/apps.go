package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"time"

	"autocom/office"
	"autocom/pbx"
	"autocom/portal"
	"autocom/provision"
)

// apps keeps which applications ring with which people's numbers.
type apps struct{ desk }

// appsEach bounds them for one person.
const appsEach = 5

// Apps lists a person's, the oldest first.
func (s apps) Apps(person string) []portal.App {
	var out []portal.App
	for _, x := range s.Objects(pbx.KindApp) {
		var app pbx.App
		if pbx.Decode(x, &app) == nil && app.Person == person {
			out = append(out, portal.App{ID: x.ID, Name: x.Name, Number: app.Number, Made: app.Made})
		}
	}
	slices.SortFunc(out, func(a, b portal.App) int { return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID)) })
	return out
}

// AddApp makes a line with a number of a person's. The exchange has it long before somebody
// has scanned the code: nobody waits for it here.
func (s apps) AddApp(ctx context.Context, person, number, name string) (id string, err error) {
	if err := s.dropStray(ctx, person); err != nil {
		return "", err
	}
	if len(s.Apps(person)) >= appsEach {
		return "", fmt.Errorf("%w: there are %d already: remove one", portal.ErrConflict, appsEach)
	}
	body, err := json.Marshal(pbx.App{Person: person, Number: number, Made: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return "", err
	}
	id = office.NewAppID()
	return id, s.apply(ctx, office.PutObject{Object: pbx.Object{Kind: pbx.KindApp, ID: id, Name: name, Body: body}})
}

// dropStray removes a person's applications whose number has gone to somebody else.
func (s apps) dropStray(ctx context.Context, person string) error {
	rings := map[string]bool{}
	for _, e := range s.Plan().Endpoints {
		rings[e.ID] = true
	}
	for _, a := range s.Apps(person) {
		if !rings[a.ID+"-1"] {
			if err := s.DropApp(ctx, person, a.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// DropApp ends one of a person's; fs.ErrNotExist when it is not theirs.
func (s apps) DropApp(ctx context.Context, person, id string) error {
	x, ok := s.Object(pbx.KindApp, id)
	var app pbx.App
	if !ok || pbx.Decode(x, &app) != nil || app.Person != person {
		return fmt.Errorf("application %q: %w", id, fs.ErrNotExist)
	}
	err := s.apply(ctx, office.DropObject{Kind: pbx.KindApp, ID: id})
	if errors.Is(err, fs.ErrNotExist) { // somebody was quicker
		return nil
	}
	return err
}

// AppFile is what an application reads, password included.
func (s apps) AppFile(id string, from netip.Addr) (provision.File, error) {
	return s.Office.AppFile(id, from)
}
