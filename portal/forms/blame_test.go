package forms

import "testing"

func TestBlame(t *testing.T) {
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ kind, id, sentence, path, said string }{
		{"group", "", "group vente: ring 3: 5 to 300 seconds", "ring", "5 to 300 seconds"},
		{"group", "", `group vente: prefix "a: \"b\"": at most 16 letters`, "prefix", "at most 16 letters"},
		{"group", "", "group vente: member 299: there is no such extension", "members", "member 299: there is no such extension"},
		{"group", "", "group vente: it has no members: add the extensions that ring", "members", "it has no members: add the extensions that ring"},
		{"group", "", "group vente: then: menu x does not exist", "then", "menu x does not exist"},
		{"person", "", "person awa: follow: ring 3: 5 to 120 seconds", "follow.ring", "5 to 120 seconds"},
		{"person", "", "person awa: number 201 is already of person bob: a number has one person", "numbers", "number 201 is already of person bob: a number has one person"},
		{"person", "", "queue ventes: agent awa: this person is no agent", "", "queue ventes: agent awa: this person is no agent"},
		{"conference", "", "conference a: pin and leader_pin are the same: everybody would lead", "pin", "pin and leader_pin are the same: everybody would lead"},
		{"conference", "", "conference a: leader_pin: 4 to 10 digits, or none", "leader_pin", "4 to 10 digits, or none"},
		{"menu", "", "menu a: key 1: group x does not exist", "keys", "key 1: group x does not exist"},
		{"settings", "parking", "settings parking: slot 701 is the number of \"x\": choose", "first", "slot 701 is the number of \"x\": choose"},
		{"settings", "parking", "settings parking: seconds 3: 10 to 3600", "seconds", "10 to 3600"},
		{"trunk", "", "112 may not be given: it is the emergency number 112", "", "112 may not be given: it is the emergency number 112"},
	} {
		f, ok := all.Of(tt.kind, tt.id)
		if !ok {
			t.Fatal(tt.kind)
		}
		if path, said := f.Blame(tt.sentence, tt.kind); path != tt.path || said != tt.said {
			t.Errorf("%s: %q at %q, want %q at %q", tt.sentence, said, path, tt.said, tt.path)
		}
	}
}
