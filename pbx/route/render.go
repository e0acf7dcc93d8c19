package route

import (
	"cmp"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// routeView is a route as its template sees it.
type routeView struct {
	ID string
	Route
}

// way is one line of an ac-out-<right>.
type way struct {
	Pattern, Go string
	May         bool
}

type outView struct {
	Right pbx.Right
	Ways  []way
}

type outsideView struct {
	ID, Payer, Number string
	Right             pbx.Right
}

// payer is an extension as the limits see it.
type payer struct {
	Number, Who    string
	Calls, Minutes int
}

type view struct {
	Routes   []routeView
	Outs     []outView
	Outside  []outsideView
	Payers   []payer
	Fraud    Fraud
	Zone     string
	Longest  int  // s
	PerHead  bool // somebody has minutes of their own
	TwoDigit []string
	Areas    []string
}

// personCalls is how many outside calls a person may have at once when nobody has said.
const personCalls = 2

// Render gives what routes, stored destinations outside and the guard add to Asterisk's files.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	v := view{Zone: zone(plan.TimeZone), TwoDigit: twoDigits, Areas: areas}
	var err error
	if v.Fraud, err = guard(plan); err != nil {
		return pbx.Fragments{}, err
	}
	v.Longest = v.Fraud.Longest * 60
	for _, o := range plan.All(Kind) {
		r, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := r.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("route %s: %w", o.ID, err)
		}
		v.Routes = append(v.Routes, routeView{o.ID, r})
	}
	slices.SortStableFunc(v.Routes, func(a, b routeView) int { return cmp.Compare(a.Order, b.Order) })
	ways, err := v.ways(plan)
	if err != nil {
		return pbx.Fragments{}, err
	}
	for _, right := range pbx.Rights[1:] {
		v.Outs = append(v.Outs, outView{right, v.out(ways, right)})
	}
	for _, x := range plan.Extensions() {
		p := payer{Number: x.Number, Who: x.Who, Calls: x.Person.Outside, Minutes: x.Person.Minutes}
		if p.Who == "" {
			p.Who = "number-" + x.Number
		}
		if p.Calls == 0 {
			p.Calls = personCalls
		}
		v.PerHead = v.PerHead || p.Minutes > 0
		v.Payers = append(v.Payers, p)
	}
	for _, o := range plan.All(KindOutside) {
		var x Outside
		if err := pbx.Decode(o, &x); err != nil {
			return pbx.Fragments{}, err
		}
		s, err := v.stored(plan, o, x, ways)
		if err != nil {
			return pbx.Fragments{}, fmt.Errorf("outside %s: %w", o.ID, err)
		}
		v.Outside = append(v.Outside, s)
	}
	return plan.Fill(files, v)
}

// dialled is one pattern of the site and the route that carries it; "" none.
type dialled struct {
	pbx.Way
	route string
}

// ways are all numbers outside of a site: its routes' own first, then the country's.
func (v view) ways(plan pbx.Plan) ([]dialled, error) {
	if len(v.Routes) == 0 {
		return nil, nil
	}
	site, err := plan.Outside()
	if err != nil {
		return nil, err
	}
	var out []dialled
	seen := map[string]bool{}
	for _, r := range v.Routes {
		for _, p := range r.Patterns {
			w := pbx.Way{Pattern: "_" + site.Prefix + p.Match, Class: p.Class, National: "${EXTEN}"}
			if site.Prefix != "" && p.Match[0] != '+' {
				w.National = "${EXTEN:1}"
			} else {
				w.Pattern = "_" + p.Match
			}
			if p.Match[0] == '+' {
				w.World, w.National = "${EXTEN:1}", "${EXTEN:1}"
			}
			if !seen[w.Pattern] {
				seen[w.Pattern] = true
				out = append(out, dialled{w, r.ID})
			}
		}
	}
	country, _ := pbx.CountryOf(plan.Country)
	for _, w := range country.Ways(site.Prefix) {
		if seen[w.Pattern] {
			continue
		}
		d := dialled{Way: w}
		if i := slices.IndexFunc(v.Routes, func(r routeView) bool { return slices.Contains(r.Classes, w.Class) }); i >= 0 {
			d.route = v.Routes[i].ID
		}
		out = append(out, d)
	}
	return out, nil
}

// out is what each number is for a right.
func (v view) out(ways []dialled, right pbx.Right) []way {
	var out []way
	for _, w := range ways {
		step := "Goto(ac-refuse,line,1)"
		switch {
		case w.Class == pbx.Premium:
			step = "Goto(ac-refuse,premium,1)"
		case !right.Includes(w.Class):
			step = "Goto(ac-refuse,class,1)"
		case w.route != "":
			step = fmt.Sprintf("Gosub(ac-route-%s,s,1(%s,%s,%s,${EXTEN}))", w.route, w.Class, w.World, w.National)
		}
		out = append(out, way{w.Pattern, step, right.Includes(w.Class)})
	}
	return out
}

// stored is a destination outside. Its number must be one that can be dialled; whether its
// person may is asked at every call, for rights are taken away too.
func (v view) stored(plan pbx.Plan, o pbx.Object, s Outside, ways []dialled) (outsideView, error) {
	x, err := s.payer(plan)
	if err != nil {
		return outsideView{}, err
	}
	number := s.number()
	best, class := "", pbx.Right("")
	for _, w := range ways {
		if weight, ok := pbx.MatchPattern(w.Pattern, number); ok && (class == "" || weight < best) {
			best, class = weight, w.Class
		}
	}
	switch class {
	case "":
		return outsideView{}, fmt.Errorf("number %q: no route knows it: write it as a phone would dial it, and add a route", s.Number)
	case pbx.Premium:
		return outsideView{}, fmt.Errorf("number %q: it costs what its owner likes, and nobody may call it", s.Number)
	}
	return outsideView{o.ID, x.Number, number, x.Person.Class}, nil
}

var zoneName = regexp.MustCompile(`^[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}$`)

// zone is a time zone in the form that Asterisk's functions want; "" the box's own.
func zone(name string) string {
	if !zoneName.MatchString(name) || strings.Contains(name, "..") {
		return ""
	}
	return name
}

// twoDigits are the country codes of two digits (ITU-T E.164); those of 1 and 7 have one,
// all others three.
var twoDigits = strings.Fields("20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98")

// areas are the areas of country code 1 that are other countries, with prices of their own.
var areas = strings.Fields("242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876")
