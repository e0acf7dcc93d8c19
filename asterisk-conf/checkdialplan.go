package asteriskconf

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"autocom/pbx"
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
	"CELGenUserEvent":    "app_celgenuserevent.so",
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
	"Originate":          "app_originate.so",
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
	"VMAuthenticate":     "app_voicemail.so",
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
	"LOCK":                "func_lock.so",
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
	"QUEUE_MEMBER_LIST":   "app_queue.so",
	"QUEUE_VARIABLES":     "app_queue.so",
	"QUEUE_WAITING_COUNT": "app_queue.so",
	"REDIRECTING":         "func_callerid.so",
	"REGEX":               "func_strings.so",
	"SHARED":              "func_global.so",
	"SHIFT":               "func_strings.so",
	"STAT":                "func_env.so",
	"STRFTIME":            "func_strings.so",
	"STRREPLACE":          "func_strings.so",
	"TIMEOUT":             "func_timeout.so",
	"TOLOWER":             "func_strings.so",
	"TOUPPER":             "func_strings.so",
	"UNLOCK":              "func_lock.so",
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
			if strings.HasPrefix(id, "_") && strings.ContainsAny(id, ".!") && !unread(name, x) {
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

// customState is a lamp that the dialplan sets itself: Custom:DND-201, Custom:NIGHT-main,
// Custom:CFU-${EXTEN:4} of a pattern; or that of a parking slot.
var customState = regexp.MustCompile(`^(Custom:[A-Z]+-([0-9a-z-]+|\$\{EXTEN:[0-9]\})|park:[0-9]+@ac-parking-lot)$`)

// unread tells that a context of a trunk takes anything and looks at nothing of it.
func unread(context string, x *exten) bool {
	return strings.HasPrefix(context, "ac-incoming-") && len(x.steps) == 1 &&
		x.steps[0].app == "Goto" && !strings.Contains(x.steps[0].args, "$")
}

// pauseState is a lamp that app_queue sets: a member pauses.
var pauseState = regexp.MustCompile(`^Queue:[a-z0-9-]+_pause_Local/([0-9]+)@ac-member/n$`)

func (c *checker) hint(x *exten) {
	if x.hint == "" {
		return
	}
	for device := range strings.SplitSeq(x.hint, "&") {
		if customState.MatchString(device) {
			continue
		}
		if m := pauseState.FindStringSubmatch(device); m != nil {
			if c.plan.find("ac-member", m[1], 0) == nil {
				c.fail("extensions.conf:%d: hint %s is no member that can be rung", x.line, device)
			}
			continue
		}
		if id, ok := strings.CutPrefix(device, "PJSIP/"); !ok || !c.endpoints[id] {
			c.fail("extensions.conf:%d: hint %s is no endpoint", x.line, device)
		}
	}
}

func (c *checker) step(context, id string, s step) {
	where := fmt.Sprintf("extensions.conf:%d: %s", s.line, s.app)
	module, known := applications[s.app]
	c.says(where, s.app)
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
	for _, name := range played(s) {
		c.sound(where, name)
	}
	switch s.app {
	case "Queue", "QueueLog":
		if name := split(s.args, ',')[0]; !c.named[name] {
			c.fail("%s: queue %s does not exist", where, name)
		}
	case "ExecIf":
		for _, t := range conditional(s.args) {
			app, args, _ := strings.Cut(t, "(")
			c.step(context, id, step{app, strings.TrimSuffix(args, ")"), s.line})
		}
	case "WaitExten": // what was pressed is no extension; nothing was pressed
		for _, special := range []string{"i", "t"} {
			if c.plan.find(context, special, 0) == nil {
				c.fail("%s: %s has no extension %s: the call would end", where, context, special)
			}
		}
	}
}

// conditional are the ways of "condition?yes:no", those that are not empty.
func conditional(args string) []string {
	parts := split(args, '?') // the "?" that is in no brackets
	if len(parts) != 2 {
		return []string{"no ?"}
	}
	var out []string
	for _, t := range split(parts[1], ':') {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// legs finds the options b and B of Dial and Page, which run a part of the dialplan on the
// legs that they make: b(context^extension^priority).
var legs = regexp.MustCompile(`[bB]\(([a-z0-9-]+)\^([a-z0-9-]+)\^([a-z0-9]+)`)

// answered finds the option U, which runs context,s,1 on a leg that was answered.
var answered = regexp.MustCompile(`U\(([a-z0-9-]+)[\^)]`)

// targets are where a step may go.
func targets(s step) []string {
	switch s.app {
	case "Goto":
		return []string{s.args}
	case "Dial", "Page":
		var out []string
		for _, m := range legs.FindAllStringSubmatch(s.args, -1) {
			out = append(out, strings.Join(m[1:], ","))
		}
		for _, m := range answered.FindAllStringSubmatch(s.args, -1) {
			out = append(out, m[1]+",s,1")
		}
		return out
	case "Set": // CHANNEL(hangup_handler_push)=context,extension,priority
		if _, to, ok := strings.Cut(s.args, "(hangup_handler_push)="); ok {
			to, _, _ = strings.Cut(to, "(")
			return []string{to}
		}
	case "Gosub":
		to, _, _ := strings.Cut(s.args, "(") // the rest are arguments
		return []string{to}
	case "GotoIf", "GotoIfTime":
		return conditional(s.args)
	case "GosubIf":
		var out []string
		for _, t := range conditional(s.args) {
			to, _, _ := strings.Cut(t, "(")
			out = append(out, to)
		}
		return out
	case "Background", "BackGround": // the digits are looked up there
		if args := split(s.args, ','); len(args) > 3 && args[3] != "" {
			return []string{args[3] + ",s,1"}
		}
	}
	return nil
}

// played are the files that a step plays, those whose names can be known before the call.
func played(s step) []string {
	args := split(s.args, ',')
	list := ""
	switch s.app {
	case "Playback", "Background", "BackGround", "ControlPlayback":
		list = args[0]
	case "Read":
		if len(args) > 1 {
			list = args[1]
		}
	case "Gosub": // ac-prompt-<id>,s,1(what is heard instead)
		to, fallback, _ := strings.Cut(s.args, "(")
		if strings.HasPrefix(to, promptContext) {
			list = strings.TrimSuffix(fallback, ")")
		}
	}
	if list == "" {
		return nil
	}
	return slices.DeleteFunc(split(list, '&'), func(name string) bool { return name == "${AC_PROMPT}" })
}

// promptContext and its id is the context that looks for a prompt of ours.
const promptContext = "ac-prompt-"

// sound looks for a file in every language that a phone may have, in a form that a
// loaded format_ module reads.
func (c *checker) sound(where, name string) {
	if id, ours := strings.CutPrefix(name, pbx.PromptDir+"/"); ours {
		if c.plan[promptContext+id] == nil {
			c.fail("%s: prompt %s does not exist", where, id)
		}
		return
	}
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
