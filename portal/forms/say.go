package forms

import (
	"slices"
	"strings"
)

var (
	yes = Text{"oui", "yes"}
	no  = Text{"non", "no"}
)

// Say gives the value of a field in words, one line for each row; none when it is absent.
func (x Field) Say(h House, b Body) []string {
	value, there := b.get(x.Name)
	if !there {
		if x.Widget == Toggle && x.Default == "on" {
			return []string{yes.In(h.Lang)}
		}
		return nil
	}
	return x.say(h, value)
}

func (x Field) say(h House, value any) []string {
	if fields, ok := x.rows(); ok {
		return x.sayRows(h, value, fields)
	}
	switch x.Widget {
	case Toggle:
		if value == true {
			return []string{yes.In(h.Lang)}
		}
		return []string{no.In(h.Lang)}
	case Choice:
		return one(x.word(h, text(value)))
	case Checks:
		var out []string
		for _, s := range texts(value) {
			out = append(out, x.word(h, s))
		}
		return one(strings.Join(out, ", "))
	case Lines, Words:
		return texts(value)
	case Extension:
		item, _ := h.find("number", text(value))
		return one(item.Called())
	case To:
		to, _ := value.(map[string]any)
		return one(h.Place(text(to["kind"]), text(to["id"])))
	case Secret:
		return []string{"••••••"}
	case Number:
		return one(strings.TrimSpace(text(value) + " " + x.Unit.In(h.Lang)))
	}
	return one(text(value))
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// word is what a choice calls a value.
func (x Field) word(h House, value string) string {
	for _, o := range append(slices.Clip(x.Choices), h.Sets[x.Of]...) {
		if o.Value == value {
			return o.Label.In(h.Lang)
		}
	}
	if _, set := h.Sets[x.Of]; x.Of == "" || set {
		return value
	}
	item, _ := h.find(x.Of, value)
	return item.Called()
}

func (x Field) sayRows(h House, value any, fields []Field) []string {
	var out []string
	add := func(key string, row any) {
		var parts []string
		for i, y := range fields {
			switch inner, _ := row.(map[string]any); {
			case x.Map && i == 0:
				parts = append(parts, y.word(h, key))
			case y.Name == "":
				parts = append(parts, y.say(h, row)...)
			default:
				if v, there := Body(inner).get(y.Name); there {
					said := y.say(h, v)
					if y.Widget == Number || y.Widget == Toggle {
						said = []string{y.Label.In(h.Lang) + " " + strings.Join(said, ", ")}
					}
					parts = append(parts, strings.Join(said, ", "))
				}
			}
		}
		if s := strings.Join(parts, " · "); s != "" {
			out = append(out, s)
		}
	}
	switch list := value.(type) {
	case []any:
		for _, row := range list {
			add("", row)
		}
	case map[string]any:
		for _, key := range sorted(list) {
			add(key, list[key])
		}
	}
	return out
}

// Difference is a field that differs between two bodies, in words.
type Difference struct {
	Field, Label  string
	Before, After []string
}

// Compare tells in words what differs. Fields that no page shows are told by their name.
func (f Form) Compare(h House, before, after Body) []Difference {
	var out []Difference
	shown := map[string]bool{"id": true, "rev": true, "secrets": true}
	all := false
	for _, x := range f.Fields() {
		first, _, _ := strings.Cut(x.Name, ".")
		shown[first] = true
		all = all || first == Whole
		a, thereA := before.get(x.Name)
		b, thereB := after.get(x.Name)
		if same(a, b) && thereA == thereB {
			continue
		}
		d := Difference{x.Name, x.Label.In(h.Lang), x.Say(h, before), x.Say(h, after)}
		if x.Widget == Secret && thereB { // both say the same dots
			d.Before = nil
		}
		if x.Widget == Secret || !slices.Equal(d.Before, d.After) {
			out = append(out, d)
		}
	}
	var names []string
	for name := range after {
		names = append(names, name)
	}
	for name := range before {
		if _, both := after[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if !all && !shown[name] && !same(before[name], after[name]) {
			out = append(out, Difference{name, name, one(json1(before[name])), one(json1(after[name]))})
		}
	}
	return out
}

// Kept reports a line that stands in both: of a list only what came or went is marked.
func (d Difference) Kept(line string) bool {
	return slices.Contains(d.Before, line) && slices.Contains(d.After, line)
}
