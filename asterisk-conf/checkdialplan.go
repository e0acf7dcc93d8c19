package asteriskconf

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// applications are those that our dialplan may use, with their module; "" is in
// the core. Another one is a decision: System and its like let a caller run programs.
var applications = map[string]string{
	"AddQueueMember":     "app_queue.so",
	"Answer":             "",
	"AttendedTransfer":   "app_attended_transfer.so",
	"Authenticate":       "app_authenticate.so",
	"BackGround":         "",
	"Background":         "",
	"BlindTransfer":      "app_blind_transfer.so",
	"BridgeWait":         "app_bridgewait.so",
	"Busy":               "",
	"ChanSpy":            "app_chanspy.so",
	"ConfBridge":         "app_confbridge.so",
	"Congestion":         "",
	"ControlPlayback":    "app_controlplayback.so",
	"Dial":               "app_dial.so",
	"Directory":          "app_directory.so",
	"Echo":               "app_echo.so",
	"ExecIf":             "",
	"ExtenSpy":           "app_chanspy.so",
	"Gosub":              "app_stack.so",
	"GosubIf":            "app_stack.so",
	"Goto":               "",
	"GotoIf":             "",
	"GotoIfTime":         "",
	"Hangup":             "",
	"Log":                "app_verbose.so",
	"MixMonitor":         "app_mixmonitor.so",
	"MusicOnHold":        "res_musiconhold.so",
	"NoCDR":              "app_cdr.so",
	"NoOp":               "",
	"Page":               "app_page.so",
	"Park":               "res_parking.so",
	"ParkedCall":         "res_parking.so",
	"PauseQueueMember":   "app_queue.so",
	"Pickup":             "app_directed_pickup.so",
	"PickupChan":         "app_directed_pickup.so",
	"Playback":           "app_playback.so",
	"PlayTones":          "app_playtones.so",
	"Progress":           "",
	"Proceeding":         "",
	"Queue":              "app_queue.so",
	"QueueLog":           "app_queue.so",
	"Read":               "app_read.so",
	"Record":             "app_record.so",
	"RemoveQueueMember":  "app_queue.so",
	"ResetCDR":           "app_cdr.so",
	"Return":             "app_stack.so",
	"Ringing":            "",
	"SayAlpha":           "",
	"SayDigits":          "",
	"SayNumber":          "",
	"SayUnixTime":        "app_sayunixtime.so",
	"Set":                "",
	"SoftHangup":         "app_softhangup.so",
	"StackPop":           "app_stack.so",
	"StartMusicOnHold":   "res_musiconhold.so",
	"StopMixMonitor":     "app_mixmonitor.so",
	"StopMusicOnHold":    "res_musiconhold.so",
	"StopPlayTones":      "app_playtones.so",
	"UnpauseQueueMember": "app_queue.so",
	"UserEvent":          "app_userevent.so",
	"Verbose":            "app_verbose.so",
	"VoiceMail":          "app_voicemail.so",
	"VoiceMailMain":      "app_voicemail.so",
	"Wait":               "",
	"WaitExten":          "",
}

// functions are the same for ${NAME(…)}.
var functions = map[string]string{
	"ARRAY":               "func_strings.so",
	"CALLERID":            "func_callerid.so",
	"CDR":                 "func_cdr.so",
	"CHANNEL":             "func_channel.so",
	"CHANNELS":            "func_channel.so",
	"CONFBRIDGE":          "app_confbridge.so",
	"CONFBRIDGE_INFO":     "app_confbridge.so",
	"CONNECTEDLINE":       "func_callerid.so",
	"CUT":                 "func_cut.so",
	"DB":                  "func_db.so",
	"DB_DELETE":           "func_db.so",
	"DB_EXISTS":           "func_db.so",
	"DB_KEYS":             "func_db.so",
	"DEVICE_STATE":        "func_devstate.so",
	"DIALPLAN_EXISTS":     "func_dialplan.so",
	"EPOCH":               "",
	"EXTENSION_STATE":     "func_extstate.so",
	"FIELDQTY":            "func_strings.so",
	"FILTER":              "func_strings.so",
	"GLOBAL":              "func_global.so",
	"GROUP":               "func_groupcount.so",
	"GROUP_COUNT":         "func_groupcount.so",
	"HANGUPCAUSE":         "func_hangupcause.so",
	"HASH":                "func_strings.so",
	"IF":                  "func_logic.so",
	"IFTIME":              "func_logic.so",
	"INC":                 "func_math.so",
	"ISNULL":              "func_logic.so",
	"LEN":                 "func_strings.so",
	"LOCAL":               "app_stack.so",
	"MAILBOX_EXISTS":      "app_voicemail.so",
	"MASTER_CHANNEL":      "func_global.so",
	"MATH":                "func_math.so",
	"PJSIP_AOR":           "func_pjsip_aor.so",
	"PJSIP_CONTACT":       "func_pjsip_contact.so",
	"PJSIP_DIAL_CONTACTS": "chan_pjsip.so",
	"PJSIP_ENDPOINT":      "func_pjsip_endpoint.so",
	"PJSIP_HEADER":        "res_pjsip_header_funcs.so",
	"PUSH":                "func_strings.so",
	"QUEUE_MEMBER":        "app_queue.so",
	"QUEUE_VARIABLES":     "app_queue.so",
	"QUEUE_WAITING_COUNT": "app_queue.so",
	"REDIRECTING":         "func_callerid.so",
	"REGEX":               "func_strings.so",
	"SHARED":              "func_global.so",
	"SHIFT":               "func_strings.so",
	"STRFTIME":            "func_strings.so",
	"STRREPLACE":          "func_strings.so",
	"TIMEOUT":             "func_timeout.so",
	"TOLOWER":             "func_strings.so",
	"TOUPPER":             "func_strings.so",
	"VALID_EXTEN":         "func_dialplan.so",
	"VM_INFO":             "app_voicemail.so",
	"VMCOUNT":             "func_vmcount.so",
}

