//go:build lab

package main

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
	"autocom/portal/browsertest"
)

// TestABrowserBesideADeskPhone: one number, two phones.
func TestABrowserBesideADeskPhone(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	caller := deskPhone(t, wire, 31)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz), Wait: 40 * time.Second})
	awa := somebody(t, browser, "Awa Ngo", browsertest.Visitor{Language: "en", Width: 360})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\nsaid:\n%s", awa.Screenshot("awa"), strings.Join(awa.Said(), "\n"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	// The same number in another telephone, by the card that the first page shows.
	var card struct{ User, Password string }
	must(t, awa.Script(`async (page, url) => {
		const first = await page.context().newPage();
		await first.goto(url);
		const card = { user: await first.locator("#user").innerText(), password: await first.locator("#password").innerText() };
		await first.close();
		return card;
	}`, page, &card))
	beside, err := phonesim.OpenAgent(phonesim.Account{
		User: card.User, Auth: card.User, Password: card.Password, Label: awa.number, Server: "192.168.88.1", Port: 5060, Transport: "udp", Expiry: 10 * time.Minute,
	}, netip.MustParseAddrPort("192.168.88.254:0"), phonesim.AgentOptions{Codecs: []string{"alaw"}})
	must(t, err)
	t.Cleanup(func() { beside.Close() })
	must(t, beside.Register(ctx))

	pbxtest.Scenario(t, "a browser rings together with the desk phone of its number, until one answers", func(t *testing.T) {
		out, err := caller.Dial(ctx, awa.number)
		must(t, err)
		rings, err := beside.Ring(ctx)
		must(t, err)
		awa.state("incoming")
		c, err := rings.Answer(ctx)
		must(t, err)
		_, err = out.Wait(ctx)
		must(t, err)
		awa.Gone("#calls li")
		if awa.Count("#trouble:not([hidden])") > 0 {
			t.Errorf("a call that was answered beside is no missed one: %q", awa.Text("#trouble"))
		}
		must(t, c.Hangup(ctx))

		out, err = caller.Dial(ctx, awa.number)
		must(t, err)
		rings, err = beside.Ring(ctx)
		must(t, err)
		awa.state("incoming")
		awa.act("answer")
		other, err := out.Wait(ctx)
		must(t, err)
		<-rings.Gone()
		other.Speak(440)
		awa.hears(440)
		must(t, other.Hangup(ctx))
		awa.Gone("#calls li")
	})
	pbxtest.Scenario(t, "a browser shows how many messages wait", func(t *testing.T) {
		must(t, beside.Unregister(ctx))
		out, err := caller.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		awa.act("decline")
		c, err := out.Wait(ctx) // the mailbox answers
		must(t, err)
		c.Speak(440)
		b.wait(60*time.Second, "a message on the card", func() bool {
			got, _ := filepath.Glob(filepath.Join(b.dir, "data/asterisk-state/spool/voicemail/*/"+awa.number+"/tmp/*.wav"))
			if len(got) == 0 {
				return false
			}
			file, err := os.Stat(got[0])
			return err == nil && file.Size() > 5*16000 // five seconds; a message shorter than three is none
		})
		must(t, c.Hangup(ctx))
		awa.Wait("text=1 new message")
	})
	pbxtest.Scenario(t, "two windows of a browser have one phone, in the one that is used", func(t *testing.T) {
		var states []string
		must(t, awa.Script(`async (page, url) => {
			const second = await page.context().newPage();
			await second.goto(url);
			const states = [], at = async (p, state) => { await p.locator("#state[data-state=" + state + "]").waitFor(); states.push(state); };
			await at(second, "elsewhere");
			await at(page, "ready");
			await second.locator("#here").click();
			await at(second, "ready");
			await at(page, "elsewhere");
			await second.close();
			return states;
		}`, securePage+"ui/softphone", &states))
		if len(states) != 4 {
			t.Errorf("windows were %q", states)
		}
	})
}
