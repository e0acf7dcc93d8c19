//go:build lab

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/portal/browsertest"
)

// TestAPersonsBrowserPhone: somebody with an account, whose number is on their desk.
func TestAPersonsBrowserPhone(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	desk, caller := deskPhone(t, wire, 31), deskPhone(t, wire, 32)
	must(t, b.send("POST", "people", map[string]any{"id": "awa", "name": "Awa Ngo", "numbers": []string{desk.Number()}}))
	must(t, b.send("POST", "accounts", map[string]any{"name": "awa", "role": "user", "person": "awa"}))
	var invitation struct{ Link string }
	must(t, b.ask("POST", "accounts/awa/invitation", nil, &invitation))
	_, path, _ := strings.Cut(invitation.Link, "/ui/")

	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz), Wait: 60 * time.Second})
	awa := &person{Page: browser.Page(browsertest.Visitor{Language: "fr", Width: 1440}), t: t}
	must(t, awa.Script(`(page, script) => page.addInitScript(script)`, watching, nil))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\nsaid:\n%s", awa.Screenshot("awa"), strings.Join(awa.Said(), "\n"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()

	pbxtest.Scenario(t, "somebody invited chooses a password, and has their own number in the browser", func(t *testing.T) {
		awa.Goto(securePage + "ui/" + path)
		awa.Fill("#password", "un mot de passe assez long")
		awa.Press("Enter")
		awa.Wait("a[href='/ui/softphone']")
		awa.Goto(securePage + "ui/softphone")
		awa.registered()
		if awa.number = awa.Text("#own"); awa.number != desk.Number() {
			t.Fatalf("the browser has %s, the desk %s", awa.number, desk.Number())
		}
	})
	pbxtest.Scenario(t, "a person's browser rings with their desk phone, and calls by their name", func(t *testing.T) {
		out, err := caller.Dial(ctx, desk.Number())
		must(t, err)
		rings, err := desk.Ring(ctx)
		must(t, err)
		awa.state("incoming")
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		<-rings.Gone()
		c.Speak(440)
		awa.hears(440)
		must(t, c.Hangup(ctx))
		awa.Gone("#calls li")

		awa.dial(caller.Number())
		in, err := caller.Ring(ctx)
		must(t, err)
		if in.FromNumber != desk.Number() || in.FromName != "Awa Ngo" {
			t.Errorf("the call is from %q %s", in.FromName, in.FromNumber)
		}
		awa.act("hangup")
		<-in.Gone()
		awa.Gone("#calls li")
	})
	pbxtest.Scenario(t, "who logs out has no phone in the browser any more", func(t *testing.T) {
		must(t, awa.Script(`async (page, url) => {
			const second = await page.context().newPage();
			await second.goto(url);
			await second.locator("form[action='/ui/logout'] button").click();
			await second.locator("form[action='/ui/logout']").waitFor({ state: "detached" });
			await second.close();
		}`, securePage+"ui/me", nil))
		awa.Wait("#state[data-state=loggedout]")
		out, err := caller.Dial(ctx, desk.Number())
		must(t, err)
		_, err = desk.Ring(ctx)
		must(t, err)
		if n := awa.Count("#calls li"); n != 0 {
			t.Errorf("%d calls in a browser that is logged out", n)
		}
		must(t, out.Cancel(ctx))
	})
}
