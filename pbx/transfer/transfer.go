// Package transfer turns transfers into configuration: by digits pressed during a call,
// for phones without keys, and by the phones' own (REFER). A transfer has the rights of
// who makes it, never those of who is transferred, and no leg to the outside can make one.
package transfer

import (
	"embed"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// view is what the templates see.
type view struct {
	Rights  []rights
	InCall  map[string]string // function → digits pressed during a call, "" for none
	Numbers []pbx.Extension
}

// rights are what transfers of one right reach.
type rights struct {
	pbx.Right
	Outside bool
}

// Context is where transfers by a line of this right lead.
func Context(r pbx.Right) string { return "ac-transfer-" + string(r) }

// Render gives what it adds to Asterisk's files: always.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	v := view{InCall: map[string]string{}}
	for _, r := range pbx.Rights[1:] {
		v.Rights = append(v.Rights, rights{r, r.Includes(pbx.RightNational)})
	}
	for _, name := range []string{"blind-transfer", "transfer", "transfer-abort", "transfer-swap", "transfer-three", "transfer-done", "park-call"} {
		v.InCall[name] = plan.Code(name)
	}
	out, err := plan.Fill(files, v)
	if err != nil {
		return out, err
	}
	out.Lines = map[string][]pbx.Setting{}
	people := map[string]pbx.Extension{}
	for _, x := range plan.Extensions() {
		people[x.Number] = x
	}
	for _, e := range plan.Endpoints {
		if e.Number == "" || e.Right == pbx.RightGuest {
			continue
		}
		right, to := e.Right, pbx.RightInternal
		if x := people[e.Number]; x.Who != "" {
			right, to = x.Person.Class, x.Person.ForwardsTo()
		}
		out.Lines[e.ID] = []pbx.Setting{
			{Key: "set_var", Value: "AC_INSIDE=1"},
			{Key: "set_var", Value: "AC_FORWARD=" + string(to)},
			{Key: "set_var", Value: "TRANSFER_CONTEXT=" + Context(right)},
		}
	}
	return out, nil
}
