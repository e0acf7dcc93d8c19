// Package directory turns the names of the house into a part of the dialplan: a caller
// presses the first letters of a name and is told who it may be, one after the other.
//
// Asterisk's own Directory is not used: it knows only who has a mailbox, and reads no
// accent ("É" is a byte that it skips).
package directory

import (
	"embed"
	"fmt"

	"autocom/pbx"
)

// Kind is the kind of its objects: a directory as a destination, for a key of a menu. The
// phones of the house have one without an object, by its code.
const Kind = "directory"

// Directory is the body of an object of this kind.
type Directory struct {
	Language string          `json:"language,omitempty"` // "" the caller's
	Then     pbx.Destination `json:"then,omitzero"`      // when nobody was found; zero: goodbye
}

// Decode reads an object.
func Decode(o pbx.Object) (Directory, error) {
	var d Directory
	return d, pbx.Decode(o, &d)
}

// Validate says what is wrong with a directory in a plan.
func (d Directory) Validate(plan pbx.Plan) error {
	if d.Language != "" && d.Language != "fr" && d.Language != "en" {
		return fmt.Errorf("language %q: use fr or en, or leave it out", d.Language)
	}
	if _, err := plan.Target(d.Then); err != nil && !d.Then.Zero() {
		return fmt.Errorf("then: %w", err)
	}
	return nil
}

//go:embed files/*.tmpl
var files embed.FS

// view is what the template sees.
type view struct {
	Directories []one
	Codes       []string // that open it from a phone
	Entries     []entry
	Keys        []key
	Spool       string // of the mailboxes, whose owners may have said their names
}

type one struct {
	pbx.Object
	Prompts string // value of CHANNEL(language); "" leaves it
	Then    string // target; "" goodbye
}

// Spool is where the mailboxes keep the names that their owners have said.
const Spool = "/data/asterisk-state/spool/voicemail/autocom"

// Render gives what the directories of a plan add to Asterisk's files. An error names the
// directory.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	v := view{Entries: entries(plan), Spool: Spool}
	v.Keys = keys(v.Entries)
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	for _, c := range codes[Kind] {
		v.Codes = append(v.Codes, c.Digits)
	}
	for _, o := range plan.All(Kind) {
		d, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := d.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("directory %s: %w", o.ID, err)
		}
		x := one{Object: o, Prompts: pbx.Prompts(d.Language)}
		if !d.Then.Zero() {
			x.Then, _ = plan.Target(d.Then)
		}
		v.Directories = append(v.Directories, x)
	}
	return plan.Fill(files, v)
}
