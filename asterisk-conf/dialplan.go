package asteriskconf

import (
	"fmt"
	"strconv"
	"strings"

	"autocom/pbx"
)

// dialplan is extensions.conf by context.
type dialplan map[string]*dialContext

type dialContext struct {
	includes []entry
	extens   map[string]*exten
	order    []string
}

// exten is one extension: its steps in order, and the labels of them.
type exten struct {
	steps  []step
	labels map[string]int // label → priority
	hint   string
	line   int
}

// step is one call of an application.
type step struct {
	app, args string
	line      int
}

// readDialplan reads extensions.conf. Priorities must be written 1, n, n …: a gap
// is a call that ends in silence.
func readDialplan(files pbx.Files) (dialplan, error) {
	sections, err := parse(files, "extensions.conf")
	if err != nil {
		return nil, err
	}
	plan := dialplan{}
	for _, s := range sections {
		if s.name == "general" || s.name == "globals" {
			continue
		}
		c := plan[s.name]
		if c == nil {
			c = &dialContext{extens: map[string]*exten{}}
			plan[s.name] = c
		}
		last := ""
		for _, e := range s.keys {
			if last, err = c.read(e, last); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", s.file, e.line, err)
			}
		}
	}
	return plan, nil
}

// read takes one line; last is the extension that "same" means.
func (c *dialContext) read(e entry, last string) (string, error) {
	name, rest := last, e.value
	switch e.key {
	case "include":
		c.includes = append(c.includes, e)
		return last, nil
	case "exten":
		var ok bool
		if name, rest, ok = strings.Cut(e.value, ","); !ok {
			return "", fmt.Errorf("extension %q has no priority", e.value)
		}
	case "same":
		if last == "" {
			return "", fmt.Errorf("same without an extension before")
		}
	default:
		return "", fmt.Errorf("%q is no line of a dialplan", e.key)
	}
	priority, call, ok := strings.Cut(rest, ",")
	if !ok {
		return "", fmt.Errorf("extension %s: %q has no application", name, rest)
	}
	x := c.extens[name]
	if x == nil {
		x = &exten{labels: map[string]int{}, line: e.line}
		c.extens[name] = x
		c.order = append(c.order, name)
	}
	if priority == "hint" {
		x.hint = call
		return name, nil
	}
	priority, label, _ := strings.Cut(strings.TrimSuffix(priority, ")"), "(")
	next := len(x.steps) + 1
	if priority != "n" && priority != strconv.Itoa(next) || priority == "n" && next == 1 {
		return "", fmt.Errorf("extension %s: priority %s, expected %d", name, priority, next)
	}
	if label != "" {
		x.labels[label] = next
	}
	app, args, _ := strings.Cut(call, "(")
	x.steps = append(x.steps, step{app, strings.TrimSuffix(args, ")"), e.line})
	return name, nil
}

// find looks for an extension in a context and what it includes.
func (p dialplan) find(context, name string, depth int) *exten {
	c := p[context]
	if c == nil || depth > maxIncludes {
		return nil
	}
	if x := c.extens[name]; x != nil {
		return x
	}
	best, weight := (*exten)(nil), ""
	for pattern, x := range c.extens {
		if w, ok := pbx.MatchPattern(pattern, name); ok && pattern[0] == '_' && (best == nil || w < weight) {
			best, weight = x, w
		}
	}
	if best != nil {
		return best
	}
	for _, i := range c.includes {
		if x := p.find(i.value, name, depth+1); x != nil {
			return x
		}
	}
	return nil
}

// target resolves "[[context,]exten,]priority" as seen from an extension.
func (p dialplan) target(context, name, target string) error {
	parts := split(target, ',')
	priority := strings.TrimSpace(parts[len(parts)-1])
	if len(parts) > 1 {
		name = strings.TrimSpace(parts[len(parts)-2])
	}
	if len(parts) > 2 {
		context = strings.TrimSpace(parts[len(parts)-3])
	}
	if strings.Contains(context+priority, "${") || strings.Contains(name, "${") && len(parts) < 3 {
		return fmt.Errorf("target %q is made of variables: nobody can check it", target)
	}
	if p[context] == nil {
		return fmt.Errorf("context %s does not exist", context)
	}
	if strings.Contains(name, "${") { // any extension of a context that is named
		if priority != "1" {
			return fmt.Errorf("target %q: an extension that a variable names begins at 1", target)
		}
		return nil
	}
	x := p.find(context, name, 0)
	if x == nil {
		return fmt.Errorf("%s,%s does not exist", context, name)
	}
	if n, err := strconv.Atoi(priority); err == nil {
		if n < 1 || n > len(x.steps) {
			return fmt.Errorf("%s,%s has no priority %d", context, name, n)
		}
		return nil
	}
	if _, ok := x.labels[priority]; !ok {
		return fmt.Errorf("%s,%s has no label %s", context, name, priority)
	}
	return nil
}

// split cuts at sep, but not inside ( ), [ ] or { }.
func split(s string, sep byte) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case sep:
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}
