package portal

import (
	"cmp"
	"net/url"
	"strings"

	"autocom/pbx"
	"autocom/portal/forms"
	"autocom/provision"
)

// suggestion is a link to a form that is filled in already.
type suggestion struct{ Name, Note, Link string }

// someSuggestions bounds them: after a first plugging in there may be hundreds of phones.
const someSuggestions = 24

// suggestions are what a list proposes to add: people for phones that are nobody's, trunks
// for gateways that were seen in the LAN.
func (p *Portal) suggestions(collection string, h forms.House) (title string, list []suggestion) {
	words := wordsIn(h.Lang).Setup
	switch collection {
	case "people":
		owned := map[string]bool{}
		for _, o := range p.Objects.Objects(pbx.KindPerson) {
			for _, n := range numbersOf(o) {
				owned[n] = true
			}
		}
		for _, x := range h.Numbers {
			if !owned[x.ID] && len(list) < someSuggestions {
				list = append(list, suggestion{Name: x.Called(), Link: "/ui/people/new?" + url.Values{"numbers": {x.ID}, "name": {x.Name}}.Encode()})
			}
		}
		return words.NobodysPhones, list
	case "trunks":
		if p.Trunks == nil {
			return "", nil
		}
		used := map[string]bool{}
		for _, o := range p.Objects.Objects(pbx.KindTrunk) {
			c, _ := collectionOf(o.Kind)
			server, _ := c.bodyOf(o)["server"].(string)
			used[server] = true
		}
		for _, d := range p.Devices.Devices() {
			if d.Kind != provision.KindGateway || len(list) >= someSuggestions {
				continue
			}
			if t, err := p.Trunks.TrunkFor(d.ID); err == nil && (t.Server == "" || !used[t.Server]) {
				list = append(list, suggestion{
					Name: cmp.Or(strings.TrimSpace(t.Name), d.ID), Note: t.Server,
					Link: "/ui/trunks/new?" + url.Values{"preset": {t.Preset}, "server": {t.Server}, "name": {t.Name}}.Encode(),
				})
			}
		}
		return words.GatewaysSeen, list
	}
	return "", nil
}

// presetTiles are the kinds of trunks, each with what it wants.
func (p *Portal) presetTiles(lang string) []suggestion {
	var out []suggestion
	for _, x := range p.presetList() {
		tile := suggestion{Name: x.Name, Note: x.NoteEN, Link: "/ui/trunks/new?" + url.Values{"preset": {x.ID}}.Encode()}
		if lang == "fr" {
			tile.Name, tile.Note = cmp.Or(x.NameFR, x.Name), x.NoteFR
		}
		if x.Unsupported {
			tile.Link = ""
		}
		out = append(out, tile)
	}
	return out
}
