// Package inbound turns calls from outside into calls of the house: each number that a
// trunk brings is sent to the destination that somebody has set, and every other is
// answered 404. Nothing that a caller says or dials chooses the way.
package inbound

import (
	"cmp"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = pbx.KindInbound

// Inbound is the body of an object of this kind.
type Inbound struct {
	Trunk    string          `json:"trunk"`              // id
	DID      string          `json:"did,omitempty"`      // number that was called, as people write it; "" every call of the trunk
	Caller   string          `json:"caller,omitempty"`   // only callers that begin so: "+33", "0612345678"
	To       pbx.Destination `json:"to"`                 // where the call goes
	Language string          `json:"language,omitempty"` // "fr", "en"; "" the site's
	Prefix   string          `json:"prefix,omitempty"`   // before the caller's name
	Music    string          `json:"music,omitempty"`    // that the caller hears on hold
}

// Decode reads an object.
func Decode(o pbx.Object) (Inbound, error) {
	var in Inbound
	return in, pbx.Decode(o, &in)
}

var (
	number  = regexp.MustCompile(`^\+?[0-9]{2,15}$`)
	account = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{1,40}$`) // some trunks call a name
)

// plain leaves out what people write between digits.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .()/-", r) {
			return -1
		}
		return r
	}, s)
}

// Validate says what is wrong with it in a plan.
func (in Inbound) Validate(plan pbx.Plan) error {
	if _, ok := plan.Object(pbx.KindTrunk, in.Trunk); !ok {
		return fmt.Errorf("trunk %q does not exist", in.Trunk)
	}
	switch {
	case in.DID != "" && !number.MatchString(plain(in.DID)) && !account.MatchString(in.DID):
		return fmt.Errorf("did %q: the number that was called is needed, as in +237 222 33 44 55, or nothing for all", in.DID)
	case in.Caller != "" && !number.MatchString(plain(in.Caller)):
		return fmt.Errorf("caller %q: the beginning of a number is needed, as in +33", in.Caller)
	case in.Language != "" && pbx.Prompts(in.Language) == "":
		return fmt.Errorf("language %q: use fr or en", in.Language)
	case pbx.CleanName(in.Prefix) != in.Prefix || len(in.Prefix) > 16:
		return fmt.Errorf("prefix %q: at most 16 letters, digits, spaces and signs that need no quotes", in.Prefix)
	}
	return plan.CheckMusic(in.Music)
}

//go:embed files/*.tmpl
var files embed.FS

// choice is one object, for callers of a number.
type choice struct {
	ID, From, Prompts, Prefix, Music, To string
}

// door is one number of a trunk.
type door struct {
	Name    string   // of its context
	Extens  []string // in which the provider may write it
	Choices []choice // longest caller first; at most the last takes all
	All     bool     // the last does
}

type trunkView struct {
	ID    string
	Doors []door
}

type view struct {
	Trunks                        []trunkView
	Calling, Trunk, World, Prefix string
}

// anything is every number that a trunk may call: what it takes goes to a fixed
// destination and is never looked at. Names of one letter are Asterisk's own.
var anything = []string{"s", "_[+0-9A-Za-z]."}

// Render gives what calls from outside find. An error names the object.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	country, _ := pbx.CountryOf(plan.Country)
	site, err := plan.Outside()
	if err != nil {
		return pbx.Fragments{}, err
	}
	v := view{Calling: country.Calling, Trunk: country.Trunk, World: country.International, Prefix: site.Prefix}
	if v.World == "" {
		v.World = "00"
	}
	byTrunk := map[string]*trunkView{}
	for _, o := range plan.All(pbx.KindTrunk) {
		v.Trunks = append(v.Trunks, trunkView{ID: o.ID})
	}
	for i := range v.Trunks {
		byTrunk[v.Trunks[i].ID] = &v.Trunks[i]
	}
	for _, o := range plan.All(Kind) {
		in, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := in.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("inbound %s: %w", o.ID, err)
		}
		c := choice{ID: o.ID, Prefix: in.Prefix, Music: in.Music, Prompts: pbx.Prompts(cmp.Or(in.Language, plan.Language))}
		if c.To, err = plan.Target(in.To); err != nil {
			return pbx.Fragments{}, fmt.Errorf("inbound %s: to: %w", o.ID, err)
		}
		if in.Caller != "" {
			c.From = country.Whole(plain(in.Caller))
		}
		if err := byTrunk[in.Trunk].add(in, c, country); err != nil {
			return pbx.Fragments{}, fmt.Errorf("inbound %s: %w", o.ID, err)
		}
	}
	for _, t := range v.Trunks {
		for i := range t.Doors {
			d := &t.Doors[i]
			slices.SortStableFunc(d.Choices, func(a, b choice) int { return len(b.From) - len(a.From) })
			d.All = d.Choices[len(d.Choices)-1].From == ""
		}
	}
	return plan.Fill(files, v)
}

// add puts an object behind the door of its number, and makes the door when it is the first.
func (t *trunkView) add(in Inbound, c choice, country pbx.Country) error {
	extens := anything
	switch {
	case account.MatchString(in.DID):
		extens = []string{in.DID}
	case in.DID != "":
		extens = country.Forms(country.Whole(plain(in.DID)))
		if !slices.Contains(extens, plain(in.DID)) {
			extens = append(extens, plain(in.DID)) // a short number of a gateway
		}
	}
	for i := range t.Doors {
		d := &t.Doors[i]
		if !slices.ContainsFunc(d.Extens, func(e string) bool { return slices.Contains(extens, e) }) {
			continue
		}
		if !slices.Equal(d.Extens, extens) {
			return fmt.Errorf("did %q can be mistaken for that of inbound %s: write both with + and the country code", in.DID, d.Name)
		}
		for _, other := range d.Choices {
			if other.From == c.From {
				return fmt.Errorf("inbound %s takes the same calls already: tell them apart by did or caller", other.ID)
			}
		}
		d.Choices = append(d.Choices, c)
		return nil
	}
	t.Doors = append(t.Doors, door{Name: c.ID, Extens: extens, Choices: []choice{c}})
	return nil
}
