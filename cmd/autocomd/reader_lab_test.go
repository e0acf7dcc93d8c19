//go:build lab

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"autocom/portal/browsertest"
)

// reader is somebody with a window who looks at every page, and judges it.
type reader struct {
	*browsertest.Page
	t       testing.TB
	v       browsertest.Visitor
	said    int // lines of the console that were judged
	heavy   int // bytes of the heaviest page
	heavyAt string
	seen    map[string]bool
	forms   map[string][]string // of each page, what its forms are sent to
	role    string              // "" admin
	routes  *http.ServeMux      // the portal's, when asked
	refused bool                // the page is not for the role
}

// maxWeight is what a page may weigh with all that it loads, the browser phone excepted.
const maxWeight = 150_000

// looks is what a page is, seen from inside. A request is taken to cost half a kilobyte
// beside its body, whether the body was in the cache or not.
const looks = `async page => {
	await page.waitForLoadState("load");
	return await page.evaluate(() => ({
		lang: document.documentElement.lang,
		heading: document.querySelector("h1")?.textContent.trim() ?? "",
		over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
		forms: [...new Set([...document.querySelectorAll("main form")].map(f => f.getAttribute("action") ?? ""))].sort(),
		body: document.querySelectorAll("main form, main table, main ul, main ol, main dl, main svg, main a, main p").length,
		weight: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((n, e) => n + e.encodedBodySize + 512, 0),
	}));
}`

// look opens a page and judges it.
func (r *reader) look(path string) {
	r.t.Helper()
	where := fmt.Sprintf("/%s in %s at %d px", path, r.v.Language, r.v.Width)
	if r.v.Scriptless {
		where += " without scripts"
	}
	if status := r.Goto(page + path); status != http.StatusOK {
		r.t.Errorf("%s: status %d", where, status)
	}
	r.judge(path, where)
}

// judge judges the page that is open.
func (r *reader) judge(path, where string) {
	r.t.Helper()
	var got struct {
		Lang, Heading      string
		Over, Body, Weight int
		Forms              []string
	}
	must(r.t, r.Script(looks, nil, &got))
	r.seen[strings.SplitN("/"+path, "?", 2)[0]] = true
	switch {
	case got.Lang != r.v.Language:
		r.t.Errorf("%s: in %q", where, got.Lang)
	case got.Heading == "" || got.Body == 0:
		r.t.Errorf("%s: no heading, or nothing below it", where)
	case got.Over != 0:
		r.t.Errorf("%s: %d px wider than the window", where, got.Over)
	case got.Weight > maxWeight && !strings.HasPrefix(path, "ui/softphone"):
		r.t.Errorf("%s: weighs %d bytes", where, got.Weight)
	}
	if got.Weight > r.heavy && !strings.HasPrefix(path, "ui/softphone") {
		r.heavy, r.heavyAt = got.Weight, path
	}
	if r.v.Scriptless {
		// Scripts only add liveness: what can be sent with them can be sent without.
		for _, f := range r.forms[path] {
			if !slices.Contains(got.Forms, f) {
				r.t.Errorf("%s: the form to %s is not there", where, f)
			}
		}
	} else {
		r.forms[path] = got.Forms
		for _, x := range r.Violations() {
			if x.Serious() {
				r.t.Errorf("%s: %s: %s: %q", where, x.Rule, x.Help, x.Nodes)
			}
		}
	}
	r.walks(where)
	r.leftovers(where)
	all := r.Said()
	for _, line := range all[min(r.said, len(all)):] {
		// A page that is left ends its own stream: that is no failure.
		if strings.HasPrefix(line, "request:") && strings.Contains(line, "ERR_ABORTED") {
			continue
		}
		if r.refused && strings.Contains(line, "403") {
			continue
		}
		if strings.HasPrefix(line, "error:") || strings.HasPrefix(line, "exception:") || strings.HasPrefix(line, "request:") {
			r.t.Errorf("%s: the browser minds: %s", where, line)
		}
	}
	r.said = len(all)
}

// inside logs the administrator in.
func (r *reader) inside() *reader { return r.insideAs("admin", ownersPassword) }

// insideAs logs an account in, in the window's own language.
func (r *reader) insideAs(account, password string) *reader {
	r.t.Helper()
	if r.Goto(page + "ui/login"); r.Count("#name") == 1 { // else it is who set the box up
		r.judge("ui/login", "the way in in "+r.v.Language)
		r.Fill("#name", account)
		r.Fill("#password", password)
		r.Press("Enter")
		r.Wait("form[action='/ui/logout']")
	}
	r.speak()
	return r
}

// speak changes to the window's language, if the account's is another.
func (r *reader) speak() {
	r.t.Helper()
	if r.Count("html[lang="+r.v.Language+"]") == 0 {
		r.Click("a[hreflang=" + r.v.Language + "]")
		r.Wait("html[lang=" + r.v.Language + "]")
	}
}

const ownersPassword = "correct horse battery"

// types opens the page of the setup code and types it; who has just done so is led on.
func (r *reader) types(code []byte) {
	r.t.Helper()
	if r.Goto(page + "ui/code"); r.Count("#code") == 1 {
		r.Fill("#code", strings.TrimSpace(string(code)))
		r.Press("Enter")
	}
}
