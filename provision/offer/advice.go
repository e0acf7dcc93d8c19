package offer

import "autocom/provision"

// Advice is what somebody types into a foreign router so that one maker's phones
// find the box.
type Advice struct {
	Maker   string  `json:"maker"` // id
	Name    string  `json:"name"`
	Options []Typed `json:"options"`
}

// Typed is one option as routers ask for it. Many have fields called "TFTP server" or
// "boot server" too: those fill other places of the message, which phones do not read.
type Typed struct {
	Code  uint8  `json:"option"`
	Form  string `json:"form"`  // "text", "address", "hex"
	Value string `json:"value"` // what to type
	Hex   string `json:"hex"`   // the same for a router that takes bytes alone: "68:74:74:70"
	Means string `json:"means"` // of an encapsulated one: its parts in words
}

// Router gives the advice for each maker that we have files for. A maker whose data
// cannot be rendered is left out: loading it has said so.
func Router(site provision.Site, vendors []provision.Vendor) []Advice {
	var out []Advice
	if !site.Address.IsValid() {
		return nil
	}
	for _, v := range vendors {
		makers, err := served([]provision.Vendor{v}, public(site))
		if err != nil || len(makers) == 0 {
			continue
		}
		a := Advice{Maker: v.ID, Name: v.Name}
		for _, o := range makers[0].options {
			a.Options = append(a.Options, typed(o))
		}
		out = append(out, a)
	}
	return out
}

func typed(o option) Typed {
	t := Typed{Code: o.code, Form: o.form, Value: o.text, Hex: colons(o.data)}
	if o.form == formCodes {
		t.Form, t.Value, t.Means = "hex", t.Hex, o.text
	}
	return t
}
