//go:build lab

package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"autocom/portal"
	"autocom/portal/browsertest"
)

// rolesPassword is that of the accounts beside the administrator's.
const rolesPassword = "a staple of the house"

// roles reads the pages of the other roles' menus, and what is behind them, as they do.
// Readers' judges say which links and buttons lead to where the role may not go.
func (s *boutique) roles(t *testing.T, browser *browsertest.Browser, seen map[string]bool, invitation string) {
	t.Helper()
	links := map[string]string{"agent": invitation}
	for _, role := range []string{"user", "supervisor"} {
		var invited struct{ Link string }
		must(t, s.ask(http.MethodPost, "accounts/"+role+"/invitation", map[string]any{}, &invited))
		links[role] = invited.Link
	}
	more := map[string][]string{ // behind the menu, and what the role may not see of the others'
		"agent":      {"ui/agent?number=206"},
		"supervisor": {"ui/live/commandes", "ui/calls/" + s.calls()[0], "ui/agent?number=204", "ui/reports?of=agents", "ui/calls?direction=internal"},
	}
	for _, role := range []string{"user", "agent", "supervisor"} {
		forms := map[string][]string{}
		for n, v := range []browsertest.Visitor{{Language: "fr", Width: 360}, {Language: "en", Width: 1440, Height: 900}} {
			r := &reader{Page: browser.Page(v), t: t, v: v, seen: seen, forms: forms, role: role}
			if n == 0 {
				r.Goto(links[role])
				r.Fill("#password", rolesPassword)
				r.Press("Enter")
				r.Wait("form[action='/ui/logout']")
			}
			r.insideAs(role, rolesPassword)
			paths := slices.Concat(r.menu(), []string{"ui/me"}, more[role])
			t.Logf("%s in %s: %s", role, v.Language, strings.Join(paths, " "))
			for _, path := range paths {
				r.look(path)
			}
			r.stranger("ui/phones")
			r.Close()
		}
	}
}

// stranger opens a page that the role may not see: it says so, and leads back.
func (r *reader) stranger(path string) {
	r.t.Helper()
	if status := r.Goto(page + path); status != http.StatusForbidden {
		r.t.Errorf("/%s as %s: status %d", path, r.role, status)
	}
	r.refused = true
	r.judge(path, "/"+path+" refused to "+r.role+" in "+r.v.Language)
	r.refused = false
}

// menu is where the menu leads to, as it is shown.
func (r *reader) menu() (paths []string) {
	r.t.Helper()
	must(r.t, r.Script(`page => page.evaluate(() => [...document.querySelectorAll("nav.menu a")].map(a => a.getAttribute("href").slice(1)))`, nil, &paths))
	return paths
}

// ways are the links, buttons and sounds of a page, as requests.
const ways = `page => page.evaluate(() => [
	...[...document.querySelectorAll("a[href^='/']")].map(a => "GET " + a.getAttribute("href")),
	...[...document.querySelectorAll("audio[src^='/'], img[src^='/']")].map(a => "GET " + a.getAttribute("src")),
	...[...document.querySelectorAll("form[action^='/']")].map(f => f.method.toUpperCase() + " " + f.getAttribute("action")),
	...(document.body.dataset.live ? ["GET " + document.body.dataset.live] : []),
])`

// walks asks that everything a page leads to exists, and is for its reader.
func (r *reader) walks(where string) {
	r.t.Helper()
	var all []string
	must(r.t, r.Script(ways, nil, &all))
	role := r.role
	if role == "" {
		role = "admin"
	}
	for _, way := range all {
		least, ok := r.least(way)
		switch {
		case !ok:
			r.t.Errorf("%s: leads to %s, which there is not", where, way)
		case slices.Index(ranks, role) < slices.Index(ranks, least):
			r.t.Errorf("%s: %s leads to %s, which is for %s", where, role, way, least)
		}
	}
}

var ranks = []string{"nobody", "user", "agent", "supervisor", "admin"}

// least is the role that a request asks for, by the table of routes.
func (r *reader) least(way string) (role string, ok bool) {
	if r.routes == nil {
		r.routes = http.NewServeMux()
		for _, x := range whole(r.t, nil).portal.Routes() {
			r.routes.HandleFunc(x.Method+" "+x.Path, func(w http.ResponseWriter, q *http.Request) {
				*q.Context().Value(foundRole{}).(*portal.Route) = x
			})
		}
	}
	method, path, _ := strings.Cut(way, " ")
	if path != "/" && !strings.HasPrefix(path, "/?") && !strings.HasPrefix(path, "/ui/") && !strings.HasPrefix(path, "/api/") {
		return ranks[0], true // a phone's file, as the box's certificate is
	}
	var found portal.Route
	q, err := http.NewRequestWithContext(context.WithValue(r.t.Context(), foundRole{}, &found), method, path, nil)
	must(r.t, err)
	h, pattern := r.routes.Handler(q)
	if pattern != "" {
		h.ServeHTTP(nil, q)
	}
	return found.Role, pattern != ""
}

// foundRole is where a route says whose it is.
type foundRole struct{}
