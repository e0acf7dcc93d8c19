// Package parking turns parking slots into configuration: a call waits in a numbered slot,
// with a lamp, until any phone of the house dials the slot's number.
package parking

import (
	"embed"
	"fmt"
	"strconv"

	"autocom/pbx"
)

// Setting is the id of its settings.
const Setting = "parking"

// Parking is the body of the settings.
type Parking struct {
	First   int    `json:"first"`           // number of the first slot
	Last    int    `json:"last"`            // of the last
	Seconds int    `json:"seconds"`         // a call waits before it rings again at who parked it
	Prefix  string `json:"prefix"`          // then shown before the caller's name, with the slot
	Music   string `json:"music,omitempty"` // what who waits hears; "" the site's
}

// Defaults are what a site has that has chosen nothing.
func Defaults() Parking {
	return Parking{First: 701, Last: 720, Seconds: 120, Prefix: "P"}
}

// maxDefault is where the search for free slots ends.
const maxDefault = 9000

// maxSlots bounds the lot: each slot is an extension with a lamp.
const maxSlots = 100

// Of reads the settings of a plan. A site that has chosen nothing, and whose phones have
// the numbers of the usual slots, gets the first others that are free.
func Of(plan pbx.Plan) (Parking, error) {
	p := Defaults()
	o, ok := plan.Object(pbx.KindSettings, Setting)
	for first := p.First; !ok && p.Validate(plan) != nil && first < maxDefault; first += 100 {
		p.First, p.Last = first, first+19
	}
	if !ok {
		return p, nil
	}
	if err := pbx.Decode(o, &p); err != nil {
		return p, err
	}
	return p, nil
}

// Slots are the numbers of the slots.
func (p Parking) Slots() []string {
	var out []string
	for n := p.First; n <= p.Last && len(out) < maxSlots; n++ {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

// Validate says what is wrong with the settings in a plan.
func (p Parking) Validate(plan pbx.Plan) error {
	switch {
	case p.First < 10 || p.Last > 999999 || p.First > p.Last || len(strconv.Itoa(p.First)) != len(strconv.Itoa(p.Last)):
		return fmt.Errorf("slots %d to %d: write two numbers of 2 to 6 digits, the lower first, as 701 and 720", p.First, p.Last)
	case p.Last-p.First >= maxSlots:
		return fmt.Errorf("slots %d to %d: %d at most", p.First, p.Last, maxSlots)
	case p.Seconds < 10 || p.Seconds > 3600:
		return fmt.Errorf("seconds %d: 10 to 3600", p.Seconds)
	case pbx.CleanName(p.Prefix) != p.Prefix || len(p.Prefix) > 16:
		return fmt.Errorf("prefix %q: at most 16 letters, digits, spaces and signs that need no quotes", p.Prefix)
	}
	if err := plan.CheckMusic(p.Music); err != nil {
		return err
	}
	for _, n := range p.Slots() {
		if e := pbx.EmergencyCollision(n, plan.Emergency); e != "" {
			return fmt.Errorf("slot %s would be mistaken for the emergency number %s: choose other slots", n, e)
		}
		if f := plan.CodeTaking(n); f != "" {
			return fmt.Errorf("slot %s is mistaken for the code of %s: choose other slots or another code", n, f)
		}
		if x, ok := plan.Extension(n); ok && len(x.Lines)+len(x.Who) > 0 {
			return fmt.Errorf("slot %s is the number of %q: choose other slots or give them another number", n, x.Name)
		}
		for _, o := range plan.Objects {
			if o.Number == n {
				return fmt.Errorf("slot %s is the number of %s %s: choose other slots or give it another number", n, o.Kind, o.ID)
			}
		}
	}
	return nil
}

//go:embed files/*.tmpl
var files embed.FS

// view is what the templates see.
type view struct {
	Parking
	Codes []string // that park who is transferred there
}

// Render gives what it adds to Asterisk's files: always.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	p, err := Of(plan)
	if err != nil {
		return pbx.Fragments{}, err
	}
	if err := p.Validate(plan); err != nil {
		return pbx.Fragments{}, fmt.Errorf("settings parking: %w", err)
	}
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	v := view{Parking: p}
	for _, c := range codes["park"] {
		if c.Alone {
			v.Codes = append(v.Codes, c.Digits)
		}
	}
	return plan.Fill(files, v)
}
