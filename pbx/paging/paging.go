// Package paging turns groups of loudspeakers into a part of the dialplan: one number that
// speaks out of several phones at once, and a code that does so with one phone.
//
// A phone lifts by itself when the INVITE asks for it. There is no standard that makers
// follow, so two headers are sent: Call-Info with answer-after, which Cisco, Grandstream,
// Gigaset, Htek and Panasonic read, and Alert-Info with info=alert-autoanswer, which
// Yealink, Snom, Mitel, Fanvil and AudioCodes read. A phone that reads neither rings.
package paging

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "paging"

// Paging is the body of an object of this kind.
type Paging struct {
	Members []string `json:"members"`          // extensions whose phones speak
	Duplex  bool     `json:"duplex,omitempty"` // they are heard too; absent: they only listen
}

// maxMembers bounds how many phones one page lifts at once.
const maxMembers = 50

// Decode reads an object.
func Decode(o pbx.Object) (Paging, error) {
	var p Paging
	return p, pbx.Decode(o, &p)
}

// Validate says what is wrong with a group in a plan.
func (p Paging) Validate(plan pbx.Plan) error {
	if len(p.Members) == 0 {
		return fmt.Errorf("it has no members: add the extensions that are to speak")
	}
	if len(p.Members) > maxMembers {
		return fmt.Errorf("it has %d members: %d at most speak at once", len(p.Members), maxMembers)
	}
	for i, m := range p.Members {
		if _, ok := plan.Extension(m); !ok {
			return fmt.Errorf("member %s: there is no such extension", pbx.Shown(m))
		}
		if slices.Contains(p.Members[:i], m) {
			return fmt.Errorf("member %s is there twice", m)
		}
	}
	return nil
}

//go:embed files/*.tmpl
var files embed.FS

// group is a paging group as the template sees it.
type group struct {
	pbx.Object
	Paging
	Phones []phone // of the members
}

// phone is an extension with the codes that talk to it at once.
type phone struct {
	Number, Lines string // Lines: line&line
	Codes         []string
}

// Render gives the groups of a plan and the intercom. An error names the group.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	byNumber := map[string]phone{}
	var phones []phone
	for _, x := range plan.Extensions() {
		p := phone{Number: x.Number, Lines: strings.Join(x.Lines, "&")}
		for _, c := range codes["intercom"] {
			p.Codes = append(p.Codes, c.Digits+x.Number)
		}
		byNumber[x.Number] = p
		phones = append(phones, p)
	}
	var groups []group
	for _, o := range plan.All(Kind) {
		p, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := p.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("paging %s: %w", o.ID, err)
		}
		g := group{Object: o, Paging: p}
		for _, m := range p.Members {
			g.Phones = append(g.Phones, byNumber[m])
		}
		groups = append(groups, g)
	}
	return plan.Fill(files, struct {
		Phones []phone
		Groups []group
	}{phones, groups})
}
