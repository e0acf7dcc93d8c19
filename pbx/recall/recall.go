// Package recall turns what phones dialled and heard into redial and the last caller: the
// numbers that Asterisk keeps of each extension, and the codes that call them.
//
// A number that is called so is dialled again with the rights of the caller's own phone,
// as if its keys had been pressed: no stored digit lends anybody a right. What has to be
// dialled to call an outside caller back is left in the channel variable AC_DIALBACK by
// who takes calls from outside.
package recall

import (
	"embed"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// view is what the template sees.
type view struct {
	Rights       []pbx.Right
	Last, Redial []string // codes
}

// Render gives the subroutines and codes.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	v := view{Rights: pbx.Rights[1:]} // a guest calls nobody
	for _, c := range codes["last-caller"] {
		v.Last = append(v.Last, c.Digits)
	}
	for _, c := range codes["redial"] {
		v.Redial = append(v.Redial, c.Digits)
	}
	return plan.Fill(files, v)
}
