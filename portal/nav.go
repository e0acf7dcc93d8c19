package portal

import "autocom/portal/forms"

// place is a page of the menu.
type place struct {
	page string // screen.Page of it, or of those that it leads to
	href string
	name forms.Text
	who  who // who sees it
}

// navigation is the menu: what a person asks for stands together.
var navigation = []struct {
	name   forms.Text
	places []place
}{
	{forms.Text{FR: "La maison", EN: "The house"}, []place{
		{"phones", "/ui/phones", forms.Text{FR: "Téléphones", EN: "Phones"}, owner},
		{"people", "/ui/people", forms.Text{FR: "Personnes", EN: "People"}, owner},
		{"groups", "/ui/groups", forms.Text{FR: "Groupes", EN: "Groups"}, owner},
		{"conferences", "/ui/conferences", forms.Text{FR: "Conférences", EN: "Conferences"}, owner},
		{"paging", "/ui/paging", forms.Text{FR: "Appels généraux", EN: "Paging"}, owner},
		{"speeddials", "/ui/speeddials", forms.Text{FR: "Numéros abrégés", EN: "Speed dials"}, owner},
	}},
	{forms.Text{FR: "L'accueil", EN: "Reception"}, []place{
		{"hours", "/ui/hours", forms.Text{FR: "Horaires", EN: "Opening hours"}, owner},
		{"menus", "/ui/menus", forms.Text{FR: "Menus vocaux", EN: "Menus"}, owner},
		{"queues", "/ui/queues", forms.Text{FR: "Files d'attente", EN: "Queues"}, owner},
		{"announcements", "/ui/announcements", forms.Text{FR: "Annonces", EN: "Announcements"}, owner},
		{"directories", "/ui/directories", forms.Text{FR: "Annuaires vocaux", EN: "Directories"}, owner},
		{"prompts", "/ui/prompts", forms.Text{FR: "Messages", EN: "Prompts"}, owner},
		{"music", "/ui/music", forms.Text{FR: "Musiques", EN: "Music"}, owner},
	}},
	{forms.Text{FR: "L'extérieur", EN: "Outside"}, []place{
		{"trunks", "/ui/trunks", forms.Text{FR: "Lignes", EN: "Trunks"}, owner},
		{"inbound", "/ui/inbound", forms.Text{FR: "Appels entrants", EN: "Incoming calls"}, owner},
		{"routes", "/ui/routes", forms.Text{FR: "Appels sortants", EN: "Outgoing calls"}, owner},
		{"outside", "/ui/outside", forms.Text{FR: "Numéros extérieurs", EN: "Outside numbers"}, owner},
		{"blacklist", "/ui/blacklist", forms.Text{FR: "Liste noire", EN: "Black list"}, owner},
	}},
	{forms.Text{FR: "La boîte", EN: "The box"}, []place{
		{"settings", "/ui/settings", forms.Text{FR: "Réglages", EN: "Settings"}, owner},
		{"changes", "/ui/changes", forms.Text{FR: "Changements", EN: "Changes"}, owner},
		{"makers", "/ui/makers", forms.Text{FR: "Fabricants", EN: "Makers"}, owner},
		{"security", "/ui/security", forms.Text{FR: "Sécurité", EN: "Security"}, owner},
	}},
}

// navGroup is a part of the menu as the frame shows it.
type navGroup struct {
	Name  string
	Links []navLink
}

type navLink struct {
	Href, Name string
	Now        bool
}

// menuFor is the navigation for a page.
func menuFor(lang, page string) []navGroup {
	if page == "phone" {
		page = "phones"
	}
	var out []navGroup
	for _, g := range navigation {
		group := navGroup{Name: g.name.In(lang)}
		for _, x := range g.places {
			group.Links = append(group.Links, navLink{x.href, x.name.In(lang), x.page == page})
		}
		out = append(out, group)
	}
	return out
}
