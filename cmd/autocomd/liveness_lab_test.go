//go:build lab

package main

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"autocom/portal/browsertest"
)

// soon is how long an open page may be behind the box.
const soon = time.Second

// shows measures how long after the answer to a change the open page shows it: the middle of
// five, for a machine that tests does other things too. watched is an expression of the page's
// JavaScript that is true when change n is there.
func shows(t *testing.T, p *browsertest.Page, what, watched string, change func(n int) error) {
	t.Helper()
	var took []time.Duration
	for n := range 5 {
		watch := fmt.Sprintf(`(() => {
			window.shownAt = 0;
			const look = () => { if (!window.shownAt && (%s)) window.shownAt = Date.now(); };
			new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true });
			return true;
		})()`, fmt.Sprintf(watched, n))
		p.Eval(watch, nil)
		must(t, change(n))
		changed := time.Now()
		p.Until(what, `window.shownAt > 0`)
		var at int64
		p.Eval(`window.shownAt`, &at)
		took = append(took, max(0, time.UnixMilli(at).Sub(changed)))
	}
	slices.Sort(took)
	t.Logf("%s: shown %v after the change in the middle, %v at most", what, took[2].Round(time.Millisecond), took[4].Round(time.Millisecond))
	if took[2] > soon {
		t.Errorf("%s: shown %v after the change, want %v at most", what, took[2], soon)
	}
}

// liveness asks that open pages follow what the API changes.
func (s *boutique) liveness(t *testing.T, p *browsertest.Page) {
	t.Helper()
	p.Goto(page + "ui/phones")
	p.Wait("#rows li")
	shows(t, p, "a phone's new name on the page of the phones", `document.body.innerText.includes("Comptoir %d")`, func(n int) error {
		return s.send(http.MethodPatch, "devices/"+mac(1).String(), map[string]any{"name": fmt.Sprintf("Comptoir %d", n)})
	})
	pauses := func(n int) error {
		return s.send(http.MethodPost, "agents/206/"+[]string{"unpause", "pause"}[n%2], map[string]any{})
	}
	// The agent pauses at first.
	p.Goto(page + "ui/live/commandes")
	shows(t, p, "an agent who pauses or comes back on the page of the queue", `document.querySelectorAll('main form[action$="/unpause"]').length === %d %% 2`, pauses)
	must(t, s.send(http.MethodPost, "agents/206/pause", map[string]any{}))
	p.Goto(page + "ui/wallboard")
	p.Until("the board is up to date", `document.querySelectorAll(".wallagents .wait").length === 1`)
	shows(t, p, "an agent who pauses or comes back on the wallboard", `document.querySelectorAll(".wallagents .wait").length === %d %% 2`, pauses)
	must(t, s.send(http.MethodPost, "agents/206/pause", map[string]any{}))
}
