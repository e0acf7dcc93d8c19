package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	asteriskconf "autocom/asterisk-conf"
	"autocom/pbx"
	"autocom/portal"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// shop is a plan with two phones and an object.
func shop(objects ...pbx.Object) pbx.Plan {
	return pbx.Plan{
		Name: "Shop", Hostname: "box", Language: "fr", Country: "CM", Address: fallback.Addr(), ManagerSecret: strings.Repeat("x", 32), Emergency: []string{"112"},
		Endpoints: []pbx.Endpoint{
			{ID: "001565aa0001-1", Secret: strings.Repeat("a", 32), Number: "201", Name: "A", Lang: "fr", Right: pbx.RightInternal, Expiry: 600e9},
			{ID: "001565aa0002-1", Secret: strings.Repeat("b", 32), Number: "202", Name: "B", Lang: "fr", Right: pbx.RightInternal, Expiry: 600e9},
		},
		Objects: objects,
	}
}

func thing(kind, id, number, body string) pbx.Object {
	return pbx.Object{Kind: kind, ID: id, Number: number, Name: id, Body: json.RawMessage(body)}
}

// What a change does is read off the files that it changes.
func TestTheEffectOfAChange(t *testing.T) {
	for _, tt := range []struct {
		what          string
		before, after pbx.Plan
		want          portal.Effect
	}{
		{"a group", shop(), shop(thing("group", "sales", "610", `{"members":["201"]}`)), portal.Effect{
			Files: []string{"extensions.conf"}, Modules: []string{"pbx_config.so"}, Numbers: []string{"610"}, Lamps: []string{}, Calls: -1,
		}},
		{"a person's class", shop(), shop(thing("person", "awa", "", `{"numbers":["201"],"class":"mobile"}`)), portal.Effect{
			Files: []string{"extensions.conf", "pjsip_lines.conf", "voicemail.conf"}, Modules: []string{"res_pjsip.so", "app_voicemail.so", "pbx_config.so"},
			Numbers: []string{"201"}, Lamps: []string{}, Phones: []string{"201"}, Calls: -1,
		}},
		{"the text of a prompt", shop(thing("prompt", "hello", "", `{}`)), shop(thing("prompt", "hello", "", `{"text":"Bonjour"}`)), portal.Effect{
			Numbers: []string{}, Lamps: []string{}, Calls: -1,
		}},
	} {
		old, err := asteriskconf.Render(tt.before)
		if err != nil {
			t.Fatal(tt.what, err)
		}
		next, err := asteriskconf.Render(tt.after)
		if err != nil {
			t.Fatal(tt.what, err)
		}
		if diff := cmp.Diff(tt.want, effectOf(tt.before, tt.after, old, next), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.what, diff)
		}
	}
}

func TestALampIsAHintOfOneNumber(t *testing.T) {
	text := "[ac-ext]\nexten => 201,hint,PJSIP/a-1&Custom:DND-201\nexten => 201,1,NoOp()\nexten => _*21*XX,hint,Custom:CFU-${EXTEN:4}\n"
	if diff := cmp.Diff(map[string]any{"201": "PJSIP/a-1&Custom:DND-201"}, lamps([]byte(text))); diff != "" {
		t.Error(diff)
	}
	small, err := os.ReadFile("../../asterisk-conf/testdata/small.txtar")
	if err != nil || len(lamps(small)) < 2 {
		t.Errorf("the golden dialplan has %d lamps, %v", len(lamps(small)), err)
	}
}

func TestTheDeskLooksAheadAndUndoes(t *testing.T) {
	d := desk{newOffice(t), &exchange{complete: func(p pbx.Plan) pbx.Plan {
		p.Hostname, p.ManagerSecret, p.Ghosts = "box", strings.Repeat("x", 32), []string{"201"}
		return p
	}}}
	ctx := t.Context()
	group := thing("group", "sales", "610", `{"members":["201"],"ring":20}`)
	effect, err := d.Preview(ctx, group, false, -1)
	if err != nil || effect.Same || !slices.Contains(effect.Numbers, "610") || len(effect.Modules) == 0 {
		t.Fatalf("%+v %v", effect, err)
	}
	if list, err := d.Changes(ctx, 10); len(list) != 0 || err != nil {
		t.Fatal(list, err)
	}
	kept, err := d.put(ctx, group, -1, "admin")
	if err != nil {
		t.Fatal(err)
	}
	if effect, err := d.Preview(ctx, kept, false, kept.Rev); err != nil || !effect.Same {
		t.Errorf("%+v %v", effect, err)
	}
	list, err := d.Changes(ctx, 10)
	if err != nil || len(list) != 1 || !list[0].Last || list[0].Who != "admin" || list[0].Before != nil {
		t.Fatalf("%+v %v", list, err)
	}
	if x, err := d.Undo(ctx, list[0].N); err != nil || !x.Undone {
		t.Fatal(x, err)
	}
	if _, there := d.Object("group", "sales"); there {
		t.Error("it is still there")
	}
}
