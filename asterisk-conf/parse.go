package asteriskconf

import (
	"fmt"
	"strings"

	"autocom/pbx"
)

// section is one [name] of a file, as Asterisk reads it: of two with one name
// neither hides the other.
type section struct {
	name     string
	template bool     // [name](!)
	parents  []string // [name](a,b)
	keys     []entry
	file     string
	line     int
}

// entry is one "key = value" or "key => value".
type entry struct {
	key, value string
	line       int
}

// get is the last value of key here or, failing that, in the parents.
func (s section) get(key string, templates map[string]section) string {
	for i := len(s.keys) - 1; i >= 0; i-- {
		if s.keys[i].key == key {
			return s.keys[i].value
		}
	}
	for i := len(s.parents) - 1; i >= 0; i-- {
		if v := templates[s.parents[i]].get(key, templates); v != "" {
			return v
		}
	}
	return ""
}

// parse reads a file and what it includes, written for Check and sharing nothing
// with the templates. It knows the part of main/config.c that we use: no block
// comments, no #exec, no (+).
func parse(files pbx.Files, name string) ([]section, error) {
	return parseInto(nil, files, name, 0)
}

const maxIncludes = 8

func parseInto(out []section, files pbx.Files, name string, depth int) ([]section, error) {
	body, ok := files[name]
	if !ok {
		return nil, fmt.Errorf("%s: no such file", name)
	}
	if depth > maxIncludes {
		return nil, fmt.Errorf("%s: files include each other", name)
	}
	n := 0
	for raw := range strings.Lines(string(body)) {
		n++
		line := strings.TrimSpace(uncomment(raw))
		where := fmt.Sprintf("%s:%d", name, n)
		switch {
		case line == "":
		case strings.HasPrefix(line, "#"):
			word, rest, _ := strings.Cut(line, " ")
			if word != "#include" {
				return nil, fmt.Errorf("%s: %s is not used here", where, word)
			}
			var err error
			if out, err = parseInto(out, files, strings.Trim(strings.TrimSpace(rest), `"`), depth+1); err != nil {
				return nil, fmt.Errorf("%s: %w", where, err)
			}
		case line[0] == '[':
			s, err := header(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", where, err)
			}
			s.file, s.line = name, n
			out = append(out, s)
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok {
				return nil, fmt.Errorf("%s: %q is neither a section nor a key", where, line)
			}
			if len(out) == 0 {
				return nil, fmt.Errorf("%s: a key before the first section", where)
			}
			value = strings.TrimSpace(strings.TrimPrefix(value, ">"))
			last := &out[len(out)-1]
			last.keys = append(last.keys, entry{strings.TrimSpace(key), value, n})
		}
	}
	return out, nil
}

// uncomment cuts a line at the first ";" that no backslash precedes.
func uncomment(line string) string {
	for i := range len(line) {
		if line[i] == ';' && (i == 0 || line[i-1] != '\\') {
			return line[:i]
		}
	}
	return line
}

// header reads "[name]", "[name](!)" or "[name](!,parent)".
func header(line string) (section, error) {
	name, rest, ok := strings.Cut(line[1:], "]")
	if !ok || name == "" {
		return section{}, fmt.Errorf("section %q has no name or no end", line)
	}
	s := section{name: name}
	if rest == "" {
		return s, nil
	}
	if rest[0] != '(' || rest[len(rest)-1] != ')' {
		return section{}, fmt.Errorf("section %q: ( ) expected after ]", line)
	}
	for word := range strings.SplitSeq(rest[1:len(rest)-1], ",") {
		if word == "!" {
			s.template = true
		} else {
			s.parents = append(s.parents, word)
		}
	}
	return s, nil
}
