package forms

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// View is a form as a page shows it.
type View struct {
	Sections []SectionView
	Numbers  []Item // extensions that typing proposes
	Wrong    int    // fields with a mistake
}

// SectionView is one section of it.
type SectionView struct {
	Title, Hint string
	More, Open  bool
	Controls    []Control
}

// Control is one input with all that is said about it.
type Control struct {
	Widget, Type             string
	Path, ID                 string
	Label, Hint, Unit, Error string
	Example, Value           string
	On, Need, Focus          bool
	Min, Max                 int
	Groups                   []Group  // of a choice
	Typed                    *Control // beside a choice: the number that is meant
	Rows                     []RowView
	Ordered                  bool // the order of rows counts
	Add                      string
	Word                     string // beside a number: whose it is
}

// Bounded reports a number with bounds.
func (c Control) Bounded() bool { return c.Max > 0 }

// Group is several values of a choice under one title.
type Group struct {
	Title   string
	Options []Pick
}

// Pick is a value to choose.
type Pick struct {
	Value, Label, Hint string
	On                 bool
}

// RowView is one row.
type RowView struct {
	At       string // "members.2"
	First    bool
	Controls []Control
}

// View makes what a page shows of typed values. wrong says what is wrong by the input's
// path, focus which input is typed into next.
func (f Form) View(h House, v url.Values, wrong map[string]string, focus string) View {
	out := View{Numbers: h.Numbers}
	for _, s := range f.Section {
		section := SectionView{Title: s.Title.In(h.Lang), Hint: s.Hint.In(h.Lang), More: s.More}
		for _, x := range s.Field {
			c := x.control(h, v, x.Name, wrong, focus)
			if c.wrong() {
				section.Open = true
				out.Wrong++
			}
			section.Open = section.Open || focus != "" && (focus == x.Name || strings.HasPrefix(focus, x.Name+"."))
			section.Controls = append(section.Controls, c)
		}
		out.Sections = append(out.Sections, section)
	}
	return out
}

func (c Control) wrong() bool {
	if c.Error != "" {
		return true
	}
	for _, r := range c.Rows {
		for _, x := range r.Controls {
			if x.wrong() {
				return true
			}
		}
	}
	return false
}

func (x Field) control(h House, v url.Values, path string, wrong map[string]string, focus string) Control {
	c := Control{
		Widget: x.Widget, Type: x.Type, Path: path, ID: "f-" + strings.NewReplacer(".", "-", "_", "v").Replace(path),
		Label: x.Label.In(h.Lang), Hint: x.Hint.In(h.Lang), Unit: x.Unit.In(h.Lang), Error: wrong[path],
		Example: x.Example, Value: v.Get(path), Need: x.Need, Min: x.Min, Max: x.Max, Add: x.Add.In(h.Lang), Focus: focus == path,
	}
	if c.Example == "" && x.Widget == Number {
		c.Example = x.Default
	}
	switch x.Widget {
	case Toggle:
		c.On = c.Value != ""
	case Choice:
		c.Groups = []Group{{Options: x.picks(h, []string{c.Value})}}
	case Checks:
		c.Groups = []Group{{Options: x.picks(h, v[path])}}
	case Extension:
		if item, ok := h.find("number", strings.TrimSpace(c.Value)); ok && item.Name != item.Number {
			c.Word = item.Name
		}
	case To:
		c.places(h, x, v)
	case Rows, Extensions, Refs:
		c.Widget = Rows
		c.Ordered = x.Ordered || x.Widget != Rows
		fields, _ := x.rows()
		for n := range rowsTyped(v, path) {
			row := RowView{At: path + "." + strconv.Itoa(n), First: n == 0}
			for _, y := range fields {
				row.Controls = append(row.Controls, y.control(h, v, y.path(row.At), wrong, focus))
			}
			c.Rows = append(c.Rows, row)
		}
	}
	return c
}

// picks are the options of a choice; one that no longer exists stays to be seen.
func (x Field) picks(h House, chosen []string) []Pick {
	on := map[string]bool{}
	for _, s := range chosen {
		on[s] = s != ""
	}
	var out []Pick
	if x.Widget == Choice && x.None.EN != "" {
		out = append(out, Pick{Label: x.None.In(h.Lang)})
	}
	for _, o := range x.options(h) {
		out = append(out, Pick{o.Value, o.Label.In(h.Lang), o.Hint.In(h.Lang), on[o.Value]})
		delete(on, o.Value)
	}
	for _, s := range chosen {
		if on[s] {
			out = append(out, Pick{Value: s, Label: s, On: true})
		}
	}
	return out
}

// places are where a call can go. A house with many extensions has its numbers typed.
func (c *Control) places(h House, x Field, v url.Values) {
	none := x.None.In(h.Lang)
	if none == "" {
		none = Text{"– choisir –", "– choose –"}.In(h.Lang)
	}
	c.Groups = []Group{{Options: []Pick{{Label: none}}}}
	kind, id, _ := strings.Cut(c.Value, ":")
	seen := c.Value == ""
	for _, d := range destinations {
		g := Group{Title: d.many.In(h.Lang)}
		pick := func(value, label string) {
			g.Options = append(g.Options, Pick{Value: value, Label: label, On: value == c.Value})
			seen = seen || value == c.Value
		}
		switch items := h.items(d.kind); {
		case d.kind == "hangup":
			pick(d.kind, d.one.In(h.Lang))
		case d.kind != "number" && d.kind != "voicemail" || len(items) <= few:
			for _, item := range items {
				pick(d.kind+":"+item.ID, h.Place(d.kind, item.ID))
			}
		default:
			if kind == d.kind {
				c.Value = kind
				if id != "" {
					v.Set(c.Path+".n", id)
				}
			}
			pick(d.kind, d.one.In(h.Lang)+" …")
		}
		if len(g.Options) > 0 {
			c.Groups = append(c.Groups, g)
		}
	}
	if len(h.Numbers) > few {
		y := Field{Widget: Extension, Label: Text{"Numéro du poste", "Number of the extension"}}
		n := y.control(h, v, c.Path+".n", nil, "")
		c.Typed = &n
	}
	if !seen {
		c.Groups = append(c.Groups, Group{Options: []Pick{{Value: c.Value, Label: h.Place(kind, id), On: true}}})
	}
}

// Set marks secrets that are there already: their inputs stay empty, and leave them so.
func (v *View) Set(secrets []string) {
	for _, s := range v.Sections {
		for i, c := range s.Controls {
			if c.Widget == Secret && slices.Contains(secrets, c.Path) {
				s.Controls[i].Example = "••••••"
			}
		}
	}
}
