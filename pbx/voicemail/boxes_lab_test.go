//go:build lab

package voicemail_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/voicemail"
)

func TestBoxes(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203")
	pbxtest.Put(&plan, pbx.KindSettings, voicemail.Feature, "", "", map[string]any{"messages": 2, "shortest": 1})
	pbxtest.Person(&plan, "john", "John", func(p *pbx.Person) { p.Language = "en" }, "203")
	o := open(t, plan)
	one, two := o.Agent("201"), o.Agent("202")

	pbxtest.Scenario(t, "a box that nobody has opened is shut for other phones, its own number is no PIN", func(t *testing.T) {
		c := o.call(t, one, "*96202")
		o.hears(t, "vm-incorrect", "vm-goodbye")
		over(t, c)
		if strings.Contains(o.played(), "vm-password") {
			t.Error("a PIN is asked for")
		}
	})

	pbxtest.Scenario(t, "who opens a box for the first time says a name and sets a PIN", func(t *testing.T) {
		c := o.call(t, two, "*98")
		o.hears(t, "vm-newuser")
		press(t, c, "1")
		o.hears(t, "vm-rec-name")
		press(t, c, "1")
		o.hears(t, "beep")
		c.Speak(660)
		time.Sleep(1500 * time.Millisecond) // the length of the name
		press(t, c, "#")
		c.Quiet()
		o.hears(t, "vm-review")
		press(t, c, "1")
		o.hears(t, "vm-newpassword")
		o.forget()
		press(t, c, "1234#")
		o.hears(t, "vm-invalid-password")
		o.hears(t, "vm-newpassword")
		press(t, c, "4821#")
		o.hears(t, "vm-reenterpassword")
		press(t, c, "4821#")
		o.hears(t, "vm-passchanged", "vm-youhave", "vm-no", "vm-messages")
		hangup(t, c)
		tone(t, o.kept(t, "202", "greet.wav"), 660)
		if secret := string(o.kept(t, "202", "secret.conf")); !regexp.MustCompile(`(?m)^password *= *4821$`).MatchString(secret) {
			t.Error("the PIN is not in the spool")
		}
	})

	pbxtest.Scenario(t, "callers hear the name and the greeting that the owner recorded", func(t *testing.T) {
		c := o.call(t, one, "*99202")
		listen(t, c, 660, 440)
		o.hears(t, "vm-isunavail")
		hangup(t, c)
		own := o.call(t, two, "*98")
		o.hears(t, "vm-youhave")
		press(t, own, "0")
		o.hears(t, "vm-options")
		press(t, own, "1")
		o.hears(t, "vm-rec-unv", "beep")
		own.Speak(880)
		time.Sleep(1500 * time.Millisecond) // the length of the greeting
		press(t, own, "#")
		own.Quiet()
		o.hears(t, "vm-review")
		press(t, own, "1")
		o.hears(t, "vm-msgsaved")
		hangup(t, own)
		o.kept(t, "202", "unavail.wav")
		c = o.call(t, one, "*99202")
		listen(t, c, 880, 660)
		hangup(t, c)
	})

	pbxtest.Scenario(t, "a message lights the lamp, is heard from the own phone, and its deletion puts the lamp out", func(t *testing.T) {
		lamp, err := two.Mailbox(within(t, 10*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		defer lamp.Close()
		o.message(t, "202", 440)
		if err := lamp.WaitMessages(within(t, 15*time.Second), 1); err != nil {
			t.Error(err)
		}
		o.lamp(t, "202", 1)
		c := o.call(t, two, "*98")
		o.hears(t, "vm-youhave", "digits/1", "vm-INBOX", "vm-message")
		press(t, c, "1")
		o.hears(t, "vm-first", "vm-message", "vm-received", "digits/today", "digits/at", "digits/oclock")
		listen(t, c, 440, 660)
		press(t, c, "7")
		o.hears(t, "vm-deleted")
		hangup(t, c)
		o.gone(t, "202", "INBOX", "msg0000.txt")
		if err := lamp.WaitMessages(within(t, 15*time.Second), 0); err != nil {
			t.Error(err)
		}
		o.lamp(t, "202", 0)
	})

	pbxtest.Scenario(t, "a box opens from another phone with its PIN, and three wrong ones end the call", func(t *testing.T) {
		c := o.call(t, one, "*96202")
		for range 3 {
			o.hears(t, "vm-password")
			o.forget()
			press(t, c, "9999#")
			o.hears(t, "vm-incorrect")
		}
		o.hears(t, "vm-goodbye")
		over(t, c)
		c = o.call(t, one, "*96202")
		o.hears(t, "vm-password")
		press(t, c, "4821#")
		o.hears(t, "vm-youhave")
		hangup(t, c)
	})

	pbxtest.Scenario(t, "a star instead of the PIN opens no box, not even with the caller's own PIN", func(t *testing.T) {
		o.pin(t, "201", "7395")
		c := o.call(t, one, "*96202")
		o.hears(t, "vm-password")
		o.forget()
		press(t, c, "*#")
		o.hears(t, "vm-incorrect", "vm-password")
		press(t, c, "7395#")
		o.hears(t, "vm-goodbye")
		over(t, c)
		if strings.Contains(o.played(), "vm-youhave") {
			t.Error("the box opened")
		}
	})

	pbxtest.Scenario(t, "PINs that were typed, right or wrong, are in nothing that the journal keeps", func(t *testing.T) {
		c := o.call(t, one, "*96202")
		o.hears(t, "vm-password")
		press(t, c, "58136#")
		o.hears(t, "vm-incorrect")
		hangup(t, c)
		kept := 0
		for line := range strings.Lines(o.Log()) {
			if strings.Contains(line, "] NOTICE[") { // for who watches the console
				continue
			}
			// Without its head, "[Nov 23 22:19:18] WARNING[4821]: file.c:7395": numbers of threads and lines.
			line = regexp.MustCompile(`^\[[^]]*\] [A-Z]+\[[0-9]+\](\[[^]]*\])?: \S+:[0-9]+ `).ReplaceAllString(line, "")
			if kept++; regexp.MustCompile(`\b(4821|7395|9999|58136)\b`).MatchString(line) {
				t.Errorf("it keeps %s", line)
			}
		}
		if conf := o.CLI("logger show channels"); !regexp.MustCompile(`(?mi)^syslog.*WARNING`).MatchString(conf) || regexp.MustCompile(`(?mi)^syslog.*NOTICE`).MatchString(conf) {
			t.Errorf("the journal gets notices, or no warnings:\n%s", conf)
		}
		if kept == 0 {
			t.Error("nothing was logged at all")
		}
	})

	pbxtest.Scenario(t, "a full box says so and keeps what it has", func(t *testing.T) {
		o.Expect("No more messages possible")
		o.message(t, "202", 440)
		o.message(t, "202", 880)
		c := o.call(t, one, "*99202")
		o.begins(t)
		press(t, c, "#")
		o.hears(t, "vm-mailboxfull")
		over(t, c)
		tone(t, o.kept(t, "202", "INBOX", "msg0000.wav"), 440)
		tone(t, o.kept(t, "202", "INBOX", "msg0001.wav"), 880)
	})

	pbxtest.Scenario(t, "messages, lamps and PINs outlast a new plan, a restart and a power cut during a recording", func(t *testing.T) {
		o.Apply(func() pbx.Plan {
			p := o.Plan()
			pbxtest.Put(&p, pbx.KindSettings, voicemail.Feature, "", "", map[string]any{"messages": 5, "shortest": 1})
			return p
		}())
		c := o.call(t, one, "*99202")
		o.begins(t)
		press(t, c, "#")
		o.hears(t, "beep")
		c.Speak(440)
		time.Sleep(time.Second) // some of a message
		o.Kill()
		o.Restart()
		o.plays.Again()
		o.lamp(t, "202", 2)
		tone(t, o.kept(t, "202", "INBOX", "msg0001.wav"), 880)
		o.message(t, "202", 440)
		o.lamp(t, "202", 3)
		c = o.call(t, one, "*96202")
		o.hears(t, "vm-password")
		press(t, c, "4821#")
		o.hears(t, "vm-youhave", "digits/3")
		hangup(t, c)
	})

	pbxtest.Scenario(t, "each hears their own language, and a caller theirs", func(t *testing.T) {
		three := o.Agent("203")
		c := o.call(t, three, "*98")
		o.hears(t, "vm-newuser")
		o.Expect("Couldn't stream new user file") // because of the hang-up
		if !strings.Contains(o.played(), "vm-newuser en_US_f_Allison") {
			t.Errorf("an English person hears\n%s", o.played())
		}
		hangup(t, c)
		c = o.call(t, one, "*99203")
		o.hears(t, "vm-theperson")
		if !strings.Contains(o.played(), "vm-theperson fr_CA_f_June") {
			t.Errorf("a French caller of an English person hears\n%s", o.played())
		}
		hangup(t, c)
	})
}
