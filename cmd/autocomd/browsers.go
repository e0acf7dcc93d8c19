package main

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"autocom/office"
	"autocom/pbx"
	"autocom/portal"
)

// contacts are the browser phones that are registered, mirrored from Asterisk: they are no
// devices, so the office does not know.
type contacts struct {
	now func() time.Time

	mu    sync.Mutex
	lines map[string]contact // by SIP user
	bells map[chan struct{}]bool
}

// contact is how a line stands; since is zero when it stood so before we could see.
type contact struct {
	here  bool
	since time.Time
}

func newContacts(now func() time.Time) *contacts {
	return &contacts{now: now, lines: map[string]contact{}, bells: map[chan struct{}]bool{}}
}

// set notes what was just seen. first is of a list that says how things were before.
func (c *contacts) set(user string, here, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, known := c.lines[user]
	if known && old.here == here || !known && !here {
		return
	}
	now := contact{here: here}
	if !first {
		now.since = c.now()
	}
	c.lines[user] = now
	for bell := range c.bells {
		poke(bell)
	}
}

// keep forgets all others' lines: of browsers that were removed.
func (c *contacts) keep(users map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for user := range c.lines {
		if !users[user] {
			delete(c.lines, user)
		}
	}
}

func (c *contacts) of(user string) contact {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lines[user]
}

// changes wakes who shows them, until ctx ends.
func (c *contacts) changes(ctx context.Context) <-chan struct{} {
	bell := make(chan struct{}, 1)
	c.mu.Lock()
	c.bells[bell] = true
	c.mu.Unlock()
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.bells, bell)
	})
	return bell
}

// browserLines are the SIP users of browser phones.
func (e *exchange) browserLines() map[string]bool {
	out := map[string]bool{}
	for _, x := range e.office.Plan().Endpoints {
		if x.Web {
			out[x.ID] = true
		}
	}
	return out
}

// mirrorBrowsers compares a list of registrations with what is known of browsers.
func (e *exchange) mirrorBrowsers(listed map[string]bool) {
	lines, first := e.browserLines(), !e.listed
	e.listed = true
	e.browsers.keep(lines)
	for user := range lines {
		if !e.news.unless(user, func() { e.browsers.set(user, listed[user], first) }) {
			poke(e.mirrors)
		}
	}
}

// Browsers are the browser phones, by number.
func (s softphones) Browsers() []portal.Browser {
	plan := s.Plan()
	lines := map[string]pbx.Endpoint{}
	for _, x := range plan.Endpoints {
		lines[x.ID] = x
	}
	out := []portal.Browser{}
	for _, x := range s.Objects(pbx.KindSoftphone) {
		var soft pbx.Softphone
		if pbx.Decode(x, &soft) != nil {
			continue
		}
		user, _ := s.BrowserLine(x.ID)
		line, rings := lines[user]
		b := portal.Browser{ID: x.ID, Number: soft.Number, Name: cmp.Or(x.Name, line.Name), Person: soft.Person, Rings: rings && line.Web}
		if p, ok := plan.Object(pbx.KindPerson, soft.Person); ok {
			b.Name = cmp.Or(p.Name, b.Name)
		}
		if c := s.exchange.browsers.of(user); b.Rings {
			b.Registered, b.Since = c.here, c.since
		}
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b portal.Browser) int {
		return cmp.Or(cmp.Compare(len(a.Number), len(b.Number)), strings.Compare(a.Number, b.Number), strings.Compare(a.ID, b.ID))
	})
	return out
}

// RemoveBrowser takes a browser's line away. Its owner gets another by opening the page again,
// as long as they may log in.
func (s softphones) RemoveBrowser(ctx context.Context, id string) error {
	if !slices.ContainsFunc(s.Objects(pbx.KindSoftphone), func(x pbx.Object) bool { return x.ID == id }) {
		return fmt.Errorf("browser phone %q: %w", id, fs.ErrNotExist)
	}
	return s.apply(ctx, office.DropObject{Kind: pbx.KindSoftphone, ID: id})
}

// BrowserChanges wakes who shows them.
func (s softphones) BrowserChanges(ctx context.Context) <-chan struct{} {
	return s.exchange.browsers.changes(ctx)
}
