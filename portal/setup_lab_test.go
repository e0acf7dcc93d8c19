//go:build lab

package portal

import (
	"fmt"
	"testing"

	"autocom/portal/browsertest"
)

// TestTheSetUpInABrowser opens every page that people set up with in Debian's Chromium, as
// narrow as a phone and as wide as a desk, light and dark, in both languages, without and
// with scripts: nothing sticks out, nothing is refused by the browser, and axe-core finds no
// serious fault.
//
// In words: every page on which the exchange is set up is read in a browser, by phone and by PC.
func TestTheSetUpInABrowser(t *testing.T) {
	_, srv, _ := house(t, "shop")
	b := browsertest.Open(t, browsertest.Options{})
	for _, v := range []browsertest.Visitor{
		{Language: "fr", Width: 360}, {Language: "en", Width: 1440, Dark: true}, {Language: "en", Width: 360, Dark: true, Scriptless: true},
	} {
		p := b.Page(v)
		p.Goto(srv.URL + "/ui/login")
		p.Fill("#name", "admin")
		p.Fill("#password", adminPassword)
		p.Click(".gate button")
		p.Wait("#tabs")
		if p.Count("html[lang="+v.Language+"]") == 0 {
			p.Click("a[hreflang=" + v.Language + "]")
			p.Wait("html[lang=" + v.Language + "]")
		}
		for _, path := range []string{
			"/ui/people", "/ui/people/paul", "/ui/groups", "/ui/groups/vente", "/ui/menus/accueil", "/ui/hours/ouverture", "/ui/queues/livraison", "/ui/queues/new",
			"/ui/conferences", "/ui/trunks/operateur", "/ui/routes/dehors", "/ui/inbound/fixe", "/ui/outside/patron", "/ui/announcements/ferme", "/ui/directories/noms",
			"/ui/paging/magasin", "/ui/speeddials/fournisseur", "/ui/blacklist/demarchage", "/ui/music/boutique", "/ui/prompts/accueil", "/ui/settings",
			"/ui/settings/codes", "/ui/settings/fraud", "/ui/settings/agents", "/ui/changes", "/ui/menus/accueil/delete",
		} {
			where := fmt.Sprintf("%s in %s at %d px", path, v.Language, v.Width)
			if status := p.Goto(srv.URL + path); status != 200 || p.Count("html[lang="+v.Language+"]") != 1 {
				t.Errorf("%s: status %d", where, status)
			}
			if v.Scriptless { // the browser runs no test of ours there, either
				continue
			}
			p.Eval("document.querySelectorAll('details').forEach(d => d.open = true)", nil)
			if n := p.Overflow(); n != 0 {
				t.Errorf("%s: %d px wider than the window", where, n)
			}
			for _, x := range p.Violations() {
				if x.Serious() {
					t.Errorf("%s: %+v", where, x)
				}
			}
		}
		// A change, from the form to its undoing, by what a finger or a key can press.
		p.Goto(srv.URL + "/ui/groups/vente")
		p.Fill("#f-ring", fmt.Sprint(20+v.Width/100))
		p.Click(`button[value="add:members"]`)
		p.Wait("#f-members-3-v")
		p.Fill("#f-members-3-v", "206")
		p.Press("Enter")
		p.Wait("form.review")
		if !v.Scriptless {
			for _, x := range p.Violations() {
				if x.Serious() {
					t.Errorf("the review in %s at %d px: %+v", v.Language, v.Width, x)
				}
			}
		}
		p.Click("form.review .submit button:first-child")
		p.Wait("form.undo")
		p.Click("form.undo button")
		p.Gone("form.undo")
		if said := p.Errors(); len(said) > 0 && !v.Scriptless {
			t.Errorf("the browser minds: %q", said)
		}
		p.Close()
	}
}
