package pbx

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// codeForm is what a code may be made of: it stands in patterns of the dialplan.
var codeForm = regexp.MustCompile(`^[*#0-9]{1,6}$`)

// follows tells how many digits may follow the code of a function, where it is not an
// extension's 2 to 6.
var follows = map[string][2]int{
	"claim":          {6, 6},
	"forward-always": {2, ForwardDigits}, "forward-none": {2, ForwardDigits},
	"forward-busy": {2, ForwardDigits}, "forward-absent": {2, ForwardDigits},
	"speed-dial": {2, 2}, "day-night": {1, 6}, "agent-pause": {1, 2}, "record-prompt": {1, 6},
}

// ForwardDigits is the longest number that calls may be forwarded to: 15 digits (ITU-T
// E.164) and what an office dials before them.
const ForwardDigits = 18

// InCall reports a function whose code is pressed during a call.
func InCall(function string) bool {
	for line := range strings.Lines(codesData) {
		if name, _, _ := strings.Cut(line, " "); name == function+"!" {
			return true
		}
	}
	return false
}

// CheckCodes says what is wrong with the feature codes of a plan: two that are mistaken for
// each other, or for a number of the house or of the emergency services. The sentence
// names both.
func (p Plan) CheckCodes() error {
	all, err := p.Codes()
	if err != nil {
		return err
	}
	var uses []use
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, c := range all[name] {
			if !codeForm.MatchString(c.Digits) {
				return fmt.Errorf("settings codes: %s: code %q: 1 to 6 of the keys 0-9 * # are needed", name, c.Digits)
			}
			if strings.Contains(c.Digits, "#") && !InCall(name) {
				return fmt.Errorf("settings codes: %s: code %q: # ends a number on many phones: use * and digits", name, c.Digits)
			}
			uses = append(uses, useOf(name, c))
		}
	}
	for i, a := range uses {
		for _, b := range uses[:i] {
			if a.mistaken(b) {
				return fmt.Errorf("settings codes: %s of %s is mistaken for %s of %s: give one of them another code", a.Digits, a.name, b.Digits, b.name)
			}
		}
	}
	return p.codesAndNumbers(uses)
}

// use is a code of a function.
type use struct {
	Code
	name     string
	inCall   bool
	from, to int // digits that may follow
}

func useOf(name string, c Code) use {
	u := use{Code: c, name: name, inCall: InCall(name), from: 2, to: 6}
	if r, ok := follows[name]; ok {
		u.from, u.to = r[0], r[1]
	}
	return u
}

// lengths are the least and most digits after the code; none for a code in a call.
func (u use) lengths() (from, to int) {
	from, to = u.from, u.to
	if !u.More || u.inCall {
		to = 0
	}
	if u.Alone || u.inCall {
		from = 0
	}
	return from, to
}

// mistaken reports that something dialled may mean both.
func (u use) mistaken(o use) bool {
	if u.inCall != o.inCall {
		return false
	}
	if len(u.Digits) > len(o.Digits) {
		u, o = o, u
	}
	rest, same := strings.CutPrefix(o.Digits, u.Digits)
	switch {
	case !same:
		return false
	case u.inCall:
		return true // the shorter is taken as soon as it is pressed
	case rest == "":
		return u.Alone && o.Alone || u.More && o.More
	case !u.More || strings.ContainsAny(rest, "*#"):
		return false
	case rest[0] == '0' && follows[u.name] == [2]int{}:
		return false // no extension begins with 0
	}
	from, to := u.lengths()
	least, most := o.lengths()
	return max(from, u.from) <= most+len(rest) && least+len(rest) <= to
}

// codesAndNumbers compares the codes that are digits alone with the numbers of the house.
func (p Plan) codesAndNumbers(uses []use) error {
	for _, u := range uses {
		if u.inCall || strings.ContainsAny(u.Digits, "*#") {
			continue
		}
		if e := EmergencyCollision(u.Digits, p.Emergency); e != "" || slices.Contains(p.Emergency, u.Digits) {
			return fmt.Errorf("settings codes: %s of %s is mistaken for the emergency number %s: give it another code", u.Digits, u.name, e)
		}
		for _, x := range p.Extensions() {
			if len(x.Lines)+len(x.Who) > 0 && u.takes(x.Number) {
				return fmt.Errorf("settings codes: %s of %s is mistaken for number %s of %q: give one of them another", u.Digits, u.name, x.Number, x.Name)
			}
		}
		for _, o := range p.Objects {
			if o.Number != "" && u.takes(o.Number) {
				return fmt.Errorf("settings codes: %s of %s is mistaken for number %s of %s %s: give one of them another", u.Digits, u.name, o.Number, o.Kind, o.ID)
			}
		}
	}
	return nil
}

// takes reports whether dialling a number may mean the code.
func (u use) takes(number string) bool {
	rest, same := strings.CutPrefix(number, u.Digits)
	if !same {
		return false
	}
	if rest == "" {
		return u.Alone
	}
	return u.More && len(rest) >= u.from && len(rest) <= u.to
}

// CodeTaking names the function whose code a number is mistaken for, "" when there is none.
func (p Plan) CodeTaking(number string) string {
	all, err := p.Codes()
	if err != nil {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, c := range all[name] {
			if u := useOf(name, c); !u.inCall && u.takes(number) {
				return name
			}
		}
	}
	return ""
}
