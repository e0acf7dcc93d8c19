//go:build lab

package pbxtest_test

import (
	"autocom/pbx"
	"autocom/pbx/conference"
	"autocom/pbx/group"
	"autocom/pbx/menu"
	"autocom/pbx/paging"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/pbx/speeddial"
)

// house is an office with a little of everything, for scenes that are sabotaged.
func house() pbx.Plan {
	p := pbxtest.Plan("201", "202", "203", "204")
	to := func(kind, id string) pbx.Destination { return pbx.Destination{Kind: kind, ID: id} }
	pbxtest.Put(&p, group.Kind, "sales", "600", "Ventes", group.Group{
		Members: []string{"202", "203"}, Strategy: group.All, Ring: 20, Prefix: "Ventes", Then: to(pbx.ToNumber, "204")})
	pbxtest.Put(&p, menu.Kind, "door", "610", "Accueil", menu.Menu{
		Keys: map[string]pbx.Destination{"1": to(pbx.ToNumber, "202"), "2": to(pbx.ToNumber, "203")}, Direct: true,
		Digits: 2, Wait: 1, Tries: 1, Silent: to(pbx.ToNumber, "204"), Invalid: to(pbx.ToHangup, "")})
	pbxtest.Put(&p, queue.Kind, "help", "620", "Aide", map[string]any{
		"members": []queue.Member{{Number: "202"}}, "max_wait": 5, "timeout": to(pbx.ToNumber, "204"), "prefix": "Aide"})
	pbxtest.Put(&p, conference.Kind, "board", "630", "Salle", conference.Conference{
		PIN: "4711", Announce: conference.AnnounceNone, Max: 10, Video: conference.VideoNone})
	pbxtest.Put(&p, paging.Kind, "hall", "640", "Couloir", paging.Paging{Members: []string{"202", "203"}})
	pbxtest.Put(&p, speeddial.Kind, "boss", "", "Chef", speeddial.SpeedDial{Digits: "01", Dial: "203"})
	return p
}
