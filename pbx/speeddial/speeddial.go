// Package speeddial turns the house's short numbers into a part of the dialplan: a code and
// two digits call what its owner has stored.
//
// A stored number is dialled with the rights of who uses it (pbx/recall): who may not call
// abroad does not by a short number either.
package speeddial

import (
	"embed"
	"fmt"
	"regexp"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "speeddial"

// SpeedDial is the body of an object of this kind.
type SpeedDial struct {
	Digits string          `json:"digits"`         // "01" to "99", after the code
	Dial   string          `json:"dial,omitempty"` // number as a phone would dial it, or
	Then   pbx.Destination `json:"then,omitzero"`  // a destination of the house
}

var (
	short  = regexp.MustCompile(`^[0-9]{2}$`)
	dialed = regexp.MustCompile(`^[0-9]{2,20}$`)
)

// Decode reads an object.
func Decode(o pbx.Object) (SpeedDial, error) {
	var s SpeedDial
	return s, pbx.Decode(o, &s)
}

// Validate says what is wrong with a short number.
func (s SpeedDial) Validate() error {
	switch {
	case !short.MatchString(s.Digits) || s.Digits == "00":
		return fmt.Errorf("digits %q: 01 to 99", s.Digits)
	case s.Dial == "" && s.Then.Zero():
		return fmt.Errorf("it calls nobody: give dial or then")
	case s.Dial != "" && !s.Then.Zero():
		return fmt.Errorf("it has both dial and then: one of them")
	case s.Dial != "" && !dialed.MatchString(s.Dial):
		return fmt.Errorf("dial %q: 2 to 20 digits, as a phone would dial them", s.Dial)
	}
	return nil
}

//go:embed files/*.tmpl
var files embed.FS

// key is a short number as its template sees it.
type key struct {
	SpeedDial
	Codes []string // that dial it
	Then  string   // target in the dialplan; "" for a number
}

// Render gives the short numbers of a plan. An error names the object.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	var keys []key
	owner := map[string]string{}
	for _, o := range plan.All(Kind) {
		s, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := s.Validate(); err != nil {
			return pbx.Fragments{}, fmt.Errorf("speeddial %s: %w", o.ID, err)
		}
		if other := owner[s.Digits]; other != "" {
			return pbx.Fragments{}, fmt.Errorf("speeddial %s: digits %s are already of %s: choose others", o.ID, s.Digits, other)
		}
		owner[s.Digits] = o.ID
		k := key{SpeedDial: s}
		for _, c := range codes["speed-dial"] {
			k.Codes = append(k.Codes, c.Digits+s.Digits)
		}
		if !s.Then.Zero() {
			if k.Then, err = plan.Target(s.Then); err != nil {
				return pbx.Fragments{}, fmt.Errorf("speeddial %s: then: %w", o.ID, err)
			}
		}
		keys = append(keys, k)
	}
	return plan.Fill(files, keys)
}
