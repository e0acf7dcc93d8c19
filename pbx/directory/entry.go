package directory

import (
	"maps"
	"slices"
	"strings"

	"autocom/pbx"
)

// entry is one who can be found.
type entry struct {
	Number string
	Words  []string // of the name, as capital letters without accents: "AMELIE", "DUPONT"
}

// key is what may be pressed, and the numbers whose names begin so.
type key struct{ Digits, Numbers string }

// Bounds: names that are spelled must end, and so must a list that is read aloud.
const (
	letters    = 3  // that are pressed
	maxSpelled = 24 // letters
	maxNames   = 20 // of one key
)

// entries are those of the house whose name is known and who are not hidden; each with
// the first of their numbers.
func entries(plan pbx.Plan) []entry {
	var out []entry
	for _, x := range plan.Extensions() {
		if len(x.Lines) == 0 || x.Person.Hidden || x.Who != "" && x.Number != first(plan, x.Person.Numbers) {
			continue
		}
		if words := words(x.Name); len(words) > 0 {
			out = append(out, entry{x.Number, words})
		}
	}
	return out
}

// first is the first of a person's numbers that rings something.
func first(plan pbx.Plan, numbers []string) string {
	for _, n := range numbers {
		if x, ok := plan.Extension(n); ok && len(x.Lines) > 0 {
			return n
		}
	}
	return ""
}

// words are those of a name, without what has no key on a telephone.
func words(name string) []string {
	return strings.FieldsFunc(strings.ToUpper(pbx.ASCII(name)), func(r rune) bool { return r < 'A' || r > 'Z' })
}

// pad has the key of every letter from A on (ITU-T E.161).
const pad = "22233344455566677778889999"

// pressed are the digits for the beginning of a word: "DUPONT" is 387.
func pressed(word string) string {
	b := []byte(word[:min(letters, len(word))])
	for i, c := range b {
		b[i] = pad[c-'A']
	}
	return string(b)
}

// Spelled are the sounds of the letters of a name.
func (e entry) Spelled() string {
	var out []string
	for i, w := range e.Words {
		if i > 0 && len(out) < maxSpelled {
			out = append(out, "silence/1")
		}
		for _, c := range w {
			if len(out) < maxSpelled {
				out = append(out, "letters/"+strings.ToLower(string(c)))
			}
		}
	}
	return strings.Join(out, "&")
}

// keys are all that finds somebody.
func keys(entries []entry) []key {
	found := map[string][]string{}
	for _, e := range entries {
		for _, w := range e.Words {
			if d := pressed(w); !slices.Contains(found[d], e.Number) && len(found[d]) < maxNames {
				found[d] = append(found[d], e.Number)
			}
		}
	}
	var out []key
	for _, d := range slices.Sorted(maps.Keys(found)) {
		out = append(out, key{d, strings.Join(found[d], "&")})
	}
	return out
}
