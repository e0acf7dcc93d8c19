//go:build lab

package voicemail_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/voicemail"
)

func TestMessages(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203", "204")
	plan.TimeZone = "Africa/Douala"
	pbxtest.Put(&plan, pbx.KindSettings, voicemail.Feature, "", "", map[string]any{
		"messages": 3, "longest": 10, "operator": pbx.Destination{Kind: pbx.ToNumber, ID: "203"}})
	o := open(t, plan)
	one := o.Agent("201")

	pbxtest.Scenario(t, "nobody is there: the caller hears a greeting and leaves a message that lies in the box", func(t *testing.T) {
		c := o.call(t, one, "202")
		o.hears(t, "vm-theperson")
		pbxtest.Eventually(t, 10*time.Second, func() error { // the instructions are still said
			db, err := c.Loudness(within(t, 5*time.Second), 300*time.Millisecond)
			if err == nil && db < -50 {
				err = fmt.Errorf("the greeting is %.0f dB", db)
			}
			return err
		})
		o.hears(t, "vm-theperson", "digits/2", "digits/0", "digits/2", "vm-isunavail")
		press(t, c, "#")
		o.hears(t, "beep")
		c.Speak(440)
		time.Sleep(2500 * time.Millisecond) // the length of the message
		hangup(t, c)
		text := string(o.kept(t, "202", "INBOX", "msg0000.txt"))
		for _, want := range []string{"origmailbox=202\n", `callerid="Poste 201" <201>`, "msg_id="} {
			if !strings.Contains(text, want) {
				t.Errorf("%s is not in\n%s", want, text)
			}
		}
		tone(t, o.kept(t, "202", "INBOX", "msg0000.wav"), 440)
		o.lamp(t, "202", 1)
	})

	pbxtest.Scenario(t, "a message that is too short is not kept", func(t *testing.T) {
		c := o.call(t, one, "202")
		o.hears(t, "vm-theperson")
		press(t, c, "#")
		o.hears(t, "beep")
		hangup(t, c)
		pbxtest.Eventually(t, 10*time.Second, func() error { // the recording is thrown away
			left, err := os.ReadDir(o.box("202", "tmp"))
			if err == nil && len(left) > 0 {
				err = os.ErrExist
			}
			return err
		})
		if _, err := os.Stat(o.box("202", "INBOX", "msg0001.txt")); err == nil {
			t.Error("it is kept")
		}
	})

	pbxtest.Scenario(t, "a caller who presses 0 during the greeting reaches the operator", func(t *testing.T) {
		three := o.Agent("203")
		c := o.call(t, one, "202")
		o.hears(t, "vm-theperson")
		press(t, c, "0")
		in, err := three.Ring(within(t, 15*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		b, err := in.Answer(within(t, 10*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		c.Speak(440)
		listen(t, b, 440, 660)
		hangup(t, c)
	})
}

// How callers reach a box, by why nobody answers.
func TestGreetings(t *testing.T) {
	o := open(t, pbxtest.Plan("201", "202"))
	one, two := o.Agent("201"), o.Agent("202")
	pbxtest.Scenario(t, "who is on the phone is said to be, and a phone that refuses is busy", func(t *testing.T) {
		o.forget()
		calling, err := one.Dial(within(t, 20*time.Second), "202")
		if err != nil {
			t.Fatal(err)
		}
		in, err := two.Ring(within(t, 15*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Decline(within(t, 5*time.Second), 486); err != nil {
			t.Fatal(err)
		}
		c, err := calling.Wait(within(t, 20*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		o.hears(t, "vm-theperson", "vm-isonphone")
		hangup(t, c)
	})
	pbxtest.Scenario(t, "a mailbox that cannot be written to ends the call, and the other boxes go on", func(t *testing.T) {
		if err := os.MkdirAll(o.box("202"), 0o755); err != nil {
			t.Fatal(err)
		}
		os.RemoveAll(o.box("202", "tmp"))
		if err := os.WriteFile(o.box("202", "tmp"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		o.Expect("Failed to make directory", "Unable to create message file", "mkdir")
		o.forget()
		c, err := one.Call(within(t, 20*time.Second), "*99202")
		if err == nil {
			o.begins(t)
			press(t, c, "#")
			over(t, c)
		}
		c = o.call(t, two, "*99201")
		o.hears(t, "vm-theperson")
		hangup(t, c)
	})
}
