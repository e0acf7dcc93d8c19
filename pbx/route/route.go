// Package route turns outbound routes into the ways out of the dialplan: which numbers
// exist outside, who may call them, by which trunks, and within which limits.
//
// ac-out-<right> has every number that a phone can dial outside; each leads to a route or
// to a spoken refusal. ac-limit lets a call pass or refuses it aloud; its counters live in
// Asterisk (GROUP, AstDB), because calls are made while autocomd is stopped too.
package route

import (
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
)

// Kinds of objects.
const (
	Kind        = "route"
	KindOutside = "outside"
)

// Route is the body of a route.
type Route struct {
	Classes  []pbx.Right `json:"classes,omitempty"`  // of the country's numbering plan that it carries
	Patterns []Pattern   `json:"patterns,omitempty"` // further numbers
	Trunks   []string    `json:"trunks"`             // in the order of trying
	Order    int         `json:"order,omitempty"`    // of two routes for one number the lower is taken
	Strip    int         `json:"strip,omitempty"`    // digits taken off what the trunk would send
	Prepend  string      `json:"prepend,omitempty"`  // digits put before it
}

// Pattern is numbers that the site's country has no plan for.
type Pattern struct {
	Match string    `json:"match"` // Asterisk's signs, of exact length: "6XXXXXXXX"
	Class pbx.Right `json:"class"` // who may call them
}

// Decode reads a route.
func Decode(o pbx.Object) (Route, error) {
	var r Route
	return r, pbx.Decode(o, &r)
}

// Validate says what is wrong with a route in a plan.
func (r Route) Validate(plan pbx.Plan) error {
	switch {
	case len(r.Trunks) == 0:
		return fmt.Errorf("it has no trunks: add those that carry its calls")
	case len(r.Trunks) > 10:
		return fmt.Errorf("it has %d trunks: 10 at most are tried", len(r.Trunks))
	case len(r.Classes)+len(r.Patterns) == 0:
		return fmt.Errorf("it carries no numbers: add classes (national, mobile, international) or patterns")
	case len(r.Patterns) > 100:
		return fmt.Errorf("it has %d patterns: 100 at most", len(r.Patterns))
	case r.Strip < 0 || r.Strip > 15:
		return fmt.Errorf("strip %d: 0 to 15 digits", r.Strip)
	case len(r.Prepend) > 10 || strings.Trim(r.Prepend, "0123456789") != "":
		return fmt.Errorf("prepend %q: at most 10 digits", r.Prepend)
	}
	for i, t := range r.Trunks {
		if _, ok := plan.Object(pbx.KindTrunk, t); !ok {
			return fmt.Errorf("trunk %s does not exist", pbx.Shown(t))
		}
		if slices.Contains(r.Trunks[:i], t) {
			return fmt.Errorf("trunk %s is there twice", t)
		}
	}
	for i, c := range r.Classes {
		if !outside(c) {
			return fmt.Errorf("class %q: use national, mobile or international", c)
		}
		if slices.Contains(r.Classes[:i], c) {
			return fmt.Errorf("class %s is there twice", c)
		}
	}
	if country, known := pbx.CountryOf(plan.Country); !known && slices.ContainsFunc(r.Classes, func(c pbx.Right) bool { return c != pbx.RightInternational }) {
		return fmt.Errorf("the numbers of country %q are not known: use patterns instead of classes", country.ID+plan.Country)
	}
	for _, p := range r.Patterns {
		switch {
		case !pbx.ExactPattern(p.Match):
			return fmt.Errorf("pattern %q: digits, X, N, Z and [ ] of one length are needed, neither . nor ! at the end", p.Match)
		case !outside(p.Class):
			return fmt.Errorf("pattern %s: class %q: use national, mobile or international", p.Match, p.Class)
		}
	}
	return nil
}

// outside reports a right to call the world.
func outside(r pbx.Right) bool { return r.Known() && r.Includes(pbx.RightNational) }

// Outside is the body of a destination outside that somebody entitled has stored: calls
// that were sent there by a menu or a queue go on with that person's class and limits.
type Outside struct {
	Number string `json:"dial"`   // as that person would dial it
	Person string `json:"person"` // id
}

// payer is the extension of the person that a stored destination is charged to.
func (s Outside) payer(plan pbx.Plan) (pbx.Extension, error) {
	if _, ok := plan.Object(pbx.KindPerson, s.Person); !ok {
		return pbx.Extension{}, fmt.Errorf("person %q does not exist: name who answers for the calls", s.Person)
	}
	for _, x := range plan.Extensions() {
		if x.Who == s.Person {
			return x, nil
		}
	}
	return pbx.Extension{}, fmt.Errorf("person %s has no number: calls outside are charged to one", s.Person)
}

// number is how a stored number is dialled, with what people write between digits left out.
func (s Outside) number() string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-()/", r) {
			return -1
		}
		return r
	}, s.Number)
}
