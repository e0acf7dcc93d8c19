package asteriskconf

import (
	"regexp"
	"strings"
)

// Members as Asterisk rings them, and what tells whether they are on the phone.
var (
	memberInterface = regexp.MustCompile(`^Local/([0-9]+)@ac-member/n$`)
	memberState     = regexp.MustCompile(`^hint:([0-9]+)@ac-ext$`)
)

// queues follows what queues.conf names: members, their hints, contexts of exit keys, music
// and prompts.
func (c *checker) queues(queues, music []section) {
	classes := map[string]bool{}
	for _, s := range music {
		classes[s.name] = true
	}
	for _, s := range queues {
		if s.name == "general" {
			continue
		}
		c.named[s.name] = true
		for _, e := range s.keys {
			switch e.key {
			case "member":
				c.queueMember(s, e)
			case "context":
				if c.plan[e.value] == nil {
					c.fail("%s:%d: context %s does not exist", s.file, e.line, e.value)
				}
			case "musicclass":
				if !classes[e.value] {
					c.fail("%s:%d: music %s does not exist", s.file, e.line, e.value)
				}
			case "announce", "periodic-announce":
				for name := range strings.SplitSeq(e.value, ",") {
					c.sound(s.file, name)
				}
			}
		}
	}
}

func (c *checker) queueMember(s section, e entry) {
	parts := strings.Split(e.value, ",")
	if len(parts) != 4 {
		c.fail("%s:%d: member %s: interface, penalty, name and state are expected", s.file, e.line, e.value)
		return
	}
	if m := memberInterface.FindStringSubmatch(parts[0]); m == nil || c.plan.find("ac-member", m[1], 0) == nil {
		c.fail("%s:%d: member %s cannot be rung", s.file, e.line, parts[0])
	}
	m := memberState.FindStringSubmatch(parts[3])
	if m == nil {
		c.fail("%s:%d: member %s: %s is no hint of a number", s.file, e.line, parts[0], parts[3])
	} else if x := c.plan.find("ac-ext", m[1], 0); x == nil || x.hint == "" {
		c.fail("%s:%d: member %s: number %s has no hint", s.file, e.line, parts[0], m[1])
	}
}
