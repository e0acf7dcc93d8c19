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

// TestABrowserPhoneComesBack: autocomd and Asterisk may go, the phone finds them again.
func TestABrowserPhoneComesBack(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	desk := deskPhone(t, wire, 31)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz), Wait: 40 * time.Second})
	awa := somebody(t, browser, "Awa Ngo", browsertest.Visitor{Language: "en"})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\nsaid:\n%s", awa.Screenshot("awa"), strings.Join(awa.Said(), "\n"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()

	pbxtest.Scenario(t, "a call of a browser outlives autocomd, and ends as calls do", func(t *testing.T) {
		out, err := desk.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		c.Speak(440)
		awa.state("up")
		awa.hears(440)
		b.kill()
		awa.Wait("#state[data-state=lost]")
		awa.hears(440) // without autocomd
		b.start()
		awa.registered()
		awa.hears(440)
		awa.act("hold") // the exchange knows where the browser is now
		awa.state("held")
		awa.act("resume")
		awa.state("up")
		awa.hears(440)
		must(t, c.Hangup(ctx))
		awa.Gone("#calls li")
	})
	pbxtest.Scenario(t, "a browser registers again after a restart of Asterisk", func(t *testing.T) {
		b.mu.Lock()
		b.pbx.Kill()
		b.pbx.Restart()
		b.mu.Unlock()
		must(t, desk.Register(ctx))
		awa.registered()
		out, err := desk.Dial(ctx, awa.number)
		for err != nil && ctx.Err() == nil { // until its registration is there
			time.Sleep(200 * time.Millisecond)
			out, err = desk.Dial(ctx, awa.number)
		}
		must(t, err)
		awa.state("incoming")
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		c.Speak(440)
		awa.hears(440)
		must(t, c.Hangup(ctx))
		awa.Gone("#calls li")
	})
	pbxtest.Scenario(t, "an installed phone opens without the box, and says that it is not there", func(t *testing.T) {
		awa.Until("the page's worker is there", `navigator.serviceWorker.ready.then(r => r.active.state === "activated")`)
		b.kill()
		must(t, awa.Script(`page => page.reload().then(() => null)`, nil, nil))
		awa.Wait("text=The box does not answer")
		b.start()
		awa.Click("a.go")
		awa.registered()
	})
}
