// Package forms turns a kind's fields, described by kinds/<kind>.toml in the words of an owner,
// into what a page shows, and what was typed there into the JSON body that the API takes.
//
//	body → Encode → typed values → View (a page) → typed values → Decode → body
//
// Typed values are what a browser sends. A page that is shown again after an error, or with
// one row more, is made from them, so nothing that somebody typed is ever lost.
package forms

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

//go:embed kinds/*.toml
var kinds embed.FS

// Text is a text in both languages.
type Text struct {
	FR string `toml:"fr"`
	EN string `toml:"en"`
}

// In gives it in one of them.
func (t Text) In(lang string) string {
	if lang == "fr" {
		return french(t.FR)
	}
	return t.EN
}

// french keeps the signs that stand after a space with their word.
func french(s string) string {
	return strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", " ?", "\u00a0?", " !", "\u00a0!", "« ", "«\u00a0", " »", "\u00a0»").Replace(s)
}

// Form is how one kind is shown.
type Form struct {
	Kind    string    // "queue"; of settings "settings/mail"
	Order   int       `toml:"order"`   // among settings
	One     Text      `toml:"one"`     // "a queue"
	Many    Text      `toml:"many"`    // "Queues"
	New     Text      `toml:"new"`     // what the button says
	Lead    Text      `toml:"lead"`    // what it is for, in a sentence or two
	Columns []string  `toml:"columns"` // fields that the list shows
	Section []Section `toml:"section"`
	API     []Left    `toml:"api"` // fields that the page leaves to the API
}

// Section is some fields under one title.
type Section struct {
	Title Text    `toml:"title"`
	Hint  Text    `toml:"hint"`
	More  bool    `toml:"more"` // closed at first: few people need it
	Field []Field `toml:"field"`
}

// Left is a field that no page shows.
type Left struct {
	Name string `toml:"name"`
	Why  string `toml:"why"`
}

// Widgets: how a field is typed, and what its JSON is.
const (
	TextIn     = "text"       // a text
	Number     = "number"     // a whole number
	Toggle     = "toggle"     // true or false
	Choice     = "choice"     // a text, one of Choices or of Of
	Checks     = "checks"     // a list of texts, some of Choices
	Lines      = "lines"      // a list of texts, one a line
	Words      = "words"      // a list of texts, between spaces
	Area       = "area"       // a text of several lines
	Extension  = "extension"  // a text: a number of the house
	Extensions = "extensions" // a list of them, in their order
	Refs       = "refs"       // a list of ids of the kind Of, in their order
	To         = "to"         // a destination
	Secret     = "secret"     // a text that is written and never shown
	Rows       = "rows"       // a list of objects, or with Map an object of objects
)

// Field is one field of the body; those named "name" and "number" are the object's own.
type Field struct {
	Name    string   `toml:"name"` // in JSON; "follow.after" is after in follow
	Widget  string   `toml:"widget"`
	Label   Text     `toml:"label"`
	Hint    Text     `toml:"hint"`
	Example string   `toml:"example"`
	Unit    Text     `toml:"unit"`
	Type    string   `toml:"type"` // of a text: email, time, tel, date; "" plain
	Min     int      `toml:"min"`
	Max     int      `toml:"max"` // of a number; letters of a text
	Need    bool     `toml:"need"`
	Default string   `toml:"default"` // that the exchange takes when the field is absent; of a toggle "on"
	Spare   bool     `toml:"spare"`   // of a toggle that is on by default: on is written as absence
	Of      string   `toml:"of"`      // of choice and refs: a kind, or a set that the page gives
	None    Text     `toml:"none"`    // what a choice says when nothing is chosen
	Choices []Option `toml:"choice"`
	Names   []string `toml:"say"`     // other words by which errors name it
	Add     Text     `toml:"add"`     // button that adds a row
	Map     bool     `toml:"map"`     // rows are an object: the first field is the key
	Ordered bool     `toml:"ordered"` // the order of rows counts
	Field   []Field  `toml:"field"`   // of a row; one named "" is the row itself
}

// Option is one of several values.
type Option struct {
	Value string `toml:"value"`
	Label Text   `toml:"label"`
	Hint  Text   `toml:"hint"`
}

