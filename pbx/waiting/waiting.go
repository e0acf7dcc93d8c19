// Package waiting turns people who want no second call into a check that Asterisk makes
// before it rings them: who is on the phone is busy.
package waiting

import (
	"embed"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// Render gives the subroutine ac-occupied and the numbers it is for.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	var alone []string
	for _, x := range plan.Extensions() {
		if x.Person.NoWaiting {
			alone = append(alone, x.Number)
		}
	}
	return plan.Fill(files, alone)
}
