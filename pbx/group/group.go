// Package group turns ring groups into a part of the dialplan: one number that rings
// several phones, all at once or one after the other.
package group

import (
	"embed"
	"fmt"
	"slices"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "group"

// Strategies: how the members ring.
const (
	All   = "all"   // at once
	Order = "order" // one after the other
)

// Group is the body of an object of this kind.
type Group struct {
	Members  []string        `json:"members"`          // extensions, in their order
	Strategy string          `json:"strategy"`         // All or Order
	Ring     int             `json:"ring"`             // seconds; of each member with Order
	Prefix   string          `json:"prefix,omitempty"` // before the caller's name, so that the called know why it rings
	Music    string          `json:"music,omitempty"`  // heard instead of ringing; "" ringing
	Then     pbx.Destination `json:"then,omitzero"`    // when nobody answers; zero: the call ends as not answered
}

// maxMembers bounds how many phones one call may ring.
const maxMembers = 50

// Decode reads an object, with the defaults for what it leaves out.
func Decode(o pbx.Object) (Group, error) {
	g := Group{Strategy: All, Ring: pbx.DefaultRing}
	return g, pbx.Decode(o, &g)
}

// Validate says what is wrong with a group in a plan.
func (g Group) Validate(plan pbx.Plan) error {
	switch {
	case len(g.Members) == 0:
		return fmt.Errorf("it has no members: add the extensions that ring")
	case len(g.Members) > maxMembers:
		return fmt.Errorf("it has %d members: %d at most ring at once", len(g.Members), maxMembers)
	case g.Strategy != All && g.Strategy != Order:
		return fmt.Errorf("strategy %q: use %s or %s", g.Strategy, All, Order)
	case g.Ring < 5 || g.Ring > 300:
		return fmt.Errorf("ring %d: 5 to 300 seconds", g.Ring)
	case pbx.CleanName(g.Prefix) != g.Prefix || len(g.Prefix) > 16:
		return fmt.Errorf("prefix %q: at most 16 letters, digits, spaces and signs that need no quotes", g.Prefix)
	}
	for i, m := range g.Members {
		if _, ok := plan.Extension(m); !ok {
			return fmt.Errorf("member %s: there is no such extension", pbx.Shown(m))
		}
		if slices.Contains(g.Members[:i], m) {
			return fmt.Errorf("member %s is there twice", m)
		}
	}
	return plan.CheckMusic(g.Music)
}

//go:embed files/*.tmpl
var files embed.FS

// view is a group as its template sees it.
type view struct {
	pbx.Object
	Group
	Then string // target in the dialplan
}

// Render gives what the groups of a plan add to Asterisk's files. An error names the group.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	var views []view
	for _, o := range plan.All(Kind) {
		g, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := g.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("group %s: %w", o.ID, err)
		}
		v := view{Object: o, Group: g, Then: "ac-end,none,1"}
		if !g.Then.Zero() {
			if v.Then, err = plan.Target(g.Then); err != nil {
				return pbx.Fragments{}, fmt.Errorf("group %s: then: %w", o.ID, err)
			}
		}
		views = append(views, v)
	}
	return plan.Fill(files, views)
}
