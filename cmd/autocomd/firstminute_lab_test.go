//go:build lab

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/phonesim"
	"autocom/portal/browsertest"
)

// hand is whoever sets the box up, and counts what that costs them.
type hand struct {
	*browsertest.Page
	clicks, typed int
}

func (h *hand) click(selector string) { h.clicks++; h.Click(selector) }
func (h *hand) write(selector, text string) {
	h.typed++
	h.Fill(selector, text)
}

// From a blank card to the first call: the code of the screen, a password, and two phones
// that are plugged in.
//
// In words: somebody who knows nothing types the code of the screen and a password, plugs two phones in, and they call each other.
func TestTheFirstMinuteFromABlankCard(t *testing.T) {
	b, wire := newBox(t)
	b.configure("auto") // and the DHCP client of the box has an address from the router
	b.ip("address", "add", boxAddress, "dev", "eth0")
	b.start()
	code, err := os.ReadFile(filepath.Join(b.dir, "data", "setup-code"))
	must(t, err)
	browser := browsertest.Open(t, browsertest.Options{})
	h := &hand{Page: browser.Page(browsertest.Visitor{Language: "fr", Width: 360})}
	h.Goto(page)
	h.write("#code", strings.TrimSpace(string(code)))
	h.click("main button:not([type=button])")
	h.Wait("#password")
	for _, v := range h.Violations() {
		if v.Serious() {
			t.Errorf("the first page: %+v", v)
		}
	}
	if h.Overflow() > 0 {
		t.Errorf("the first page is wider than a telephone by %v", h.Overflow())
	}
	h.Screenshot("first-minute-fr-360")
	h.write("#password", "une bonne phrase secrete")
	h.click("form[action='/ui/welcome'] button:not([type=button])")
	h.Wait("main .tabs")
	// The settings are chosen: the box begins anew with a fixed address, and the page stays.
	b.wait(30*time.Second, "with its address fixed", func() bool {
		text, err := os.ReadFile(filepath.Join(b.dir, "data", "autocom", "settings-file.json"))
		var s struct{ Address string }
		return err == nil && strings.Contains(string(text), `"auto"`) && b.get("settings/site", &s) == nil && s.Address == boxAddress && strings.Contains(b.log.String(), "beginning anew")
	})
	b.wait(20*time.Second, "ready again", func() bool {
		var s struct{ Ready bool }
		return b.get("status", &s) == nil && s.Ready
	})
	var phones []*phonesim.Phone
	for n, p := range []*phonesim.Phone{phonesim.NewYealink(mac(1)), phonesim.NewYealink(mac(2))} {
		p.Log, p.Retry = slog.New(slog.NewTextHandler(testWriter{t}, nil)), time.Second
		must(t, wire.Plug(t.Context(), p))
		t.Cleanup(func() { wire.Unplug(p) })
		must(t, p.Provision(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		must(t, p.Register(ctx))
		phones = append(phones, p)
		h.Until("ready", fmt.Sprintf("document.querySelectorAll('#rows .good').length > %d", n))
	}
	h.Screenshot("first-phones-fr-360")
	talk(t, phones[0], phones[1])
	t.Logf("%d clicks, %d typed fields", h.clicks, h.typed)
	if h.clicks > 6 || h.typed > 3 {
		t.Errorf("%d clicks and %d typed fields, want 6 and 3 at most", h.clicks, h.typed)
	}
}

// What the pages chose survives a crash; who edits the card's file later means it.
//
// In words: what was chosen on the pages outlives a crash, and a later edit of the file on the card goes before it.
func TestTheLastChoiceHolds(t *testing.T) {
	b, _ := newBox(t)
	b.start()
	code, err := os.ReadFile(filepath.Join(b.dir, "data", "setup-code"))
	must(t, err)
	jar, err := cookiejar.New(nil)
	must(t, err)
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	send := func(path string, form url.Values) {
		t.Helper()
		res, err := c.PostForm(b.page+path, form)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, res.Status)
		}
	}
	mode := func() string {
		var s struct{ Mode string }
		if b.get("status", &s) != nil {
			return ""
		}
		return s.Mode
	}
	send("ui/code", url.Values{"code": {string(code)}})
	send("ui/welcome", url.Values{"account": {"admin"}, "password": {"une bonne phrase"}, "mode": {"ask"}, "dhcp": {"observe"}, "fixed": {"on"}, "address": {boxAddress}})
	b.wait(20*time.Second, "asking", func() bool { return mode() == "ask" })
	inside := func() int {
		res, err := c.Get(b.page + "api/v1/me")
		must(t, err)
		res.Body.Close()
		return res.StatusCode
	}
	var alerts []struct{ Kind, Text string }
	must(t, b.get("alerts", &alerts))
	if len(alerts) < 2 || alerts[0].Kind != "setup" || alerts[1].Kind != "setup" {
		t.Errorf("the setup code was used, and of that the box tells %+v", alerts)
	}
	if got := inside(); got != http.StatusOK {
		t.Errorf("logged in before the new beginning, and then: %d", got)
	}
	for body, want := range map[string]int{`{"timezone":"Mars/Olympus"}`: http.StatusConflict, `{"mode":"ask"}`: http.StatusOK} {
		r, err := http.NewRequest("PATCH", b.page+"api/v1/settings/site", strings.NewReader(body))
		must(t, err)
		r.Header.Set("Content-Type", "application/json")
		res, err := c.Do(r)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %s, want %d", body, res.Status, want)
		}
	}
	b.kill()
	b.start()
	if got := mode(); got != "ask" || inside() != http.StatusOK {
		t.Errorf("after a crash: mode %q, session %d", got, inside())
	}
	path := filepath.Join(b.dir, "autocom.toml")
	text, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(text, "[phones]\nmode = \"closed\"\n"...), 0o644))
	b.kill()
	b.start()
	if got := mode(); got != "closed" {
		t.Errorf("after an edit of the file: mode %q", got)
	}
	res, err := http.PostForm(b.page+"ui/code", url.Values{"code": {"1"}})
	must(t, err)
	res.Body.Close()
	b.leave()
	b.start()
	if got := mode(); got != "closed" {
		t.Errorf("and once more: mode %q", got)
	}
	var refused []struct{ Code bool }
	if must(t, b.get("refused-logins", &refused)); len(refused) != 1 || !refused[0].Code {
		t.Errorf("the code that was refused before the restart: %+v", refused)
	}
}
