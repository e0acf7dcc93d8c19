// Package prompt turns the prompts that people record or upload into a part of the
// dialplan: which file a caller hears, and the code that records one from a phone.
package prompt

import (
	"embed"
	"fmt"

	"autocom/pbx"
)

// Kind is the kind of its objects. The object's number, if any, is what follows the code
// that records it (*77…).
const Kind = pbx.KindPrompt

// Prompt is the body of an object of this kind; the sound lies in files, see Slots.
type Prompt struct {
	Text string `json:"text,omitempty"` // what it says, for who records it; plays no part in calls
}

// maxText is the longest note in bytes.
const maxText = 2000

// Decode reads an object.
func Decode(o pbx.Object) (Prompt, error) {
	var p Prompt
	return p, pbx.Decode(o, &p)
}

// Validate says what is wrong with a prompt.
func (p Prompt) Validate(pbx.Plan) error {
	if len(p.Text) > maxText {
		return fmt.Errorf("its text has %d bytes: %d at most", len(p.Text), maxText)
	}
	return nil
}

//go:embed files/*.tmpl
var files embed.FS

// view is what the templates see.
type view struct {
	Dir     string
	Prompts []pbx.Object
	Codes   []string // that record, without the prompt's number
}

// Render gives what the prompts of a plan add to Asterisk's files. An error names the prompt.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	v := view{Dir: pbx.PromptDir, Prompts: plan.All(Kind)}
	for _, o := range v.Prompts {
		p, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := p.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("prompt %s: %w", o.ID, err)
		}
	}
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	for _, c := range codes["record-prompt"] {
		v.Codes = append(v.Codes, c.Digits)
	}
	out, err := plan.Fill(files, v)
	if err != nil {
		return pbx.Fragments{}, err
	}
	out.Lines = may(plan)
	return out, nil
}

// may marks the lines from which prompts may be recorded: those of supervisors. What all
// callers hear is not for everybody to change. A line's own variable cannot be had by
// being forwarded or transferred.
func may(plan pbx.Plan) map[string][]pbx.Setting {
	guests := map[string]bool{}
	for _, e := range plan.Endpoints {
		guests[e.ID] = e.Right == pbx.RightGuest
	}
	lines := map[string][]pbx.Setting{}
	for _, x := range plan.Extensions() {
		for _, id := range x.Lines {
			if x.Person.Supervisor && !guests[id] {
				lines[id] = []pbx.Setting{{Key: "set_var", Value: "AC_PROMPTER=1"}}
			}
		}
	}
	return lines
}
