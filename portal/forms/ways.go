package forms

import "strings"

// Way is where an object leads, or what it uses: Of is the field's widget.
type Way struct {
	Field, Label string // "Key 1", "When nobody answers"
	Kind, ID     string
	Call         bool // a call goes there
}

// Ways gives every object and number that a body names, in the order of the form.
func (f Form) Ways(h House, b Body) []Way {
	var out []Way
	for _, x := range f.Fields() {
		value, there := b.get(x.Name)
		if there {
			x.ways(h, x.Label.In(h.Lang), value, func(w Way) {
				w.Field = x.Name
				out = append(out, w)
			})
		}
	}
	return out
}

func (x Field) ways(h House, label string, value any, found func(Way)) {
	if fields, ok := x.rows(); ok {
		x.rowWays(h, label, value, fields, found)
		return
	}
	switch x.Widget {
	case To:
		to, _ := value.(map[string]any)
		found(Way{Label: label, Kind: text(to["kind"]), ID: text(to["id"]), Call: true})
	case Extension:
		found(Way{Label: label, Kind: "number", ID: text(value)})
	case Choice:
		if _, set := h.Sets[x.Of]; x.Of != "" && !set && text(value) != "" {
			found(Way{Label: label, Kind: x.Of, ID: text(value)})
		}
	}
}

func (x Field) rowWays(h House, label string, value any, fields []Field, found func(Way)) {
	row := func(key string, value any) {
		for i, y := range fields {
			inner, _ := value.(map[string]any)
			switch {
			case x.Map && i == 0:
				label = strings.TrimSpace(y.Label.In(h.Lang) + " " + y.word(h, key))
			case y.Name == "":
				y.ways(h, label, value, found)
			default:
				if v, there := Body(inner).get(y.Name); there {
					y.ways(h, label, v, found)
				}
			}
		}
	}
	switch list := value.(type) {
	case []any:
		for _, v := range list {
			row("", v)
		}
	case map[string]any:
		for _, key := range sorted(list) {
			row(key, list[key])
		}
	}
}