var function = regexp.MustCompile(`\$\{([A-Z_]+)\(`)

func (c *checker) contexts() {
	for name, dc := range c.plan {
		for _, i := range dc.includes {
			if c.plan[i.value] == nil {
				c.fail("extensions.conf:%d: context %s does not exist", i.line, i.value)
			}
		}
		for _, id := range dc.order {
			x := dc.extens[id]
			if strings.HasPrefix(id, "_") && strings.ContainsAny(id, ".!") {
				c.fail("extensions.conf:%d: %s takes anything, and what it takes may be options of an application", x.line, id)
			}
			if len(x.steps) == 0 {
				c.fail("extensions.conf:%d: %s has a hint and no step", x.line, id)
			}
			c.hint(x)
			for _, s := range x.steps {
				c.step(name, id, s)
			}
		}
	}
}

func (c *checker) hint(x *exten) {
	if x.hint == "" {
		return
	}
	for device := range strings.SplitSeq(x.hint, "&") {
		if id, ok := strings.CutPrefix(device, "PJSIP/"); !ok || !c.endpoints[id] {
			c.fail("extensions.conf:%d: hint %s is no endpoint", x.line, device)
		}
	}
}

func (c *checker) step(context, id string, s step) {
	where := fmt.Sprintf("extensions.conf:%d: %s", s.line, s.app)
	module, known := applications[s.app]
	switch {
	case !known:
		c.fail("%s: not an application that we use", where)
	case module != "" && !c.modules[module]:
		c.fail("%s: %s is not loaded", where, module)
	}
	for _, m := range function.FindAllStringSubmatch(s.args, -1) {
		module, known := functions[m[1]]
		if !known {
			c.fail("%s: %s is not a function that we use", where, m[1])
		} else if !c.modules[module] {
			c.fail("%s: %s is not loaded", where, module)
		}
	}
	for _, t := range targets(s) {
		if err := c.plan.target(context, id, t); err != nil {
			c.fail("%s: %w", where, err)
		}
	}
	if s.app == "Playback" || s.app == "Background" {
		for name := range strings.SplitSeq(split(s.args, ',')[0], "&") {
			c.sound(where, name)
		}
	}
}

// targets are where a step may go.
func targets(s step) []string {
	switch s.app {
	case "Goto":
		return []string{s.args}
	case "GosubIf", "ExecIf", "GotoIfTime":
		return nil // their targets are followed when somebody uses them: add the case here
	case "Gosub":
		to, _, _ := strings.Cut(s.args, "(") // the rest are arguments
		return []string{to}
	case "GotoIf":
		parts := split(s.args, '?') // the "?" that is in no brackets
		if len(parts) != 2 {
			return []string{"no ?"}
		}
		ways := parts[1]
		var out []string
		for _, t := range split(ways, ':') {
			if t != "" {
				out = append(out, t)
			}
		}
		return out
	}
	return nil
}

// sound looks for a file in every language that a phone may have, in a form that a
// loaded format_ module reads.
func (c *checker) sound(where, name string) {
	if c.sounds == nil {
		return
	}
	for _, lang := range c.languages {
		found := false
		for ext, module := range map[string]string{".g722": "format_pcm.so", ".wav": "format_wav.so", ".gsm": "format_gsm.so"} {
			_, err := fs.Stat(c.sounds, path.Join(lang, name+ext))
			found = found || err == nil && c.modules[module]
		}
		if !found {
			c.fail("%s: sound %s does not exist in %s", where, name, lang)
		}
	}
}
