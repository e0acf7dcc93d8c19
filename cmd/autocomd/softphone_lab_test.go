//go:build lab

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
	"autocom/portal/browsertest"
)

// TestTheBrowserPhone: a browser and a desk phone, one autocomd, one Asterisk.
func TestTheBrowserPhone(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	desk := deskPhone(t, wire, 31)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz)})
	awa := somebody(t, browser, "Awa Ngo", browsertest.Visitor{Language: "en", Width: 360})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\nsaid:\n%s", awa.Screenshot("awa"), strings.Join(awa.Said(), "\n"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// What comes from Chromium's made-up microphone by Opus is not as pure as a desk phone's.
	clear := func(c *phonesim.Call) {
		t.Helper()
		var ear phonesim.Ear
		for range 5 {
			var err error
			ear, err = c.Hear(ctx, time.Second, browserHz, 440)
			if must(t, err); ear.Level > -25 && ear.Level-ear.Other > 20 && ear.Level-ear.Noise > 10 {
				t.Logf("the desk phone hears %v", ear)
				return
			}
		}
		t.Errorf("the desk phone hears %v", ear)
	}
	// call is one from the browser that the desk phone has answered.
	call := func() *phonesim.Call {
		t.Helper()
		awa.dial(desk.Number())
		rings, err := desk.Ring(ctx)
		must(t, err)
		awa.state("ringing")
		c, err := rings.Answer(ctx)
		must(t, err)
		c.Speak(440)
		awa.state("up")
		return c
	}
	over := func(c *phonesim.Call) {
		t.Helper()
		select {
		case <-c.Done():
		case <-ctx.Done():
			t.Fatal("the call goes on")
		}
		awa.Gone("#calls li")
	}

	pbxtest.Scenario(t, "a browser calls a desk phone: both hear the other", func(t *testing.T) {
		c := call()
		awa.hears(440)
		clear(c)
		awa.act("hangup")
		over(c)
	})
	pbxtest.Scenario(t, "a desk phone calls a browser, which shows who calls", func(t *testing.T) {
		out, err := desk.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		if who := awa.Text("#calls .who"); !strings.Contains(who, desk.Number()) {
			t.Errorf("the browser shows %q", who)
		}
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		c.Speak(440)
		awa.state("up")
		awa.hears(440)
		clear(c)
		must(t, c.Hangup(ctx))
		over(c)
	})
	pbxtest.Scenario(t, "a browser declines a call, and misses one", func(t *testing.T) {
		awa.Eval(`(() => {
			window.noted = [];
			window.Notification = class { static permission = "granted"; constructor(title) { noted.push(title); } close() { noted.push("closed"); } };
			document.hasFocus = () => false;
		})()`, nil)
		out, err := desk.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		awa.Until("whose window is behind others is told", `noted.length === 1 && noted[0].includes("`+desk.Number()+`") && document.title.includes("☎")`)
		awa.act("decline")
		awa.Gone("#calls li")
		must(t, out.Cancel(ctx))
		out, err = desk.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		must(t, out.Cancel(ctx))
		awa.Gone("#calls li")
		if text := awa.Text("#trouble"); !strings.Contains(text, "Missed call") || !strings.Contains(text, desk.Number()) {
			t.Errorf("the page says %q", text)
		}
	})
	pbxtest.Scenario(t, "who is on hold hears music and not the browser", func(t *testing.T) {
		c := call()
		clear(c)
		awa.act("hold")
		awa.state("held")
		music := false
		for range 10 {
			ear, err := c.Hear(ctx, time.Second, browserHz, 440)
			must(t, err)
			if loud, err := c.Loudness(ctx, time.Second); err == nil && loud > -60 && ear.Level < -50 {
				music = true
				break
			}
		}
		if !music {
			t.Error("no music on hold")
		}
		awa.act("resume")
		awa.state("up")
		awa.hears(440)
		clear(c)
		awa.act("hangup")
		over(c)
	})
	pbxtest.Scenario(t, "a muted browser is not heard", func(t *testing.T) {
		c := call()
		clear(c)
		awa.act("mute")
		var ear phonesim.Ear
		for range 5 {
			var err error
			if ear, err = c.Hear(ctx, time.Second, browserHz, 440); err == nil && ear.Level < -50 {
				break
			}
		}
		if ear.Level >= -50 {
			t.Errorf("muted, and heard: %v", ear)
		}
		awa.act("unmute")
		clear(c)
		awa.act("hangup")
		over(c)
	})
	pbxtest.Scenario(t, "keys pressed in the browser reach the other side", func(t *testing.T) {
		c := call()
		awa.act("keys")
		for _, key := range []string{"4", "2", "#"} {
			awa.Click("#calls .onward [data-act='" + key + "']")
		}
		b.wait(10*time.Second, "heard at the desk phone", func() bool { return c.Keys() == "42#" })
		awa.act("hangup")
		over(c)
	})
	pbxtest.Scenario(t, "by http the page says why there is no phone, and where there is one", func(t *testing.T) {
		p := browser.Page(browsertest.Visitor{Language: "fr", Width: 360, Dark: true})
		p.Goto(page + "ui/softphone")
		p.Wait("text=Ouvrez cette page par https")
		if px := p.Overflow(); px > 0 {
			t.Errorf("the page is %d pixels wider than the window", px)
		}
		for _, v := range p.Violations() {
			if v.Serious() {
				t.Errorf("%s: %s: %q", v.Rule, v.Help, v.Nodes)
			}
		}
		p.Click("a.go")
		p.Wait("form") // to log in, for who has no number in this browser
		p.Until("the page came by https", `location.protocol === "https:"`)
		p.Close()
	})
	pbxtest.Scenario(t, "the browser phone fits a small screen and can be used without eyes or mouse", func(t *testing.T) {
		for _, state := range []string{"idle", "call"} {
			var c *phonesim.Call
			if state == "call" {
				c = call()
				awa.act("transfer")
			}
			if px := awa.Overflow(); px > 0 {
				t.Errorf("%s: the page is %d pixels wider than the window", state, px)
			}
			for _, v := range awa.Violations() {
				if v.Serious() {
					t.Errorf("%s: %s: %s: %q", state, v.Rule, v.Help, v.Nodes)
				}
			}
			awa.Screenshot("softphone-" + state + "-en-360")
			if c != nil {
				awa.act("hangup")
				over(c)
			}
		}
		if said := awa.Errors(); len(said) > 0 {
			t.Errorf("the page said %q", said)
		}
	})
	pbxtest.Scenario(t, "a browser calls again whom it called last, with another microphone", func(t *testing.T) {
		awa.Click("#devices summary")
		awa.Until("the microphones are listed", `document.querySelectorAll("#micro option").length > 1 && document.querySelectorAll("#camera option").length > 1`)
		awa.Script(`page => page.locator("#micro").selectOption({ index: 1 }).then(() => null)`, nil, nil)
		awa.Click("#call") // an empty field shows the last number
		awa.Click("#call")
		rings, err := desk.Ring(ctx)
		must(t, err)
		c, err := rings.Answer(ctx)
		must(t, err)
		awa.state("up")
		clear(c)
		awa.act("hangup")
		over(c)
		if n := awa.Count("#recent li"); n < 5 {
			t.Errorf("%d calls are remembered", n)
		}
	})
	pbxtest.Scenario(t, "the browser shows who is free, who is on the phone and whose phone is gone", func(t *testing.T) {
		lamp := "#people [data-number='" + desk.Number() + "'] .lamp."
		awa.Wait(lamp + "free")
		c := call()
		awa.Wait(lamp + "onphone")
		awa.act("hangup")
		over(c)
		awa.Wait(lamp + "free")
		must(t, desk.Unregister(ctx))
		awa.Wait(lamp + "absent")
	})
}
