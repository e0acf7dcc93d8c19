package pbx

import (
	_ "embed"
	"slices"
	"strings"
)

// codeWords is what the functions of the table of codes are called.
//
//go:embed codewords.txt
var codeWords string

// Function is one row of the table of codes as people read it.
type Function struct {
	Name   string            `json:"name"`
	InCall bool              `json:"in_call"` // pressed during a call
	Codes  []string          `json:"codes"`   // in the form of settings "codes": "*21", "*8=", "**+"; the one told first first
	Words  map[string]string `json:"words"`   // language → what it does
}

// Functions are all of them with the site's codes, in the order of the table.
func (p Plan) Functions() ([]Function, error) {
	codes, err := p.Codes()
	if err != nil {
		return nil, err
	}
	words := map[string]map[string]string{}
	for line := range strings.Lines(codeWords) {
		if parts := strings.Split(line, "|"); len(parts) == 3 {
			words[strings.TrimSpace(parts[0])] = map[string]string{"fr": strings.TrimSpace(parts[1]), "en": strings.TrimSpace(parts[2])}
		}
	}
	var out []Function
	for line := range strings.Lines(codesData) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		name, inCall := strings.CutSuffix(fields[0], "!")
		f := Function{Name: name, InCall: inCall, Codes: []string{}, Words: words[name]}
		for _, c := range codes[name] {
			f.Codes = append(f.Codes, c.String())
		}
		if !slices.ContainsFunc(out, func(o Function) bool { return o.Name == name }) {
			out = append(out, f)
		}
	}
	return out, nil
}

// String is the form in the table and in the settings.
func (c Code) String() string {
	switch {
	case c.More && c.Alone:
		return c.Digits
	case c.More:
		return c.Digits + "+"
	}
	return c.Digits + "="
}
