//go:build lab

package portal

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"autocom/portal/browsertest"
	"autocom/provision"
)

// TestTheWaysInInABrowser opens the pages about who gets in, in Debian's Chromium: as narrow
// as a phone and as wide as a desk, light and dark, in both languages.
//
// In words: an administrator invites somebody, who chooses a password and looks at their own page, by phone and by PC.
func TestTheWaysInInABrowser(t *testing.T) {
	b := browsertest.Open(t, browsertest.Options{})
	for _, v := range []browsertest.Visitor{{Language: "fr", Width: 360}, {Language: "en", Width: 1440, Dark: true}} {
		f, p := newborn(t)
		site := p.Site()
		site.HTTPSPort, site.CA = 443, "autocom-ca.crt"
		p.Box, p.Site = newBox(f), func() provision.Site { return site }
		srv := httptest.NewServer(p)
		defer srv.Close()
		// Links lead to where the test listens.
		at, err := url.Parse(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		here := netip.MustParseAddrPort(at.Host)
		site.Address, site.HTTPPort = here.Addr(), here.Port()
		f.as(t, user)
		look := func(w *browsertest.Page, what string) {
			t.Helper()
			where := fmt.Sprintf("%s in %s at %d px", what, v.Language, v.Width)
			w.Eval("document.querySelectorAll('details').forEach(d => d.open = true)", nil)
			if n := w.Overflow(); n != 0 {
				t.Errorf("%s: %d px wider than the window", where, n)
			}
			for _, x := range w.Violations() {
				if x.Serious() {
					t.Errorf("%s: %+v", where, x)
				}
			}
			w.Screenshot(fmt.Sprintf("door-%s-%s-%d", what, v.Language, v.Width))
		}
		w := b.Page(v)
		w.Goto(srv.URL + "/")
		look(w, "code")
		w.Fill("#code", "0417 9325")
		w.Click(".gate button")
		w.Wait("#password")
		w.Fill("#password", adminPassword)
		w.Click("button.show")
		var kind string
		if w.Eval("document.getElementById('password').type", &kind); kind != "text" {
			t.Errorf("after the button that shows it the password is of the type %q", kind)
		}
		look(w, "welcome")
		w.Click("form[action='/ui/welcome'] button:not([type=button])")
		w.Wait("main .tabs")
		w.Goto(srv.URL + "/ui/accounts")
		look(w, "accounts")
		w.Fill("#new-name", "awa")
		w.Choose("#person", "awa")
		w.Click("form[action='/ui/accounts'] button")
		w.Wait(".once input")
		look(w, "account")
		var link string
		w.Eval("document.querySelector('.once input').value", &link)
		if !strings.HasPrefix(link, srv.URL+"/ui/invitation/") {
			t.Fatalf("the link is %q", link)
		}
		w.Goto(srv.URL + "/ui/trust")
		look(w, "trust")
		other := b.Page(v)
		other.Goto(link)
		look(other, "invitation")
		other.Fill("#password", "une autre phrase")
		other.Click(".gate button:not([type=button])")
		other.Wait("#old")
		look(other, "me")
		if status := other.Goto(srv.URL + "/ui/accounts"); status != 403 {
			t.Errorf("a user on the page of accounts: %d", status)
		}
		look(other, "denied")
		for _, window := range []*browsertest.Page{w, other} {
			for _, said := range window.Errors() {
				// The picture by which the page finds out whether the box is believed: it is not.
				if !strings.Contains(said, "icon.svg") && !strings.Contains(said, "403") && !strings.Contains(said, "ERR_CONNECTION_REFUSED") {
					t.Errorf("the browser minds: %q", said)
				}
			}
			window.Close()
		}
	}
}
