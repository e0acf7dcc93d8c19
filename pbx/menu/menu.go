// Package menu turns voice menus into a part of the dialplan: a greeting is played, a key
// or a number of the house is pressed, and the call goes there.
package menu

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "menu"

// Menu is the body of an object of this kind.
type Menu struct {
	Prompt   string                     `json:"prompt"`             // id of the greeting, that tells the keys; "" a beep
	Keys     map[string]pbx.Destination `json:"keys"`               // "0" to "9", "*", "#"
	Direct   bool                       `json:"direct,omitempty"`   // extensions of the house may be dialled
	Digits   int                        `json:"digits"`             // seconds between two digits of a number
	Wait     int                        `json:"wait"`               // seconds after the greeting until nothing was pressed
	Tries    int                        `json:"tries"`              // how often the greeting is heard before the call goes on
	Language string                     `json:"language,omitempty"` // of the menu and all that follows; "" the caller's
	Invalid  pbx.Destination            `json:"invalid,omitzero"`   // after as many wrong keys; zero: goodbye
	Silent   pbx.Destination            `json:"silent,omitzero"`    // after as many times of silence; zero: goodbye
}

// keys are all of them, in the order of the dialplan.
var keys = strings.Split("0 1 2 3 4 5 6 7 8 9 * #", " ")

// direct are the kinds of objects whose numbers a caller may press in a menu. No "outside":
// digits that a stranger presses never lead out of the house. No conference and no paging:
// their doors are for who was let in by a key or has a phone here.
var direct = []string{Kind, "group", "queue", "hours", "announcement", "directory"}

// Decode reads an object, with the defaults for what it leaves out.
func Decode(o pbx.Object) (Menu, error) {
	m := Menu{Digits: 3, Wait: 5, Tries: 3}
	return m, pbx.Decode(o, &m)
}

// Validate says what is wrong with a menu in a plan.
func (m Menu) Validate(plan pbx.Plan) error {
	switch {
	case len(m.Keys) == 0 && !m.Direct:
		return fmt.Errorf("no key leads anywhere: give it keys, or direct dialling")
	case m.Digits < 1 || m.Digits > 10:
		return fmt.Errorf("digits %d: 1 to 10 seconds between two digits", m.Digits)
	case m.Wait < 1 || m.Wait > 60:
		return fmt.Errorf("wait %d: 1 to 60 seconds after the greeting", m.Wait)
	case m.Tries < 1 || m.Tries > 10:
		return fmt.Errorf("tries %d: 1 to 10", m.Tries)
	case m.Language != "" && m.Language != "fr" && m.Language != "en":
		return fmt.Errorf("language %q: use fr or en, or leave it out", m.Language)
	}
	if _, err := plan.Prompt(m.Prompt); err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(m.Keys)) {
		if !slices.Contains(keys, k) {
			return fmt.Errorf("key %q: use 0 to 9, * or #", k)
		}
		if _, err := plan.Target(m.Keys[k]); err != nil {
			return fmt.Errorf("key %s: %w", k, err)
		}
	}
	for what, d := range map[string]pbx.Destination{"invalid": m.Invalid, "silent": m.Silent} {
		if _, err := plan.Target(d); err != nil && !d.Zero() {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

//go:embed files/*.tmpl
var files embed.FS

// view is a plan as the template sees it.
type view struct {
	Menus  []one
	Direct []number // what may be dialled in menus that allow it
}

type one struct {
	pbx.Object
	Menu
	Sound           string // heard when the greeting is not recorded
	Prompts         string // value of CHANNEL(language); "" leaves it
	Choices         []number
	Invalid, Silent string // targets
}

// number is a key or a number and where it leads.
type number struct{ Digits, To string }

// Render gives what the menus of a plan add to Asterisk's files. An error names the menu.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	v := view{Direct: numbers(plan)}
	for _, o := range plan.All(Kind) {
		m, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := m.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("menu %s: %w", o.ID, err)
		}
		x := one{Object: o, Menu: m, Sound: "beep", Invalid: goodbye(plan, m.Invalid), Silent: goodbye(plan, m.Silent)}
		if m.Direct {
			x.Sound = "vm-enter-num-to-call"
		}
		if m.Language != "" {
			x.Prompts = pbx.Prompts(m.Language)
		}
		for _, k := range keys {
			if d, ok := m.Keys[k]; ok {
				to, _ := plan.Target(d) // Validate has seen it
				x.Choices = append(x.Choices, number{k, to})
			}
		}
		v.Menus = append(v.Menus, x)
	}
	return plan.Fill(files, v)
}

// goodbye is where a call goes whose caller presses nothing that is of use.
func goodbye(plan pbx.Plan, d pbx.Destination) string {
	if d.Zero() {
		return "ac-menus,goodbye,1"
	}
	to, _ := plan.Target(d)
	return to
}

// numbers are the extensions and the objects that a caller may dial in a menu.
func numbers(plan pbx.Plan) []number {
	var out []number
	for _, x := range plan.Extensions() {
		out = append(out, number{x.Number, "ac-number," + x.Number + ",1"})
	}
	for _, kind := range direct {
		for _, o := range plan.All(kind) {
			to, err := plan.Target(pbx.Destination{Kind: kind, ID: o.ID})
			if o.Number != "" && err == nil {
				out = append(out, number{o.Number, to})
			}
		}
	}
	slices.SortFunc(out, func(a, b number) int { return strings.Compare(a.Digits, b.Digits) })
	return out
}
