package portal

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"autocom/provision"
)

// Maker is a maker of phones as the page and the API show it: what it is told, and
// what a person types where nobody is there to tell.
type Maker struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Kind        provision.Kind    `json:"kind,omitempty"`        // gateway: a trunk, never an extension
	Checked     string            `json:"checked,omitempty"`     // "": not tried on a real phone
	Unsupported string            `json:"unsupported,omitempty"` // why there are no files
	Refused     []Refused         `json:"refused,omitempty"`     // models without files
	Reset       map[string]string `json:"reset,omitempty"`       // language → how
	PnP         bool              `json:"pnp"`                   // its phones ask on the network by themselves
	TypeURL     string            `json:"type_url,omitempty"`    // for the phone's own page
	Options     []DHCPOption      `json:"options,omitempty"`     // for another DHCP server
}

// Refused says why some models of a maker get no files.
type Refused struct {
	Models []string       `json:"models"` // examples
	Kind   provision.Kind `json:"kind,omitempty"`
	Reason string         `json:"reason"`
}

// DHCPOption is one option as another router asks for it.
type DHCPOption struct {
	Code  uint8  `json:"code"`
	Form  string `json:"form"`            // text, address, hex
	Value string `json:"value"`           // what to type
	Hex   string `json:"hex,omitempty"`   // the same for a router that takes bytes alone
	Means string `json:"means,omitempty"` // of an encapsulated one (RFC 2132 8.4): its parts
}

func (p *Portal) byID() map[string]Maker {
	out := map[string]Maker{}
	for _, m := range p.Makers() {
		out[m.ID] = m
	}
	return out
}

// brand is a maker on the page.
type brand struct {
	Maker
	Words   Admin
	Reset   string
	Reason  string
	Foreign bool
	Except  []exception
	Dials   []dial
}

type exception struct {
	Models  []string
	Reason  string
	Foreign bool
}

// dial is one line of what another router is to be told.
type dial struct{ Option, Form, Value, Hex, Means string }

// brands is the page. Most makers that are only recognised have one reason: their
// names stand together, and so do those of gateways.
type brands struct {
	Words    Admin
	Served   []brand
	Plain    []string // recognised, with the usual reason
	Special  []brand  // recognised, with one of their own
	Gateways []group
	Count    string
}

type group struct {
	Names   []string
	Reason  string
	Foreign bool
}

// usual reports the reason that names nothing but the maker.
func usual(reason string) bool {
	return strings.HasPrefix(reason, "there are no files for ") &&
		strings.HasSuffix(reason, " phones yet: ask for a number on the page of this box and type its account into the phone")
}

func (v reader) brand(m Maker) brand {
	b := brand{Maker: m, Words: v.words, Reset: m.Reset[v.lang]}
	b.Reason, b.Foreign = v.portal.translated(m.Unsupported, v.lang)
	b.Reason = sentence(b.Reason)
	for _, r := range m.Refused {
		x := exception{Models: r.Models}
		x.Reason, x.Foreign = v.portal.translated(r.Reason, v.lang)
		x.Reason = sentence(x.Reason)
		b.Except = append(b.Except, x)
	}
	for _, o := range m.Options {
		form := map[string]string{"address": v.words.FormAddress, "text": v.words.FormText, "hex": v.words.FormHex}[o.Form]
		d := dial{itoa(int(o.Code)), cmp.Or(form, o.Form), o.Value, o.Hex, o.Means}
		if d.Hex == d.Value {
			d.Hex = ""
		}
		b.Dials = append(b.Dials, d)
	}
	return b
}

func (page *brands) gateway(b brand) {
	for i := range page.Gateways {
		if g := &page.Gateways[i]; g.Reason == b.Reason {
			g.Names = append(g.Names, b.Name)
			return
		}
	}
	page.Gateways = append(page.Gateways, group{[]string{b.Name}, b.Reason, b.Foreign})
}

func (p *Portal) makersPage(w http.ResponseWriter, r *http.Request) {
	v := p.reader(r)
	page := brands{Words: v.words}
	for _, m := range p.Makers() {
		switch b := v.brand(m); {
		case m.Kind == provision.KindGateway:
			page.gateway(b)
		case m.Unsupported == "":
			page.Served = append(page.Served, b)
		case usual(m.Unsupported):
			page.Plain = append(page.Plain, m.Name)
		default:
			page.Special = append(page.Special, b)
		}
	}
	page.Count = fmt.Sprintf(v.words.CountServed, len(page.Served), len(page.Plain)+len(page.Special))
	p.screen(w, r, http.StatusOK, "makers", page)
}

func (p *Portal) listMakers(w http.ResponseWriter, _ *http.Request) {
	list := p.Makers()
	if list == nil {
		list = []Maker{}
	}
	reply(w, http.StatusOK, list)
}