// Set are all of them by kind.
type Set map[string]Form

// Load reads and checks them.
func Load() (Set, error) { return load(kinds) }

func load(from fs.FS) (Set, error) {
	names, err := fs.Glob(from, "kinds/*.toml")
	if err != nil {
		return nil, err
	}
	all := Set{}
	for _, name := range names {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		var f Form
		in := toml.NewDecoder(bytes.NewReader(text))
		in.DisallowUnknownFields()
		if err := in.Decode(&f); err != nil {
			return nil, fmt.Errorf("load forms: %s: %w", name, err)
		}
		base := strings.TrimSuffix(strings.TrimPrefix(name, "kinds/"), ".toml")
		f.Kind = base
		if feature, ok := strings.CutPrefix(base, "settings-"); ok {
			f.Kind = "settings/" + feature
		}
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("load forms: %s: %w", name, err)
		}
		all[f.Kind] = f
	}
	return all, nil
}

// Of finds the form of a kind; settings have one for each id.
func (f Set) Of(kind, id string) (Form, bool) {
	if kind == "settings" {
		kind += "/" + id
	}
	x, ok := f[kind]
	return x, ok
}

// Settings are those of settings, in their order.
func (f Set) Settings() []Form {
	var out []Form
	for kind, x := range f {
		if strings.HasPrefix(kind, "settings/") {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b Form) int { return a.Order - b.Order })
	return out
}

// Fields are those of all sections.
func (f Form) Fields() []Field {
	var out []Field
	for _, s := range f.Section {
		out = append(out, s.Field...)
	}
	return out
}

// Field finds one by its name.
func (f Form) Field(name string) (Field, bool) {
	all := f.Fields()
	i := slices.IndexFunc(all, func(x Field) bool { return x.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return all[i], true
}

// ID is the object's of a form of settings: "mail".
func (f Form) ID() string { _, id, _ := strings.Cut(f.Kind, "/"); return id }

func (f Form) check() error {
	for what, t := range map[string]Text{"one": f.One, "many": f.Many} {
		if t.FR == "" || t.EN == "" {
			return fmt.Errorf("%s: it is to be said in both languages", what)
		}
	}
	for _, s := range f.Section {
		if (s.Title.FR == "") != (s.Title.EN == "") || s.More && s.Title.FR == "" {
			return fmt.Errorf("section %q: its title is to be in both languages", s.Title.EN)
		}
		for _, x := range s.Field {
			if err := x.check(); err != nil {
				return fmt.Errorf("field %q: %w", x.Name, err)
			}
		}
	}
	for _, c := range f.Columns {
		if _, ok := f.Field(c); !ok {
			return fmt.Errorf("column %q is no field", c)
		}
	}
	for _, l := range f.API {
		if l.Name == "" || l.Why == "" {
			return fmt.Errorf("api %q: the reason is missing", l.Name)
		}
	}
	return nil
}

var widgets = []string{TextIn, Number, Toggle, Choice, Checks, Lines, Words, Area, Extension, Extensions, Refs, To, Secret, Rows}

func (x Field) check() error {
	if !slices.Contains(widgets, x.Widget) {
		return fmt.Errorf("there is no widget %q", x.Widget)
	}
	for what, t := range map[string]Text{"label": x.Label, "hint": x.Hint, "unit": x.Unit, "none": x.None, "add": x.Add} {
		if (t.FR == "") != (t.EN == "") || what == "label" && t.FR == "" {
			return fmt.Errorf("its %s is to be said in both languages", what)
		}
	}
	for _, c := range x.Choices {
		if c.Label.FR == "" || c.Label.EN == "" {
			return fmt.Errorf("choice %q: it is to be said in both languages", c.Value)
		}
	}
	if x.Widget == Rows {
		if len(x.Field) == 0 {
			return fmt.Errorf("rows without fields")
		}
		for _, y := range x.Field {
			if err := y.check(); err != nil {
				return fmt.Errorf("field %q: %w", y.Name, err)
			}
			if y.Widget == Rows {
				return fmt.Errorf("rows within rows")
			}
		}
	}
	return nil
}
