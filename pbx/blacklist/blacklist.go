// Package blacklist turns lists of unwanted callers into a check of calls from outside:
// numbers, beginnings of numbers, callers who hide theirs, and those that a supervisor has
// added from a phone, which Asterisk itself keeps.
package blacklist

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "blacklist"

// Family is where Asterisk keeps the numbers added from phones: ac/black/<digits with the country
// code>, with the time of their addition in Unix seconds.
const Family = "black"

// Answers that an unwanted caller gets.
const (
	AnswerBusy   = "busy"   // as if the line were taken
	AnswerPrompt = "prompt" // is told that the call cannot be completed
)

// List is the body of an object of this kind.
type List struct {
	Numbers   []string `json:"numbers,omitempty"`   // as people write them: "+33899123456", "0612345678"; a "*" at the end stands for any further digits
	Anonymous bool     `json:"anonymous,omitempty"` // refuses who shows no number
}

// Settings is the body of the settings "blacklist".
type Settings struct {
	Answer string `json:"answer"` // AnswerBusy
}

// maxNumbers bounds a list: each beginning is compared with at every call.
const maxNumbers = 500

var number = regexp.MustCompile(`^\+?[0-9]{3,20}\*?$`)

// Decode reads an object.
func Decode(o pbx.Object) (List, error) {
	var l List
	return l, pbx.Decode(o, &l)
}

// Validate says what is wrong with a list.
func (l List) Validate(plan pbx.Plan) error {
	if len(l.Numbers) > maxNumbers {
		return fmt.Errorf("it has %d numbers: %d at most in one list", len(l.Numbers), maxNumbers)
	}
	for _, n := range l.Numbers {
		if !number.MatchString(n) {
			return fmt.Errorf("number %q: 3 to 20 digits, + before and * after them if need be", n)
		}
		if slices.Contains(plan.Emergency, strings.TrimSuffix(n, "*")) {
			return fmt.Errorf("number %s is an emergency number: they call back", n)
		}
	}
	return nil
}

//go:embed files/*.tmpl
var files embed.FS

// view is what the template sees: all lists in one.
type view struct {
	Numbers    []string
	Beginnings []beginning
	Anonymous  bool
	Prompt     bool     // refused by words
	Codes      []string // that add the last caller
	May        []string // numbers of who may do that
}

// beginning is that of unwanted numbers.
type beginning struct{ Digits string }

// Len is how many digits are compared.
func (b beginning) Len() int { return len(b.Digits) }

// Render gives the check of a plan. An error names the list.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	var v view
	country, _ := pbx.CountryOf(plan.Country)
	for _, o := range plan.All(Kind) {
		l, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := l.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("blacklist %s: %w", o.ID, err)
		}
		v.Anonymous = v.Anonymous || l.Anonymous
		for _, n := range l.Numbers {
			if start, more := strings.CutSuffix(n, "*"); more {
				v.Beginnings = append(v.Beginnings, beginning{country.Whole(start)})
			} else {
				v.Numbers = append(v.Numbers, country.Whole(n))
			}
		}
	}
	slices.Sort(v.Numbers)
	v.Numbers = slices.Compact(v.Numbers) // two lists may name one caller
	set := Settings{Answer: AnswerBusy}
	if o, ok := plan.Object(pbx.KindSettings, "blacklist"); ok {
		if err := pbx.Decode(o, &set); err != nil {
			return pbx.Fragments{}, err
		}
	}
	if set.Answer != AnswerBusy && set.Answer != AnswerPrompt {
		return pbx.Fragments{}, fmt.Errorf("settings blacklist: answer %q: use %s or %s", set.Answer, AnswerBusy, AnswerPrompt)
	}
	v.Prompt = set.Answer == AnswerPrompt
	for _, x := range plan.Extensions() {
		if x.Person.Supervisor {
			v.May = append(v.May, x.Number)
		}
	}
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	for _, c := range codes["blacklist-last"] {
		v.Codes = append(v.Codes, c.Digits)
	}
	return plan.Fill(files, v)
}
