// Package pickup turns pickup groups into configuration: who may take the calls that ring
// at somebody else's phone.
package pickup

import (
	"embed"
	"strings"

	"autocom/pbx"
)

// Everybody is the group of all who are in none: in a small shop everybody takes the
// calls of everybody.
const Everybody = "site"

//go:embed files/*.tmpl
var files embed.FS

// view is what the template sees.
type view struct {
	Group    []string // codes that take a call of one's own groups
	Directed []string // codes before a number
	Numbers  []number
}

// number is one that rings phones.
type number struct{ Number, Lines string }

// Render gives what it adds to Asterisk's files: always.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	var v view
	for _, c := range codes["pickup"] {
		if c.Alone {
			v.Group = append(v.Group, c.Digits)
		}
	}
	for _, c := range codes["pickup-number"] {
		if c.More {
			v.Directed = append(v.Directed, c.Digits)
		}
	}
	lines := map[string][]pbx.Setting{}
	for _, x := range plan.Extensions() {
		if len(x.Lines) == 0 {
			continue
		}
		v.Numbers = append(v.Numbers, number{x.Number, "PJSIP/" + strings.Join(x.Lines, "&PJSIP/")})
		groups := Everybody
		if len(x.Person.Pickup) > 0 {
			groups = strings.Join(x.Person.Pickup, ",")
		}
		for _, id := range x.Lines {
			lines[id] = []pbx.Setting{{Key: "named_call_group", Value: groups}, {Key: "named_pickup_group", Value: groups}}
		}
	}
	out, err := plan.Fill(files, v)
	out.Lines = lines
	return out, err
}
