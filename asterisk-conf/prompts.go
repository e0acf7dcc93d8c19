package asteriskconf

import (
	_ "embed"
	"strings"
)

// promptsData is what applications say by themselves; see the file for its form.
//
//go:embed prompts.txt
var promptsData string

// spoken are the sounds of an application by its name.
var spoken = func() map[string][]string {
	out := map[string][]string{}
	for line := range strings.Lines(promptsData) {
		if words := strings.Fields(line); len(words) > 1 && words[0] != "#" {
			out[words[0]] = words[1:]
		}
	}
	return out
}()

// says looks for all that an application may say, once for each.
func (c *checker) says(where, app string) {
	if c.said[app] {
		return
	}
	c.said[app] = true
	for _, sound := range spoken[app] {
		if _, more := spoken[sound]; more {
			c.says(where, sound)
			continue
		}
		c.sound(where, sound)
	}
}
