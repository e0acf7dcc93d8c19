package pbx

import (
	_ "embed"
	"fmt"
	"maps"
	"strings"
)

// codesData has one function per line; see the file for its form.
//
//go:embed codes.txt
var codesData string

// Code is one way to dial a function.
type Code struct {
	Digits string // "*21"
	More   bool   // a number may follow
	Alone  bool   // the code alone is dialled too
}

// Codes gives the codes of every function by its name ("forward-always"), the one told
// first first: the table of codes.txt with the site's own changes.
func (p Plan) Codes() (map[string][]Code, error) {
	if p.index != nil {
		return maps.Clone(p.index.codes), p.index.codesErr
	}
	out := map[string][]Code{}
	for line := range strings.Lines(codesData) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		for _, word := range fields[1:] {
			out[strings.TrimSuffix(fields[0], "!")] = append(out[strings.TrimSuffix(fields[0], "!")], parseCode(word))
		}
	}
	own, ok := p.Object(KindSettings, "codes")
	if !ok {
		return out, nil
	}
	changes := map[string][]string{}
	if err := Decode(own, &changes); err != nil {
		return nil, err
	}
	for name, words := range changes {
		if _, known := out[name]; !known {
			return nil, fmt.Errorf("settings codes: there is no function %q", name)
		}
		var codes []Code
		for _, w := range words {
			codes = append(codes, parseCode(w))
		}
		out[name] = codes
	}
	return out, nil
}

// parseCode reads "*21", "*21+" or "*21=".
func parseCode(word string) Code {
	switch {
	case strings.HasSuffix(word, "+"):
		return Code{Digits: word[:len(word)-1], More: true}
	case strings.HasSuffix(word, "="):
		return Code{Digits: word[:len(word)-1], Alone: true}
	}
	return Code{Digits: word, More: true, Alone: true}
}

// Code is the code of a function that people are told first, "" when the site has none.
func (p Plan) Code(name string) string {
	var all map[string][]Code
	var err error
	if p.index != nil {
		all, err = p.index.codes, p.index.codesErr
	} else {
		all, err = p.Codes()
	}
	if err != nil || len(all[name]) == 0 {
		return ""
	}
	return all[name][0].Digits
}

// Codes of which phones and pages know without asking a plan.
const (
	ClaimCode  = "*01" // and six digits: a phone that waits for approval gets its number
	PickupCode = "*8"  // and a number: takes the call that rings there
	SetupDial  = "*00" // tells the first phone the setup code, until there is an administrator
)
