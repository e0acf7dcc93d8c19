//go:build lab

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
	"autocom/portal/browsertest"
)

// TestFourBrowsersInAVideoConference: each gets the pictures of the three others, and a
// desk phone hears and is heard.
func TestFourBrowsersInAVideoConference(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	must(t, b.send("POST", "conferences", map[string]any{"id": "team", "number": "290", "name": "Équipe", "video": "sfu"}))
	desk := deskPhone(t, wire, 31)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz), Wait: 60 * time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var people []*person
	for n := range 4 {
		language := []string{"fr", "en"}[n%2]
		people = append(people, somebody(t, browser, fmt.Sprint("Personne ", n), browsertest.Visitor{Language: language, Width: 720}))
	}
	t.Cleanup(func() {
		for n, p := range people {
			if t.Failed() {
				t.Logf("the page: %s\nsaid:\n%s", p.Screenshot(fmt.Sprint("conference", n)), strings.Join(p.Said(), "\n"))
			}
		}
	})
	for _, p := range people {
		p.Fill("#to", "290")
		p.Click("#video")
		p.state("up")
	}
	c, err := desk.Call(ctx, "290")
	must(t, err)
	c.Speak(440)
	const decoded = `(async () => {
		let n = 0;
		for (const c of connections) (await c.getStats()).forEach(s => { if (s.type === "inbound-rtp" && s.kind === "video" && s.framesDecoded > 5) n++; });
		return n;
	})()`

	pbxtest.Scenario(t, "four browsers in a video conference each see the three others", func(t *testing.T) {
		for _, p := range people {
			n := 0
			b.wait(90*time.Second, p.number+" seeing three pictures", func() bool {
				p.Eval(decoded, &n)
				return n >= 3
			})
			b.wait(20*time.Second, p.number+" showing them", func() bool {
				p.Eval(`[...document.querySelectorAll("#pictures video:not(.mirror)")].filter(v => v.videoWidth > 0 && !v.paused).length`, &n)
				return n == 3
			})
		}
		people[0].Screenshot("softphone-conference-fr")
	})
	pbxtest.Scenario(t, "a desk phone in a video conference hears and is heard", func(t *testing.T) {
		var ear phonesim.Ear
		for range 10 {
			ear, err = c.Hear(ctx, time.Second, browserHz, 440)
			if must(t, err); ear.Level > -40 && ear.Level-ear.Other > 15 {
				break
			}
		}
		if ear.Level <= -40 || ear.Level-ear.Other <= 15 {
			t.Errorf("the desk phone hears %v", ear)
		}
		// A mixed tone of three microphones is louder than the desk phone's: they are silent.
		for _, p := range people {
			p.act("mute")
		}
		people[0].hears(440)
	})
	pbxtest.Scenario(t, "the picture of who leaves a conference goes", func(t *testing.T) {
		people[3].act("hangup")
		n := 0
		b.wait(60*time.Second, "two pictures left", func() bool {
			people[0].Eval(`document.querySelectorAll("#pictures video:not(.mirror)").length`, &n)
			return n == 2
		})
	})
	must(t, c.Hangup(ctx))
}
