//go:build lab

package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
	"autocom/portal/browsertest"
)

// TestAPersonsSmartphone: somebody with an account puts their number on a smartphone, and
// takes it off again.
func TestAPersonsSmartphone(t *testing.T) {
	whole := t
	b, wire := newBox(t)
	b.start()
	desk, caller := deskPhone(t, wire, 41), deskPhone(t, wire, 42)
	must(t, b.send("POST", "people", map[string]any{"id": "awa", "name": "Awa Ngo", "numbers": []string{desk.Number()}}))
	must(t, b.send("POST", "accounts", map[string]any{"name": "awa", "role": "user", "person": "awa"}))
	var invitation struct{ Link string }
	must(t, b.ask("POST", "accounts/awa/invitation", nil, &invitation))
	_, path, _ := strings.Cut(invitation.Link, "/ui/")
	browser := browsertest.Open(t, browsertest.Options{Wait: 60 * time.Second})
	awa := browser.Page(browsertest.Visitor{Language: "fr", Width: 360})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s", awa.Screenshot("awa"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var phone *phonesim.Agent
	var code, password string

	pbxtest.Scenario(t, "somebody scans a code on their own page, and their number rings on their smartphone too", func(t *testing.T) {
		awa.Goto(page + "ui/" + path)
		awa.Fill("#password", "un mot de passe assez long")
		awa.Press("Enter")
		awa.Wait("a[href='/ui/me']")
		awa.Goto(page + "ui/me")
		awa.Fill("form.app input[name=name]", "Fairphone")
		awa.Click("form.app button")
		awa.Wait("#app svg.qr")
		awa.Eval("document.querySelector('#app input').value", &code)
		for _, v := range awa.Violations() {
			if v.Serious() {
				t.Errorf("the page with the code: %+v", v)
			}
		}
		if awa.Overflow() > 0 {
			t.Errorf("the page with the code is wider than a telephone by %v", awa.Overflow())
		}
		awa.Screenshot("me-smartphone-fr-360")
		awa.Goto(page + "ui/me")
		if awa.Count("#app") != 0 || awa.Count("form[action$='/delete'][action*='/apps/']") != 1 {
			t.Error("the code is shown again, or the smartphone is not listed")
		}

		p := phonesim.NewSoftphone(code)
		p.Log = slog.New(slog.DiscardHandler)
		address := netip.MustParseAddr("192.168.88.43")
		must(t, wire.PlugStatic(p, netip.PrefixFrom(address, 24)))
		whole.Cleanup(func() { wire.Unplug(p) })
		must(t, p.Provision(ctx))
		a, ok := p.Account()
		if !ok {
			t.Fatal("the smartphone has no account")
		}
		password = a.Password
		var err error
		phone, err = phonesim.OpenAgent(a, netip.AddrPortFrom(address, 0), phonesim.AgentOptions{Codecs: []string{"alaw"}})
		must(t, err)
		whole.Cleanup(func() { phone.Close() })
		must(t, phone.Register(ctx))

		res, err := http.Get(code) // from another device
		must(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("another device reads the same code: %s", res.Status)
		}

		out, err := caller.Dial(ctx, desk.Number())
		must(t, err)
		_, err = desk.Ring(ctx)
		must(t, err)
		in, err := phone.Ring(ctx)
		must(t, err)
		call, err := in.Answer(ctx)
		must(t, err)
		c, err := out.Wait(ctx)
		must(t, err)
		call.Speak(440)
		if ear, err := c.Hear(ctx, time.Second, 440, 1000); err != nil || !ear.Clear() {
			t.Errorf("the caller does not hear the smartphone: %v, %+v", err, ear)
		}
		must(t, c.Hangup(ctx))

		out, err = phone.Dial(ctx, caller.Number())
		must(t, err)
		in, err = caller.Ring(ctx)
		must(t, err)
		if in.FromNumber != desk.Number() || in.FromName != "Awa Ngo" {
			t.Errorf("the smartphone's call is from %q %s", in.FromName, in.FromNumber)
		}
		must(t, out.Cancel(ctx))
	})
	pbxtest.Scenario(t, "its owner takes their number off a smartphone, which then neither rings nor calls", func(t *testing.T) {
		awa.Click("form[action*='/ui/me/apps/'] button")
		awa.Gone("form[action*='/ui/me/apps/']")
		b.wait(20*time.Second, "refused", func() bool {
			late, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			out, err := phone.Dial(late, caller.Number())
			if err == nil {
				_, err = out.Wait(late)
				out.Cancel(ctx)
			}
			t.Logf("its call: %v", err)
			var r *phonesim.Refused
			return errors.As(err, &r)
		})
		out, err := caller.Dial(ctx, desk.Number())
		must(t, err)
		_, err = desk.Ring(ctx)
		must(t, err)
		late, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if _, err := phone.Ring(late); err == nil {
			t.Error("it rings")
		}
		must(t, out.Cancel(ctx))
	})
	_, secret, _ := strings.Cut(code, "/ui/app/")
	for _, text := range []string{password, strings.TrimSuffix(secret, "/linphone.xml")} {
		if text == "" || strings.Contains(b.log.String(), text) {
			t.Errorf("a secret is in the log of autocomd, or there is none: %d bytes", len(text))
		}
	}
}
