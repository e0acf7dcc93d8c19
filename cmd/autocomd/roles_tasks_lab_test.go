//go:build lab

package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
	"autocom/portal/browsertest"
)

// invite makes an account of a role for a person, and a window in which they have chosen their
// password.
func (b *box) invite(t testing.TB, browser *browsertest.Browser, name, role string, v browsertest.Visitor) *browsertest.Page {
	t.Helper()
	must(t, b.send(http.MethodPost, "accounts", map[string]any{"name": name, "role": role, "person": name}))
	var invitation struct{ Link string }
	must(t, b.ask(http.MethodPost, "accounts/"+name+"/invitation", nil, &invitation))
	p := browser.Page(v)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page of %s: %s\n%s", name, p.Screenshot(name), strings.Join(p.Said(), "\n"))
		}
	})
	p.Goto(invitation.Link)
	p.Fill("#password", rolesPassword)
	p.Press("Enter")
	p.Wait("form[action='/ui/logout']")
	return p
}

// answered is a call from one phone to a number that another answers.
func answered(ctx context.Context, t testing.TB, from *phonesim.Agent, number string, by *phonesim.Agent) (*phonesim.Call, *phonesim.Call) {
	t.Helper()
	out, err := from.Dial(ctx, number)
	must(t, err)
	in, err := by.Ring(ctx)
	must(t, err)
	answerer, err := in.Answer(ctx)
	must(t, err)
	caller, err := out.Wait(ctx)
	must(t, err)
	return caller, answerer
}

