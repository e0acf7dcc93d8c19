//go:build lab

package voicemail_test

import (
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/pbxtest"
	"autocom/pbx/voicemail"
)

// What autocomd does for the API, and for what was mailed.
func TestMessagesByTheManager(t *testing.T) {
	plan := pbxtest.Plan("201", "202")
	pbxtest.Put(&plan, pbx.KindSettings, voicemail.Feature, "", "", map[string]any{"shortest": 1})
	o := open(t, plan)
	o.Agent("201")
	boxes := voicemail.Boxes{Dir: strings.TrimSuffix(o.box("202"), "/202")}
	ask := func(t *testing.T, action, folder, id string, more ...ami.Field) {
		t.Helper()
		fields := append([]ami.Field{{Key: "Context", Value: voicemail.Context}, {Key: "Mailbox", Value: "202"}, {Key: "Folder", Value: folder}, {Key: "ID", Value: id}}, more...)
		answer, err := o.Manager().Do(within(t, 10*time.Second), ami.Action{Name: action, Fields: fields})
		if err != nil || !strings.Contains(answer.Get("Message"), "successful") {
			t.Fatalf("%s: %v, %v", action, answer, err)
		}
	}
	pbxtest.Scenario(t, "a message that is read or deleted on the page puts the lamp out", func(t *testing.T) {
		o.message(t, "202", 440)
		o.message(t, "202", 880)
		o.lamp(t, "202", 2)
		list, err := boxes.Messages("202")
		if err != nil || len(list) != 2 || list[0].From != "201" || list[0].Duration < time.Second {
			t.Fatalf("%+v, %v", list, err)
		}
		first := list[1].ID
		ask(t, "VoicemailMove", voicemail.New, first, ami.Field{Key: "ToFolder", Value: voicemail.Old})
		o.lamp(t, "202", 1)
		heard, err := boxes.Find("202", first)
		if err != nil || heard.Folder != voicemail.Old {
			t.Errorf("%+v, %v", heard, err)
		}
		sound, err := boxes.Sound("202", first)
		if err != nil {
			t.Fatal(err)
		}
		tone(t, sound, 440)
		ask(t, "VoicemailRemove", voicemail.Old, first)
		ask(t, "VoicemailRemove", voicemail.New, list[0].ID)
		o.lamp(t, "202", 0)
		if list, err = boxes.Messages("202"); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
