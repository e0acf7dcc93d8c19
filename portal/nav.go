package portal

import "autocom/portal/forms"

// place is a page of the menu.
type place struct {
	page string // screen.Page of it, or of those that it leads to
	href string
	name forms.Text
	who  who // the lowest role that sees it
}

// navigation is the menu: what a person asks for stands together.
var navigation = []struct {
	name   forms.Text
	places []place
}{
	{forms.Text{FR: "Moi", EN: "Me"}, []place{
		{"me", "/ui/me", forms.Text{FR: "Ma page", EN: "My page"}, user},
		{"softphone", "/ui/softphone", forms.Text{FR: "Mon téléphone", EN: "My phone"}, user},
	}},
	{forms.Text{FR: "La maison", EN: "The house"}, []place{
		{"phones", "/ui/phones", forms.Text{FR: "Téléphones", EN: "Phones"}, admin},
		{"people", "/ui/people", forms.Text{FR: "Personnes", EN: "People"}, admin},
		{"groups", "/ui/groups", forms.Text{FR: "Groupes", EN: "Groups"}, admin},
		{"conferences", "/ui/conferences", forms.Text{FR: "Conférences", EN: "Conferences"}, admin},
		{"paging", "/ui/paging", forms.Text{FR: "Appels généraux", EN: "Paging"}, admin},
		{"speeddials", "/ui/speeddials", forms.Text{FR: "Numéros abrégés", EN: "Speed dials"}, admin},
	}},
	{forms.Text{FR: "L'accueil", EN: "Reception"}, []place{
		{"hours", "/ui/hours", forms.Text{FR: "Horaires", EN: "Opening hours"}, admin},
		{"menus", "/ui/menus", forms.Text{FR: "Menus vocaux", EN: "Menus"}, admin},
		{"queues", "/ui/queues", forms.Text{FR: "Files d'attente", EN: "Queues"}, admin},
		{"announcements", "/ui/announcements", forms.Text{FR: "Annonces", EN: "Announcements"}, admin},
		{"directories", "/ui/directories", forms.Text{FR: "Annuaires vocaux", EN: "Directories"}, admin},
		{"prompts", "/ui/prompts", forms.Text{FR: "Messages", EN: "Prompts"}, admin},
		{"music", "/ui/music", forms.Text{FR: "Musiques", EN: "Music"}, admin},
	}},
	{forms.Text{FR: "L'extérieur", EN: "Outside"}, []place{
		{"trunks", "/ui/trunks", forms.Text{FR: "Lignes", EN: "Trunks"}, admin},
		{"inbound", "/ui/inbound", forms.Text{FR: "Appels entrants", EN: "Incoming calls"}, admin},
		{"routes", "/ui/routes", forms.Text{FR: "Appels sortants", EN: "Outgoing calls"}, admin},
		{"outside", "/ui/outside", forms.Text{FR: "Numéros extérieurs", EN: "Outside numbers"}, admin},
		{"blacklist", "/ui/blacklist", forms.Text{FR: "Liste noire", EN: "Black list"}, admin},
	}},
	{forms.Text{FR: "Les appels", EN: "Calls"}, []place{
		{"agent", "/ui/agent", forms.Text{FR: "Poste d'agent", EN: "Agent"}, agent},
		{"floor", "/ui/live", forms.Text{FR: "Files en direct", EN: "Queues now"}, supervisor},
		{"rooms", "/ui/rooms", forms.Text{FR: "Conférences en cours", EN: "Conferences now"}, supervisor},
		{"night", "/ui/night", forms.Text{FR: "Jour et nuit", EN: "Day and night"}, supervisor},
		{"wallboard", "/ui/wallboard", forms.Text{FR: "Tableau mural", EN: "Wallboard"}, agent},
		{"calls", "/ui/calls", forms.Text{FR: "Appels", EN: "Calls"}, supervisor},
		{"reports", "/ui/reports", forms.Text{FR: "Rapports", EN: "Reports"}, supervisor},
	}},
	{forms.Text{FR: "La boîte", EN: "The box"}, []place{
		{"settings", "/ui/settings", forms.Text{FR: "Réglages", EN: "Settings"}, admin},
		{"system", "/ui/system", forms.Text{FR: "État de la boîte", EN: "State of the box"}, admin},
		{"changes", "/ui/changes", forms.Text{FR: "Changements", EN: "Changes"}, admin},
		{"makers", "/ui/makers", forms.Text{FR: "Fabricants", EN: "Makers"}, admin},
		{"accounts", "/ui/accounts", forms.Text{FR: "Comptes", EN: "Accounts"}, admin},
		{"security", "/ui/security", forms.Text{FR: "Sécurité", EN: "Security"}, admin},
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

// menuFor is the navigation for a page, as far as a role goes.
func menuFor(lang, page string, role who) []navGroup {
	switch page {
	case "phone":
		page = "phones"
	case "call":
		page = "calls"
	case "onequeue":
		page = "floor"
	case "restart":
		page = "system"
	case "agents":
		page = "agent"
	}
	var out []navGroup
	for _, g := range navigation {
		group := navGroup{Name: g.name.In(lang)}
		for _, x := range g.places {
			if role < x.who {
				continue
			}
			group.Links = append(group.Links, navLink{x.href, x.name.In(lang), x.page == page})
		}
		if len(group.Links) > 0 {
			out = append(out, group)
		}
	}
	return out
}
