//go:build lab

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/portal/browsertest"
)

// TestEveryPageOfAShop reads every page of a real box, in a real browser, as a person does who
// holds a phone, and as one who sits at a PC, in French and English, light and dark, with
// scripts and without.
//
// In words: every page of a shop with eight phones and calls that go on is read in a browser, in both languages, on a phone and a PC.
func TestEveryPageOfAShop(t *testing.T) {
	s := openShop(t)
	browser := browsertest.Open(t, browsertest.Options{Wait: 40 * time.Second})
	code, err := os.ReadFile(filepath.Join(s.dir, "data", "setup-code"))
	must(t, err)
	seen := map[string]bool{}
	var readers []*reader
	for _, v := range []browsertest.Visitor{
		{Language: "fr", Width: 360}, {Language: "en", Width: 1440, Height: 900}, {Language: "en", Width: 360, Dark: true}, {Language: "fr", Width: 1440, Height: 900, Dark: true},
		{Language: "fr", Width: 360, Scriptless: true},
	} {
		forms := map[string][]string{}
		if v.Scriptless {
			forms = readers[0].forms
		}
		readers = append(readers, &reader{Page: browser.Page(v), t: t, v: v, seen: seen, forms: forms})
	}
	// window is one more, for a picture.
	window := func(lang string, width int) *reader {
		v := browsertest.Visitor{Language: lang, Width: width, Height: map[int]int{1440: 900}[width]}
		return &reader{Page: browser.Page(v), t: t, v: v, seen: seen, forms: map[string][]string{}}
	}
	for _, r := range readers { // before there is an administrator
		for _, path := range []string{"", "?number", "ui/code", "ui/trust"} {
			r.look(path)
		}
		r.types(code)
		r.Wait("#account")
		r.judge("ui/welcome", "the welcome in "+r.v.Language)
	}
	for lang, suffix := range suffixes {
		r := window(lang, 360)
		r.types(code)
		r.Wait("#account")
		r.Picture("first-minute" + suffix)
		r.Close()
	}
	first := readers[0]
	first.Goto(page + "ui/welcome")
	first.Fill("#title", "Boulangerie du Centre")
	first.Fill("#password", ownersPassword)
	first.Press("Enter")
	first.Wait("form[action='/ui/logout']")
	s.ready(t)
	first.said = len(first.Said()) // its page asked while the box began anew
	s.morning(t)
	for _, role := range []string{"agent", "user", "supervisor"} {
		must(t, s.send(http.MethodPost, "accounts", map[string]any{"name": role, "role": role, "person": "awa"}))
	}
	var invited struct{ Link string }
	must(t, s.ask(http.MethodPost, "accounts/agent/invitation", map[string]any{}, &invited))
	must(t, s.send(http.MethodPatch, "accounts/admin", map[string]any{"person": "awa"}))

	s.liveness(t, readers[1].inside().Page)
	for lang, suffix := range suffixes {
		r := window(lang, 1440).inside()
		for _, x := range []struct{ name, path string }{
			{"phones", "ui/phones"}, {"menu-editor", "ui/menus/accueil"}, {"wallboard", "ui/wallboard"},
		} {
			r.Goto(page + x.path)
			r.Wait("main")
			r.Picture(x.name + suffix)
		}
		r.Close()
	}
	if readers[1].Goto(page + "ui/menus/accueil"); readers[1].Count(".flow audio") == 0 {
		t.Error("the tree of the menu has no prompt to hear")
	}
	if readers[1].Goto(page + "ui/hours/ouverture"); readers[1].Count(".strip .state") != 1 {
		t.Error("the page of opening hours does not say whether it is open now")
	}
	paths := s.paths(t, first)
	for _, r := range readers {
		r.look(strings.TrimPrefix(invited.Link, page))
		r.inside()
		for _, path := range paths {
			r.look(path)
		}
		r.types(code) // who types it again may set a password
		r.Wait("form[action='/ui/reset']")
		r.judge("ui/reset", "the new password in "+r.v.Language)
		t.Logf("%s at %d px, scripts %t: the heaviest page is /%s, %d bytes", r.v.Language, r.v.Width, !r.v.Scriptless, r.heavyAt, r.heavy)
	}
	s.roles(t, browser, seen, invited.Link)
	s.browserPhone(t, browser, readers[0].inside())
	// No page is forgotten: the routes say which there are.
	for _, route := range whole(t, nil).portal.Routes() {
		if route.Method != http.MethodGet || noPage.MatchString(route.Path) {
			continue
		}
		like := regexp.MustCompile("^" + regexp.MustCompile(`\\\{[^}]*\}`).ReplaceAllStringFunc(regexp.QuoteMeta(route.Path), func(name string) string {
			if name == `\{\$\}` {
				return ""
			}
			return "[^/]+"
		}) + "$")
		found := false
		for path := range seen {
			found = found || like.MatchString(path)
		}
		if !found {
			t.Errorf("nobody looked at a page of %s", route.Path)
		}
	}
	t.Logf("%d pages", len(seen))
}

// suffixes are those of the names of the README's pictures.
var suffixes = map[string]string{"fr": "-fr", "en": ""}

// noPage are answers that are no page of their own.
var noPage = regexp.MustCompile(`^/(api|metrics|ws|calls)|/events|\.(js|css|svg|txt|webmanifest|json|crt|png|xml)$|^/ui/(language|softphone/)|/sound$|/audio`)

// paths are the pages of the menu, as it is shown, and one of everything that is behind them.
func (s *boutique) paths(t testing.TB, r *reader) []string {
	t.Helper()
	menu, more := r.menu(), []string{}
	if len(menu) < 25 {
		t.Errorf("the menu has %d pages: %q", len(menu), menu)
	}
	kinds := map[string]bool{}
	for _, o := range s.objects {
		if !kinds[o.Kind] || o.Kind == "settings" {
			kinds[o.Kind] = true
			more = append(more, "ui/"+pathOf(o))
			if o.Kind != "settings" {
				more = append(more, "ui/"+pathOf(o)+"/delete", "ui/"+strings.SplitN(pathOf(o), "/", 2)[0]+"/new")
			}
		}
	}
	return slices.Concat(menu, more, []string{
		"ui/", "", "ui/me", "ui/phones/" + mac(1).String(), "ui/accounts/agent", "ui/calls/" + s.calls()[0], "ui/live/commandes", "ui/agent?number=204", "ui/settings/voicemail/delete", "ui/system/restart/asterisk", "ui/system/restart/box",
	})
}

// ready waits until the daemon is: it has begun anew if the first minute chose something.
func (s *boutique) ready(t testing.TB) {
	t.Helper()
	s.wait(30*time.Second, "ready again", func() bool {
		var site struct{ Rev int }
		var x struct{ Ready bool }
		return s.get("settings/site", &site) == nil && (site.Rev == 0 || strings.Contains(s.log.String(), "beginning anew")) && s.get("status", &x) == nil && x.Ready
	})
}
