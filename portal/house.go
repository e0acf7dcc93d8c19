package portal

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"autocom/pbx"
	"autocom/portal/forms"
	"autocom/provision"
)

// house is what forms choose from: the numbers that ring, with who is behind them, and all
// that was set up.
func (p *Portal) house(lang string) forms.House {
	h := forms.House{
		Lang: lang, Numbers: p.extensions(),
		Objects: func(kind string) []forms.Item {
			var out []forms.Item
			for _, o := range p.Objects.Objects(kind) {
				out = append(out, forms.Item{ID: o.ID, Number: o.Number, Name: cmp.Or(o.Name, o.ID)})
			}
			return out
		},
		Sets:    map[string][]forms.Option{"presets": p.presets(), "functions": p.functions()},
		Special: map[string][]forms.Item{pbx.KindMusic: {{ID: pbx.DefaultMusic, Name: (forms.Text{FR: "Celle du bureau", EN: "The site's"}).In(lang)}}},
	}
	return h.Remember()
}

// extensions are the numbers of phones and people.
func (p *Portal) extensions() []forms.Item {
	names := map[string]string{}
	for _, d := range p.Devices.Devices() {
		for _, l := range d.Lines {
			if l.Number != "" {
				names[l.Number] = strings.TrimSpace(strings.TrimPrefix(provision.Clean(l.Name), l.Number)) // nameless phones show their number
			}
		}
	}
	for _, o := range p.Objects.Objects(pbx.KindPerson) {
		for _, n := range numbersOf(o) {
			names[n] = cmp.Or(o.Name, names[n])
		}
	}
	var out []forms.Item
	for n, name := range names {
		out = append(out, forms.Item{ID: n, Number: n, Name: name})
	}
	slices.SortFunc(out, func(a, b forms.Item) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), strings.Compare(a.ID, b.ID))
	})
	return out
}

// preset is what a page tells of a kind of trunk.
type preset struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	NameFR      string `json:"name_fr"`
	NoteEN      string `json:"note_en"`
	NoteFR      string `json:"note_fr"`
	Unsupported bool   `json:"unsupported"`
}

func (p *Portal) presetList() (list []preset) {
	if p.Trunks == nil {
		return nil
	}
	text, err := json.Marshal(p.Trunks.TrunkPresets())
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		p.Log.Error("the kinds of trunks cannot be read", "error", err)
	}
	return list
}

func (p *Portal) presets() []forms.Option {
	var out []forms.Option
	for _, x := range p.presetList() {
		if !x.Unsupported {
			out = append(out, forms.Option{Value: x.ID, Label: forms.Text{FR: cmp.Or(x.NameFR, x.Name), EN: x.Name}})
		}
	}
	return out
}

func (p *Portal) functions() []forms.Option {
	if p.Forwards == nil {
		return nil
	}
	list, err := p.Forwards.Functions()
	if err != nil {
		p.Log.Error("the table of codes cannot be read", "error", err)
	}
	var out []forms.Option
	for _, f := range list {
		codes := " (" + strings.Join(f.Codes, " ") + ")"
		out = append(out, forms.Option{Value: f.Name, Label: forms.Text{FR: cmp.Or(f.Words["fr"], f.Name) + codes, EN: cmp.Or(f.Words["en"], f.Name) + codes}})
	}
	return out
}

// numbersOf are a person's extensions.
func numbersOf(o pbx.Object) []string {
	var person struct{ Numbers []string }
	if json.Unmarshal(o.Body, &person) != nil {
		return nil // it is told where the person is shown
	}
	return person.Numbers
}
