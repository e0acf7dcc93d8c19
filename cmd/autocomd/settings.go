package main

import (
	"encoding/json"
	"slices"

	"autocom/pbx"
	"autocom/pbx/blacklist"
	"autocom/pbx/emergency"
	"autocom/pbx/mail"
	"autocom/pbx/music"
	"autocom/pbx/parking"
	"autocom/pbx/queue"
	"autocom/pbx/record"
	outbound "autocom/pbx/route"
	"autocom/pbx/voicemail"
)

// usualSettings are the settings of every feature as they hold while nobody has written them,
// by their id.
func usualSettings(plan pbx.Plan) map[string]any {
	plan.Objects = slices.DeleteFunc(slices.Clone(plan.Objects), func(o pbx.Object) bool { return o.Kind == pbx.KindSettings })
	// Without objects of their own these cannot fail.
	agents, _ := queue.DecodeSettings(plan)
	slots, _ := parking.Of(plan)
	recording, _ := record.Read(plan)
	records, _ := record.ReadRecords(plan)
	boxes, _ := voicemail.Decode(plan)
	letters, _, _ := mail.Decode(plan)
	outside, _ := plan.Outside()
	codes, _ := plan.Codes()
	return map[string]any{
		queue.SettingsID: agents, parking.Setting: slots, record.Kind: recording, record.KindRecords: records, voicemail.Feature: boxes,
		mail.Feature: letters, "outside": outside, "codes": codeWords(codes), "blacklist": blacklist.Settings{Answer: blacklist.AnswerBusy},
		"emergency": emergency.Settings{}, "fraud": outbound.Usual(), "music": music.Settings{}, pbx.SettingSite: pbx.Site{},
	}
}

// codeWords writes codes as their settings have them: "*21", "*21+" with a number alone,
// "*21=" without one.
func codeWords(codes map[string][]pbx.Code) map[string][]string {
	out := map[string][]string{}
	for name, list := range codes {
		for _, c := range list {
			word := c.Digits
			if c.More != c.Alone {
				word += map[bool]string{true: "+", false: "="}[c.More]
			}
			out[name] = append(out[name], word)
		}
	}
	return out
}

// usual gives them as JSON.
func (d desk) usual() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for id, s := range usualSettings(d.Plan()) {
		text, err := json.Marshal(s)
		if err != nil {
			d.exchange.log.Error("settings not shown", "id", id, "error", err)
			continue
		}
		out[id] = text
	}
	return out
}