// TestWhatEachRoleDoesInABrowser: a day of somebody with a phone, of an agent and of who
// supervises. Their pages say what the phones do, and the phones do what their pages say.
func TestWhatEachRoleDoesInABrowser(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	ali, awa, bob, caller := deskPhone(t, wire, 31), deskPhone(t, wire, 32), deskPhone(t, wire, 33), deskPhone(t, wire, 34)
	must(t, b.send(http.MethodPut, "people/ali", map[string]any{"name": "Ali", "numbers": []string{ali.Number()}}))
	must(t, b.send(http.MethodPut, "people/awa", map[string]any{"name": "Awa", "agent": true, "numbers": []string{awa.Number()}}))
	must(t, b.send(http.MethodPut, "people/bob", map[string]any{"name": "Bob", "supervisor": true, "numbers": []string{bob.Number()}}))
	must(t, b.send(http.MethodPut, "queues/ventes", map[string]any{"name": "Ventes", "number": "612", "wrapup": 30, "join_empty": "never", "leave_empty": "never", "position": false, "agents": []map[string]any{{"person": "awa"}}}))
	must(t, b.send(http.MethodPut, "hours/bureau", map[string]any{"name": "Bureau", "number": "640", "week": []map[string]any{{"days": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "from": "00:00", "to": "24:00"}},
		"open": map[string]any{"kind": "number", "id": ali.Number()}, "closed": map[string]any{"kind": "number", "id": bob.Number()}}))
	must(t, b.send(http.MethodPut, "people/chef", map[string]any{"name": "Chef"}))
	browser := browsertest.Open(t, browsertest.Options{Wait: 40 * time.Second})
	b.invite(t, browser, "chef", "admin", browsertest.Visitor{Language: "fr", Width: 360}).Close() // else the box waits for its first minute
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()

	// reaches waits until a call to a number rings at a phone: Asterisk reads what a page has
	// changed a moment later.
	reaches := func(t *testing.T, number string, who *phonesim.Agent) {
		t.Helper()
		pbxtest.Eventually(t, 60*time.Second, func() error {
			try, cancel := context.WithTimeout(ctx, 8*time.Second)
			defer cancel()
			out, err := caller.Dial(try, number)
			if err != nil {
				return err
			}
			in, err := who.Ring(try)
			if again := out.Cancel(ctx); err == nil {
				<-in.Gone()
				return again
			}
			return err
		})
	}

	pbxtest.Scenario(t, "somebody hears their message on their page, forwards their phone there, and changes their password", func(t *testing.T) {
		p := b.invite(t, browser, "ali", "user", browsertest.Visitor{Language: "fr", Width: 360})
		left, err := caller.Call(ctx, "*99"+ali.Number())
		must(t, err)
		pbxtest.Eventually(t, 20*time.Second, func() error { // keys before the greeting are lost
			db, err := left.Loudness(ctx, 200*time.Millisecond)
			if err == nil && db < -50 {
				err = errors.New("no greeting is heard")
			}
			return err
		})
		must(t, left.Press(ctx, "#"))
		left.Speak(440)
		time.Sleep(5 * time.Second) // the length of the message, after the beep
		must(t, left.Hangup(ctx))
		b.wait(30*time.Second, "the message is in the box", func() bool {
			var list []any
			return b.get("numbers/"+ali.Number()+"/messages", &list) == nil && len(list) == 1
		})
		p.Goto(page + "ui/me")
		p.Wait(".message .state.wait")
		p.Eval(`document.querySelector(".message audio").play()`, nil)
		p.Until("the message is heard", `document.querySelector(".message audio").currentTime > 1 && document.querySelector(".message audio").duration > 2`)
		p.Click(".message form[action$='/heard'] button")
		p.Wait(".message form[action$='/new']")
		if n := p.Count(".message .state.wait"); n != 0 {
			t.Errorf("%d messages are new after they were heard", n)
		}

		always := "form[action$='/forwards'] input[name=always]"
		p.Fill(always, bob.Number())
		p.Click("form[action$='/forwards'] button")
		p.Wait(".notice")
		reaches(t, ali.Number(), bob)
		p.Fill(always, "")
		p.Click("form[action$='/forwards'] button")
		p.Wait(".notice")
		reaches(t, ali.Number(), ali)

		const another = "another staple of the house"
		p.Fill("#old", rolesPassword)
		p.Fill("#password", another)
		p.Click("form[action='/ui/me/password'] button:not([type=button])")
		p.Wait("#changed")
		p.Click("form[action='/ui/logout'] button")
		p.Gone("form[action='/ui/logout']")
		p.Goto(page + "ui/login")
		for _, try := range []struct{ password, then string }{{rolesPassword, "#bad"}, {another, "form[action='/ui/logout']"}} {
			p.Fill("#name", "ali")
			p.Fill("#password", try.password)
			p.Press("Enter")
			p.Wait(try.then)
		}
	})

	agent := b.invite(t, browser, "awa", "agent", browsertest.Visitor{Language: "fr", Width: 360})
	boss := b.invite(t, browser, "bob", "supervisor", browsertest.Visitor{Language: "en", Width: 1440, Height: 900})
	pbxtest.Scenario(t, "an agent logs in on their page, sees who calls, works on after the call and goes to lunch, and who supervises sees it", func(t *testing.T) {
		agent.Goto(page + "ui/agent")
		agent.Click("#agentseats form[action$='/login'] button")
		agent.Wait("#agentseats form[action$='/logout']")
		boss.Goto(page + "ui/live/ventes")
		boss.Wait("#member-" + awa.Number())
		call, _ := answered(ctx, t, caller, "612", awa)
		agent.Until("the page shows who calls", `document.querySelector("#agentnow .caller")?.textContent.includes("`+caller.Number()+`")`)
		boss.Until("the supervisor sees the call, and how to listen to it", `/dial \*31`+awa.Number()+`/.test(document.querySelector("#member-`+awa.Number()+`").textContent)`)
		must(t, call.Hangup(ctx))
		agent.Wait("#agentnow .left")
		agent.Until("no caller is shown any more", `!document.querySelector("#agentnow .caller")`)
		agent.Click("#agentpause button[name=reason][value='2']")
		agent.Wait("#agentpause form[action$='/unpause']")
		boss.Until("the supervisor sees the pause and why", `document.querySelector("#member-`+awa.Number()+`").textContent.includes("repas") || document.querySelector("#member-`+awa.Number()+`").textContent.includes("lunch")`)
		agent.Click("#agentpause form[action$='/unpause'] button")
		agent.Wait("#agentpause .reasons")
		boss.Wait("#member-" + awa.Number() + " form[action$='/pause']")
	})

	pbxtest.Scenario(t, "who supervises closes and opens the house with a button, and an open page follows a phone's code", func(t *testing.T) {
		boss.Goto(page + "ui/me")
		boss.Click("nav.menu a[href='/ui/night']")
		boss.Wait("#night-0 .state.good")
		reaches(t, "640", ali)
		boss.Click("#night-0 button[value=closed]")
		boss.Wait("#night-0 .state.wait")
		reaches(t, "640", bob)
		boss.Click("#night-0 button[value=auto]")
		boss.Wait("#night-0 .state.good")
		code, err := caller.Call(ctx, "*28640*1")
		must(t, err)
		boss.Until("the phone's code is seen", `document.querySelector("#night-0 button[value=auto]") && !document.querySelector("#night-0 button[value=open]")`)
		must(t, code.Hangup(ctx))
	})

	pbxtest.Scenario(t, "who supervises finds the call in the report and takes its figures home as CSV", func(t *testing.T) {
		boss.Goto(page + "ui/reports")
		boss.Wait(".figures")
		var csv string
		must(t, boss.Script(`async page => {
			const [download] = await Promise.all([page.waitForEvent("download"), page.locator("a[download]").first().click()]);
			let text = "";
			for await (const chunk of await download.createReadStream()) text += chunk;
			return text;
		}`, nil, &csv))
		if lines := strings.Split(strings.TrimSpace(csv), "\n"); len(lines) < 2 || !strings.Contains(csv, "ventes") {
			t.Errorf("the file: %q", csv)
		}
	})
}
