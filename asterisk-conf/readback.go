package asteriskconf

import (
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
)

// ReadBack compares files with what a running Asterisk says that it knows: the
// names of its endpoints and its hints by extension ("201" → "PJSIP/a&PJSIP/b").
// Asterisk takes a file with errors in silence and leaves out what it does not
// like, so asking is the only proof.
func ReadBack(files pbx.Files, endpoints []string, hints map[string]string) error {
	sections, err := parse(files, "pjsip.conf")
	if err != nil {
		return err
	}
	plan, err := readDialplan(files)
	if err != nil {
		return err
	}
	templates := map[string]section{}
	for _, s := range sections {
		if s.template {
			templates[s.name] = s
		}
	}
	known := slices.Clone(endpoints)
	slices.Sort(known)
	want := 0
	for _, s := range sections {
		if s.template || s.get("type", templates) != "endpoint" {
			continue
		}
		want++
		if _, found := slices.BinarySearch(known, s.name); !found {
			return fmt.Errorf("asterisk does not know endpoint %s", s.name)
		}
	}
	if len(known) != want {
		return fmt.Errorf("asterisk knows %d endpoints, the plan has %d", len(known), want)
	}
	var patterns []string
	exact := map[string]bool{}
	for _, c := range plan {
		for name, x := range c.extens {
			switch {
			case x.hint == "":
			case strings.HasPrefix(name, "_"): // Asterisk lists what of it is watched
				patterns = append(patterns, name[1:])
			case hints[name] != x.hint:
				return fmt.Errorf("asterisk's hint of %s is %q, not %q", name, hints[name], x.hint)
			default:
				exact[name] = true
			}
		}
	}
	for name, device := range hints {
		if !exact[name] && !slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) }) {
			return fmt.Errorf("asterisk has hint %q of %s, which the plan has not", device, name)
		}
	}
	return nil
}

// matches reports whether an extension is one of a pattern of ours: X is any digit.
func matches(pattern, name string) bool {
	if len(pattern) != len(name) {
		return false
	}
	for i := range len(name) {
		if pattern[i] != name[i] && (pattern[i] != 'X' || name[i] < '0' || name[i] > '9') {
			return false
		}
	}
	return true
}
