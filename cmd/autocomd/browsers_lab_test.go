//go:build lab

package main

import (
	"testing"

	"autocom/portal/browsertest"
)

// browserPhone asks that the page of the phones, which is open, shows somebody's browser phone
// when it comes, and takes it away.
func (s *boutique) browserPhone(t *testing.T, browser *browsertest.Browser, admin *reader) {
	t.Helper()
	admin.Goto(page + "ui/phones")
	awa := browser.Page(browsertest.Visitor{Language: "fr", Width: 1440})
	awa.Goto(securePage + "ui/login?next=/ui/softphone")
	awa.Fill("#name", "agent")
	awa.Fill("#password", rolesPassword)
	awa.Press("Enter")
	awa.Wait("#state[data-state=ready]")
	admin.Until("the browser phone is among the phones", `document.querySelector("#browsers .state.good") && document.querySelector("#browsers").textContent.includes("206")`)
	admin.judge("ui/phones", "the phones with a browser in "+admin.v.Language)
	awa.Close()
	admin.Until("the browser phone is not connected", `document.querySelector("#browsers .state.none")`)
	admin.Click("#browsers details summary")
	admin.Click("#browsers form button")
	admin.Wait(".notice:not(.bad)")
	if n := admin.Count("#browsers li"); n != 0 {
		t.Errorf("%d browser phones are left", n)
	}
}
