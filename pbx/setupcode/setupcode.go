// Package setupcode turns the setup code of a box without an administrator into a part of the
// dialplan: the one phone that may hear it dials a code and is told it, digit by digit.
//
// Whoever knows the setup code becomes the administrator, so the house does not hear it: any
// other phone is answered as if the code did not exist, and with the first administrator it
// does not. It is said four digits at a time, so that what Asterisk notes of a call (the
// application that ran last and its data) never holds the whole of it.
package setupcode

import (
	"embed"
	"fmt"
	"regexp"
	"slices"

	"autocom/pbx"
)

// Function is its name in the table of codes.
const Function = "setup-code"

// Mark is the line of extensions.conf that a file with a setup code has, and no other: by it
// what was written before there was an administrator is found and removed.
const Mark = "[ac-setup-code]"

// File is where Mark stands.
const File = "extensions.conf"

var (
	form = regexp.MustCompile(`^[0-9]{8,16}$`)
	line = regexp.MustCompile(`^[a-zA-Z0-9-]{1,64}$`)
)

//go:embed files/*.tmpl
var files embed.FS

// view is what the template sees.
type view struct {
	Codes []string // that are dialled; none: there is nothing to say
	Lines []string // that are told
	Parts []string // of the setup code
}

// Render gives what says the setup code of a plan: nothing once there is an administrator, or
// as long as no phone may hear it. No error holds the code.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	if plan.Setup.Code == "" || len(plan.Setup.Lines) == 0 {
		return pbx.Fragments{}, nil
	}
	if !form.MatchString(plan.Setup.Code) {
		return pbx.Fragments{}, fmt.Errorf("the setup code cannot be said: it has 8 to 16 digits")
	}
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	v := view{Lines: plan.Setup.Lines}
	for _, c := range codes[Function] {
		v.Codes = append(v.Codes, c.Digits)
	}
	for _, l := range v.Lines {
		if !line.MatchString(l) {
			return pbx.Fragments{}, fmt.Errorf("line %q, which may hear the setup code, is no name of an endpoint", l)
		}
	}
	for part := range slices.Chunk([]byte(plan.Setup.Code), 4) {
		v.Parts = append(v.Parts, string(part))
	}
	return plan.Fill(files, v)
}
