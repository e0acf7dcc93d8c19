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
	"Answer": "", "Goto": "", "GotoIf": "", "Hangup": "", "NoOp": "", "Progress": "",
	"Set": "", "Wait": "", "WaitExten": "", "Ringing": "", "Background": "",
	"Gosub": "app_stack.so", "Return": "app_stack.so", "Dial": "app_dial.so", "Echo": "app_echo.so",
	"PickupChan": "app_directed_pickup.so", "UserEvent": "app_userevent.so",
	"Playback": "app_playback.so", "Log": "app_verbose.so", "Verbose": "app_verbose.so",
}

// functions are the same for ${NAME(…)}.
var functions = map[string]string{
	"CALLERID": "func_callerid.so", "CHANNEL": "func_channel.so", "IF": "func_logic.so",
	"LEN": "func_strings.so", "SHIFT": "func_strings.so", "FILTER": "func_strings.so",
	"LOCAL": "app_stack.so", "PJSIP_ENDPOINT": "func_pjsip_endpoint.so", "PJSIP_DIAL_CONTACTS": "chan_pjsip.so",
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
