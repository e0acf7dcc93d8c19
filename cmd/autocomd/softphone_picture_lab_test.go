//go:build lab

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/portal/browsertest"
)

// TestTwoBrowsersSeeEachOther: pictures in a call of two, shown and hidden while it lasts.
func TestTwoBrowsersSeeEachOther(t *testing.T) {
	b, _ := newBox(t)
	b.start()
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz), Wait: 40 * time.Second})
	awa := somebody(t, browser, "Awa Ngo", browsertest.Visitor{Language: "fr", Width: 720})
	eve := somebody(t, browser, "Éve Étoundi", browsertest.Visitor{Language: "en", Width: 360})
	t.Cleanup(func() {
		for _, p := range []*person{awa, eve} {
			if t.Failed() {
				t.Logf("%s: %s\nsaid:\n%s", p.number, p.Screenshot(p.number), strings.Join(p.Said(), "\n"))
			}
		}
	})
	// sees waits until a page shows n pictures of others that move.
	sees := func(p *person, n int) {
		t.Helper()
		p.Until(fmt.Sprintf("%s sees %d pictures", p.number, n), fmt.Sprintf(
			`(() => { const shown = [...document.querySelectorAll("#pictures video:not(.mirror)")]; return shown.length === %d && shown.every(v => v.videoWidth > 0 && v.currentTime > 0); })()`, n))
	}

	pbxtest.Scenario(t, "a browser calls another with picture: both see and hear", func(t *testing.T) {
		awa.Fill("#to", eve.number)
		awa.Click("#video")
		eve.Wait("#calls li[data-state=incomingvideo]")
		eve.act("answervideo")
		awa.state("up")
		eve.state("up")
		sees(awa, 1)
		sees(eve, 1)
		awa.hears(browserHz)
		eve.hears(browserHz)
	})
	pbxtest.Scenario(t, "a picture is hidden and shown again in a call", func(t *testing.T) {
		eve.act("cameraoff")
		sees(awa, 0)
		sees(eve, 1)
		eve.act("cameraon")
		sees(awa, 1)
		awa.hears(browserHz)
		awa.act("hangup")
		eve.Gone("#calls li")
		awa.Gone("#pictures")
	})
	pbxtest.Scenario(t, "a call that began with sound gets pictures", func(t *testing.T) {
		eve.dial("ngo") // a name is found by any of its words
		awa.state("incoming")
		if who := awa.Text("#calls .who"); !strings.Contains(who, "Éve Étoundi") {
			t.Errorf("the page says %q", who)
		}
		awa.act("answer")
		eve.state("up")
		sees(eve, 0)
		awa.act("cameraon")
		sees(eve, 1)
		eve.act("cameraon")
		sees(awa, 1)
		eve.hears(browserHz)
		eve.act("hangup")
		awa.Gone("#calls li")
	})
}
