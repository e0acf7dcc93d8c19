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

// TestTransfersByABrowser: to a second desk phone, at once and after talking.
func TestTransfersByABrowser(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	one, two := deskPhone(t, wire, 31), deskPhone(t, wire, 32)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz)})
	awa := somebody(t, browser, "Awa Ngo", browsertest.Visitor{Language: "fr", Width: 360})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\nsaid:\n%s", awa.Screenshot("awa"), strings.Join(awa.Said(), "\n"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// first is a call from desk phone one that the browser has answered.
	first := func() *phonesim.Call {
		t.Helper()
		out, err := one.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		c.Speak(440)
		awa.state("up")
		return c
	}
	// together are two desk phones that hear each other, without the browser.
	together := func(a, b *phonesim.Call) {
		t.Helper()
		a.Speak(440)
		b.Speak(620)
		awa.Gone("#calls li")
		var ear phonesim.Ear
		var err error
		for range 10 {
			if ear, err = a.Hear(ctx, time.Second, 620, browserHz); err == nil && ear.Clear() {
				break
			}
		}
		if !ear.Clear() {
			t.Errorf("the first desk phone hears %v, %v", ear, err)
		}
		if ear, err = b.Hear(ctx, time.Second, 440, browserHz); err != nil || !ear.Clear() {
			t.Errorf("the second desk phone hears %v, %v", ear, err)
		}
		must(t, a.Hangup(ctx))
		<-b.Done()
	}

	pbxtest.Scenario(t, "a browser gives a call to another phone at once", func(t *testing.T) {
		c := first()
		awa.act("transfer")
		awa.Fill("#calls .onward input", two.Number())
		awa.act("blind")
		rings, err := two.Ring(ctx)
		must(t, err)
		other, err := rings.Answer(ctx)
		must(t, err)
		together(c, other)
	})
	pbxtest.Scenario(t, "a browser talks to another phone first, then connects the two", func(t *testing.T) {
		c := first()
		awa.act("transfer")
		awa.Fill("#calls .onward input", two.Number())
		awa.act("consult")
		rings, err := two.Ring(ctx)
		must(t, err)
		other, err := rings.Answer(ctx)
		must(t, err)
		other.Speak(620)
		awa.state("held")
		awa.state("up")
		awa.hears(620)
		awa.act("join")
		together(c, other)
	})
	pbxtest.Scenario(t, "a browser's transfer to a number that is not there leaves the call where it is", func(t *testing.T) {
		c := first()
		awa.act("transfer")
		awa.Fill("#calls .onward input", "299")
		awa.act("blind")
		awa.Wait("text=Le transfert n'a pas abouti")
		awa.hears(440)
		awa.act("hangup")
		<-c.Done()
	})
}
