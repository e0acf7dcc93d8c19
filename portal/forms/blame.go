package forms

import (
	"regexp"
	"slices"
	"strings"
)

// Blame finds the field that a sentence of the exchange speaks of, and takes from its
// beginning what the page shows anyway: "group vente: ring 3: 5 to 300 seconds" is about
// ring. Path is "" when it is about none.
func (f Form) Blame(sentence, kind string) (path, said string) {
	said = sentence
	for _, before := range []string{kind + " ", "settings "} {
		if rest, ok := strings.CutPrefix(said, before); ok {
			if _, after, ok := strings.Cut(rest, ": "); ok && !strings.Contains(strings.SplitN(rest, ": ", 2)[0], " ") {
				said = after
			}
		}
	}
	best := 0
	for _, x := range f.Fields() {
		names := append(x.named(), x.Name)
		for _, name := range names {
			rest, ok := strings.CutPrefix(said, name)
			if ok && len(name) > best && (rest == "" || strings.ContainsAny(rest[:1], " :,")) {
				path, best = x.Name, len(name)
			}
		}
	}
	if x, ok := f.Field(path); ok {
		for _, name := range []string{x.Name, lastOf(x.Name)} {
			if rest := ofField(said, name); rest != "" {
				said = rest
				break
			}
		}
	}
	return path, said
}

// named are the further names of a field: "follow: ring" is how an error calls follow.ring.
func (x Field) named() []string {
	out := slices.Clone(x.Names)
	if outer, last, dotted := strings.Cut(x.Name, "."); dotted {
		out = append(out, outer+": "+last)
	}
	return out
}

func lastOf(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return strings.Replace(name, ".", ": ", 1)
	}
	return name
}

// oneWord is what an error repeats of a field's value: a figure, a word, or a text in quotes.
var oneWord = regexp.MustCompile(`^( "(\\.|[^"\\])*"| [^ :]+)?: (.+)$`)

// ofField is what a sentence says of a field after its name and its value, "" when it has
// another form: of "ring 3: 5 to 300 seconds" it is "5 to 300 seconds".
func ofField(said, name string) string {
	rest, ok := strings.CutPrefix(said, name)
	if !ok {
		return ""
	}
	if m := oneWord.FindStringSubmatch(rest); m != nil {
		return m[3]
	}
	return ""
}
