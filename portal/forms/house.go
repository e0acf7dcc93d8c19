package forms

import (
	"slices"
	"strings"
)

// House is what the choices of a form are made of, and who reads it.
type House struct {
	Lang    string
	Numbers []Item                   // extensions, by number
	Objects func(kind string) []Item // that exist
	Sets    map[string][]Option      // other lists that fields name in Of
	Special map[string][]Item        // further choices of a kind: the built-in music

	known map[string]map[string]Item // by kind and id; made by Remember
	lists map[string][]Item
}

// Remember gives a house that asks for the things of a kind once: for the time of a page.
func (h House) Remember() House {
	h.known, h.lists = map[string]map[string]Item{}, map[string][]Item{}
	return h
}

// Item is something that exists.
type Item struct{ ID, Number, Name string }

// Called is how people know it: "601 Accueil".
func (i Item) Called() string {
	name := i.Name
	if name == "" && i.Number == "" {
		name = i.ID
	}
	return strings.TrimSpace(i.Number + " " + name)
}

// few is up to how many extensions a choice lists them one by one; a number is typed beyond.
const few = 60

// destinations are the kinds that a call can be sent to, in the order of a choice.
var destinations = []struct {
	kind string
	one  Text // before the name
	many Text
}{
	{"number", Text{"Poste", "Extension"}, Text{"Postes", "Extensions"}},
	{"menu", Text{"Menu", "Menu"}, Text{"Menus vocaux", "Voice menus"}},
	{"hours", Text{"Horaires", "Hours"}, Text{"Horaires", "Opening hours"}},
	{"group", Text{"Groupe", "Group"}, Text{"Groupes", "Ring groups"}},
	{"queue", Text{"File", "Queue"}, Text{"Files d'attente", "Queues"}},
	{"announcement", Text{"Annonce", "Announcement"}, Text{"Annonces", "Announcements"}},
	{"directory", Text{"Annuaire", "Directory"}, Text{"Annuaires vocaux", "Spoken directories"}},
	{"conference", Text{"Conférence", "Conference"}, Text{"Conférences", "Conferences"}},
	{"paging", Text{"Appel général", "Paging"}, Text{"Appels généraux", "Paging"}},
	{"outside", Text{"Vers l'extérieur :", "Outside:"}, Text{"Numéros extérieurs", "Outside numbers"}},
	{"voicemail", Text{"Boîte vocale de", "Voicemail of"}, Text{"Boîtes vocales", "Voicemail"}},
	{"hangup", Text{"Raccrocher", "Hang up"}, Text{"", ""}},
}

func (h House) items(kind string) []Item {
	if kind == "number" || kind == "voicemail" {
		return h.Numbers
	}
	if list, ok := h.lists[kind]; ok {
		return list
	}
	list := append(slices.Clone(h.Special[kind]), h.Objects(kind)...)
	if h.lists != nil {
		h.lists[kind] = list
	}
	return list
}

func (h House) find(kind, id string) (Item, bool) {
	if kind == "voicemail" {
		kind = "number"
	}
	byID, ok := h.known[kind]
	if !ok {
		byID = map[string]Item{}
		for _, x := range h.items(kind) {
			byID[x.ID] = x
		}
		if h.known != nil {
			h.known[kind] = byID
		}
	}
	if x, ok := byID[id]; ok {
		return x, true
	}
	return Item{ID: id, Name: id}, false
}

// Place says a destination in words: "Menu Accueil".
func (h House) Place(kind, id string) string {
	for _, d := range destinations {
		if d.kind != kind {
			continue
		}
		if kind == "hangup" {
			return d.one.In(h.Lang)
		}
		x, _ := h.find(kind, id)
		if kind == "number" && x.Name != "" && x.Name != x.Number {
			return x.Called()
		}
		if x.Name == "" || x.Name == x.Number || kind == "voicemail" {
			return d.one.In(h.Lang) + " " + x.Called()
		}
		return d.one.In(h.Lang) + " " + x.Name
	}
	return strings.TrimSpace(kind + " " + id)
}

// options are those of a choice, those that name a kind included.
func (x Field) options(h House) []Option {
	out := slices.Clone(x.Choices)
	if x.Of == "" {
		return out
	}
	if set, ok := h.Sets[x.Of]; ok {
		return append(out, set...)
	}
	for _, item := range h.items(x.Of) {
		called := item.Called()
		out = append(out, Option{Value: item.ID, Label: Text{called, called}})
	}
	return out
}
