// Package announcement turns announcements into a part of the dialplan: a prompt is
// played, and the call goes on.
package announcement

import (
	"embed"
	"fmt"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "announcement"

// Announcement is the body of an object of this kind. While its prompt is not recorded
// nothing is played and the call goes on at once.
type Announcement struct {
	Prompt   string          `json:"prompt"`
	Language string          `json:"language,omitempty"` // of it and all that follows; "" the caller's
	Free     bool            `json:"free,omitempty"`     // played before the call is answered, so that nobody pays for it; not every line carries that
	Then     pbx.Destination `json:"then,omitzero"`      // zero: hang up
}

// Decode reads an object.
func Decode(o pbx.Object) (Announcement, error) {
	var a Announcement
	return a, pbx.Decode(o, &a)
}

// Validate says what is wrong with an announcement in a plan.
func (a Announcement) Validate(plan pbx.Plan) error {
	if a.Prompt == "" {
		return fmt.Errorf("it has no prompt: choose the one to be played")
	}
	if a.Language != "" && a.Language != "fr" && a.Language != "en" {
		return fmt.Errorf("language %q: use fr or en, or leave it out", a.Language)
	}
	if _, err := plan.Target(a.Then); err != nil && !a.Then.Zero() {
		return fmt.Errorf("then: %w", err)
	}
	_, err := plan.Prompt(a.Prompt)
	return err
}

//go:embed files/*.tmpl
var files embed.FS

// view is an announcement as its template sees it.
type view struct {
	pbx.Object
	Announcement
	Prompts string // value of CHANNEL(language); "" leaves it
	Then    string // target in the dialplan
}

// Render gives what the announcements of a plan add to Asterisk's files. An error names
// the announcement.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	var views []view
	for _, o := range plan.All(Kind) {
		a, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := a.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("announcement %s: %w", o.ID, err)
		}
		v := view{Object: o, Announcement: a, Then: "ac-hangup,s,1"}
		if !a.Then.Zero() {
			v.Then, _ = plan.Target(a.Then)
		}
		if a.Language != "" {
			v.Prompts = pbx.Prompts(a.Language)
		}
		views = append(views, v)
	}
	return plan.Fill(files, views)
}
