package asteriskconf

import (
	"errors"
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
	"Answer": "", "Goto": "", "GotoIf": "", "Hangup": "", "NoOp": "", "Progress": "",
	"Set": "", "Wait": "", "WaitExten": "", "Ringing": "", "Background": "",
	"Gosub": "app_stack.so", "Return": "app_stack.so", "Dial": "app_dial.so", "Echo": "app_echo.so",
	"Playback": "app_playback.so", "Log": "app_verbose.so", "Verbose": "app_verbose.so",
}

// functions are the same for ${NAME(…)}.
var functions = map[string]string{
	"CALLERID": "func_callerid.so", "CHANNEL": "func_channel.so", "IF": "func_logic.so",
	"LEN": "func_strings.so", "SHIFT": "func_strings.so", "FILTER": "func_strings.so",
	"LOCAL": "app_stack.so", "PJSIP_DIAL_CONTACTS": "chan_pjsip.so",
}

var function = regexp.MustCompile(`\$\{([A-Z_]+)\(`)

// Check follows every include, Goto, Gosub, hint, context, module and sound file
// of a configuration, and returns all that lead nowhere. sounds is
// /usr/share/asterisk/sounds.
func Check(files pbx.Files, sounds fs.FS) error {
	plan, err := readDialplan(files)
	if err != nil {
		return err
	}
	pjsip, err := parse(files, "pjsip.conf")
	if err != nil {
		return err
	}
	modules, err := parse(files, "modules.conf")
	if err != nil {
		return err
	}
	c := checker{plan: plan, sounds: sounds, modules: map[string]bool{}, endpoints: map[string]bool{}}
	for _, s := range modules {
		for _, e := range s.keys {
			if e.key == "load" || e.key == "require" || e.key == "preload" {
				c.modules[e.value] = true
			}
		}
	}
	c.lines(pjsip)
	c.contexts()
	for name := range files {
		if name == "extensions.conf" || name == "pjsip.conf" {
			continue
		}
		if _, err := parse(files, name); err != nil && name != "pjsip_lines.conf" {
			c.errs = append(c.errs, err)
		}
	}
	return errors.Join(c.errs...)
}

// checker collects what leads nowhere.
type checker struct {
	plan      dialplan
	sounds    fs.FS
	modules   map[string]bool
	endpoints map[string]bool
	languages []string
	errs      []error
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// lines follows what an endpoint names: templates, auth, aor, contexts, language.
func (c *checker) lines(sections []section) {
	templates := map[string]section{}
	for _, s := range sections {
		if s.template {
			templates[s.name] = s
		}
	}
	kinds := map[string]bool{} // "aor 0015…-1"
	for _, s := range sections {
		for _, p := range s.parents {
			if _, ok := templates[p]; !ok {
				c.fail("%s:%d: template %s does not exist", s.file, s.line, p)
			}
		}
		if kind := s.get("type", templates); !s.template {
			id := kind + " " + s.name
			if kind == "" {
				c.fail("%s:%d: [%s] has no type", s.file, s.line, s.name)
			} else if kinds[id] {
				c.fail("%s:%d: %s is there twice", s.file, s.line, id)
			}
			kinds[id] = true
		}
	}
	for _, s := range sections {
		if s.template || s.get("type", templates) != "endpoint" {
			continue
		}
		c.endpoints[s.name] = true
		for key, kind := range map[string]string{"auth": "auth", "aors": "aor"} {
			if v := s.get(key, templates); !kinds[kind+" "+v] {
				c.fail("%s:%d: endpoint %s: %s %q does not exist", s.file, s.line, s.name, kind, v)
			}
		}
		for _, key := range []string{"context", "subscribe_context"} {
			if v := s.get(key, templates); c.plan[v] == nil {
				c.fail("%s:%d: endpoint %s: context %q does not exist", s.file, s.line, s.name, v)
			}
		}
		if v := s.get("language", templates); !slices.Contains(c.languages, v) {
			c.languages = append(c.languages, v)
		}
	}
	slices.Sort(c.languages)
}

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
