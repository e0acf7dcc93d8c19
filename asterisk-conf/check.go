package asteriskconf

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"autocom/pbx"
)

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
	queues, err := parse(files, "queues.conf")
	if err != nil {
		return err
	}
	music, err := parse(files, "musiconhold.conf")
	if err != nil {
		return err
	}
	c := checker{plan: plan, sounds: sounds, modules: map[string]bool{}, said: map[string]bool{}, endpoints: map[string]bool{}, named: map[string]bool{}}
	for _, s := range modules {
		for _, e := range s.keys {
			if e.key == "load" || e.key == "require" || e.key == "preload" {
				c.modules[e.value] = true
			}
		}
	}
	c.lines(pjsip)
	c.boxes(files)
	c.queues(queues, music)
	c.contexts()
	for name := range files {
		if name == "extensions.conf" || name == "pjsip.conf" || !strings.HasSuffix(name, ".conf") {
			continue
		}
		if _, err := parse(files, name); err != nil && name != "pjsip_lines.conf" {
			c.errs = append(c.errs, err)
		}
	}
	return errors.Join(append(c.errs, Isolation(files)...)...)
}

// checker collects what leads nowhere.
type checker struct {
	plan      dialplan
	sounds    fs.FS
	modules   map[string]bool
	endpoints map[string]bool
	named     map[string]bool // queues
	languages []string
	errs      []error
	said      map[string]bool // applications whose own prompts were looked for
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// boxes follows where voicemail lets callers out, and the script that judges PINs.
func (c *checker) boxes(files pbx.Files) {
	sections, err := parse(files, "voicemail.conf")
	if err != nil {
		return // said with the other files
	}
	for _, s := range sections {
		for _, e := range s.keys {
			switch e.key {
			case "exitcontext":
				if c.plan[e.value] == nil {
					c.fail("voicemail.conf:%d: context %s does not exist", e.line, e.value)
				}
			case "dialout", "callback":
				c.fail("voicemail.conf:%d: %s would let who opens a box dial out", e.line, e.key)
			case "externpasscheck":
				if _, name, _ := strings.Cut(e.value, "/etc/asterisk/"); files[name] == nil {
					c.fail("voicemail.conf:%d: %s does not exist", e.line, e.value)
				}
			}
		}
	}
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
			v := s.get(key, templates)
			if key == "auth" && v == "" && strings.HasPrefix(s.get("context", templates), "ac-incoming-") {
				continue // a trunk is known by its address, or by the line of our Contact
			}
			if !kinds[kind+" "+v] {
				c.fail("%s:%d: endpoint %s: %s %q does not exist", s.file, s.line, s.name, kind, v)
			}
		}
		for _, key := range []string{"context", "subscribe_context", "message_context"} {
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
